import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KeiroError } from '@keiro/runtime/errors';
import { withLock } from './lock.ts';

export type Say = (text: string) => void;

/**
 * A folder of the cache, made once for all stacks: `fill` writes to a temporary folder that is renamed
 * when it is complete, so that what is there under its name is whole. Answers the folder's path.
 */
export async function installOnce(
  options: { cache: string; key: string; say: Say },
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(options.cache, options.key);
  if (existsSync(folder)) return folder;
  mkdirSync(options.cache, { recursive: true });
  await withLock(
    folder,
    () => {
      options.say(`waiting while ${options.key} is being installed`);
    },
    async () => {
      if (existsSync(folder)) return;
      const prefix = `.${options.key}-`;
      // Left by an installation that was killed; nobody else is at it, because we hold the lock.
      for (const name of readdirSync(options.cache)) {
        if (name.startsWith(prefix)) rmSync(join(options.cache, name), { recursive: true });
      }
      const temporary = mkdtempSync(join(options.cache, prefix));
      try {
        await fill(temporary);
      } catch (error) {
        rmSync(temporary, { recursive: true });
        throw error;
      }
      renameSync(temporary, folder);
    },
  );
  return folder;
}

/** Runs a command to its end; each line it prints goes to `onLine`. A failure carries its last lines. */
export async function run(
  command: string,
  args: readonly string[],
  options: {
    onLine?: (line: string) => void;
    env?: NodeJS.ProcessEnv;
    uid?: number;
    gid?: number;
    cwd?: string;
  } = {},
): Promise<string[]> {
  const { onLine, ...how } = options;
  const child = spawn(command, args, { ...how, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => {
      resolve(exit ?? signal);
    });
  });
  if (code === 0) return lines;
  throw new KeiroError('command', `${command} ended with ${String(code)}:\n${lines.slice(-12).join('\n')}`, {
    retryable: false,
  });
}
