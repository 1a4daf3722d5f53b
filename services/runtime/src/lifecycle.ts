import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

/**
 * Runs a service until a signal: starts it, and on SIGTERM or SIGINT closes what it opened, last opened
 * first. An error at start is one clear line and exit code 1; an error afterwards that nobody handles ends
 * the process too, because a supervisor restarts it and nothing is lost.
 */
export async function runService(log: Log, start: (open: Opened) => Promise<void>): Promise<void> {
  const opened: { name: string; close: () => Promise<unknown> }[] = [];
  let closing = false;

  const close = async (code: number): Promise<never> => {
    if (!closing) {
      closing = true;
      for (const { name, close: closeOne } of opened.reverse()) {
        await closeOne().catch((error: unknown) => {
          log.warn({ err: error, part: name }, 'did not close cleanly');
        });
      }
    }
    process.exit(code);
  };
  const fail = (what: string) => (error: unknown) => {
    log.fatal({ err: error }, what);
    process.exit(1);
  };
  process.on('uncaughtException', fail('uncaught'));
  process.on('unhandledRejection', fail('unhandled rejection'));
  process.once('SIGTERM', () => void close(0));
  process.once('SIGINT', () => void close(0));

  try {
    await start((name, closeOne) => {
      opened.push({ name, close: closeOne });
    });
    log.info('ready');
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${messageOf(error)}`);
    await close(1);
  }
}

/** Registers something to be closed at shutdown, in reverse order. */
export type Opened = (name: string, close: () => Promise<unknown>) => void;
