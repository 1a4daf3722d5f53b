import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

const resultsSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numRuntimeErrorTestSuites: z.int(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(z.object({ fullName: z.string(), duration: z.number().nullish() })),
    }),
  ),
});
export type Results = z.infer<typeof resultsSchema>;

/** What several turns came to. Pure. */
export function together(turns: readonly Results[]): Results {
  const sum = (count: (turn: Results) => number) => turns.reduce((total, turn) => total + count(turn), 0);
  return {
    numPassedTests: sum((turn) => turn.numPassedTests),
    numFailedTests: sum((turn) => turn.numFailedTests),
    numPendingTests: sum((turn) => turn.numPendingTests),
    numTodoTests: sum((turn) => turn.numTodoTests),
    numRuntimeErrorTestSuites: sum((turn) => turn.numRuntimeErrorTestSuites),
    success: turns.every(({ success }) => success),
    testResults: turns.flatMap(({ testResults }) => testResults),
  };
}

/** Where the time went: the slowest files and tests, slowest first, in seconds. Pure. */
export function slowest({ testResults }: Results, count: number): string[] {
  const files = testResults.map(({ name, startTime, endTime }) => ({
    what: basename(name),
    ms: endTime - startTime,
  }));
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, duration }) => ({
      what: `${basename(name)}: ${fullName}`,
      ms: duration ?? 0,
    })),
  );
  return [files, tests].flatMap((list) =>
    list
      .sort((a, b) => b.ms - a.ms)
      .slice(0, count)
      .filter(({ ms }) => ms >= 1000)
      .map(({ what, ms }) => `${(ms / 1000).toFixed(1).padStart(6)} s  ${what}`),
  );
}

/** A turn of Jest: which files, and how many of them at a time. */
export interface Turn {
  readonly patterns: readonly string[];
  readonly workers: number;
  /** The environment of a stack for each worker; absent: they need none. */
  readonly lanes?: readonly Readonly<Record<string, string>>[];
}

/** Runs Jest over the test workspace and answers with its counts; its own output goes straight to the terminal. */
export async function runJest(root: string, { patterns, workers, lanes }: Turn): Promise<Results> {
  const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js');
  const folder = mkdtempSync(join(tmpdir(), 'keiro-test-'));
  const output = join(folder, 'results.json');
  const lanesFile = join(folder, 'lanes.json');
  if (lanes !== undefined) writeFileSync(lanesFile, JSON.stringify(lanes));
  try {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        jest,
        '-c',
        'test/jest.config.mjs',
        '--forceExit',
        '--json',
        `--outputFile=${output}`,
        `--maxWorkers=${String(workers)}`,
        ...patterns,
      ],
      {
        cwd: root,
        env: { ...process.env, ...(lanes === undefined ? {} : { KEIRO_TEST_LANES: lanesFile }) },
        // --json prints the results too: they are read from the file.
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
    });
    return resultsSchema.parse(JSON.parse(readFileSync(output, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
