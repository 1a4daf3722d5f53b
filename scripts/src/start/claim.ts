import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isSameProcess } from '@keiro/infra/local/proc';
import { KeiroError } from '@keiro/runtime';
import { z } from 'zod';

const claimSchema = z.object({ pid: z.int(), startTicks: z.string(), bootId: z.string() });

/**
 * Makes sure that one `npm start` at a time runs on a stack: a second would stop the programs of the first.
 * Answers how to give it up again.
 */
export function claimStage(runFolder: string): () => void {
  const file = join(runFolder, 'start.json');
  if (existsSync(file)) {
    const other = claimSchema.safeParse(parse(readFileSync(file, 'utf8')));
    if (other.success && isSameProcess(other.data)) {
      throw new KeiroError(
        'busy',
        `npm start is running on this stack already (pid ${String(other.data.pid)}). End that one first, or name another stack: KEIRO_STACK=two KEIRO_PORT_OFFSET=200 npm start`,
        { retryable: false },
      );
    }
  }
  mkdirSync(runFolder, { recursive: true });
  writeFileSync(file, JSON.stringify(identify(process.pid)));
  return () => {
    rmSync(file, { force: true });
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Half-written by a crash: nobody's.
    return undefined;
  }
}
