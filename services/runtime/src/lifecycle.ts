import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

/**
 * Runs a service until a signal: starts it, and on SIGTERM or SIGINT closes what it opened, last opened
 * first. An error at start is one clear line and exit code 1; an error afterwards that nobody handles ends
 * the process too, because a supervisor restarts it and nothing is lost.
 */
export async function runService(log: Log, start: (open: Opened) => Promise<void>): Promise<void> {
  const opened: { name: string; close: () => Promise<unknown>; isSource: boolean }[] = [];
  let closing = false;

  const closeOne = ({ name, close: end }: (typeof opened)[number]) =>
    end().catch((error: unknown) => {
      log.warn({ err: error, part: name }, 'did not close cleanly');
    });
  const close = async (code: number): Promise<never> => {
    if (!closing) {
      closing = true;
      const inOrder = opened.reverse();
      const sources = inOrder.filter(({ isSource }) => isSource);
      for (const one of inOrder)
        await Promise.all((one.isSource ? sources.splice(0) : [one]).map((each) => closeOne(each)));
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
    await start((name, end, { source = false } = {}) => {
      opened.push({ name, close: end, isSource: source });
    });
    log.info('ready');
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${messageOf(error)}`);
    await close(1);
  }
}

/**
 * Registers something to be closed at shutdown, in reverse order. `source`: it brings work and nothing that was opened
 * later needs it, so that all of these are closed at once: a consumer takes up to a second.
 */
export type Opened = (
  name: string,
  close: () => Promise<unknown>,
  options?: { readonly source?: boolean },
) => void;
