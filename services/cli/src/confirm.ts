import { createInterface } from 'node:readline/promises';
import type { Labels } from '@keiro/schemas';
import { print, say, type Language } from './output.ts';

/**
 * Whether to go on. At a terminal it asks, unless `--yes` was given; elsewhere what can be taken back goes on, and what
 * can't needs `--yes`. Not going on sets exit code 1 and says so.
 */
export async function confirmed(
  question: Labels,
  options: { yes?: boolean; lang: Language; irrevocable?: boolean },
): Promise<boolean> {
  if (options.yes === true) return true;
  const go = process.stdin.isTTY
    ? await asked(`${say(question, options.lang)} [y/N] `)
    : options.irrevocable !== true;
  if (go) return true;
  process.exitCode = 1;
  const next: Labels = process.stdin.isTTY
    ? { ja: '何もしませんでした。', en: 'Nothing was done.' }
    : { ja: '何もしませんでした。--yes を付けてください。', en: 'Nothing was done: it wants --yes here.' };
  print(say(next, options.lang));
  return false;
}

async function asked(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
