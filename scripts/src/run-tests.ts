import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const resultsSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numRuntimeErrorTestSuites: z.int(),
  success: z.boolean(),
});
export type Results = z.infer<typeof resultsSchema>;

/** Runs Jest over the test workspace and answers with its counts; its own output goes straight to the terminal. */
export async function runJest(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Results> {
  const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js');
  const folder = mkdtempSync(join(tmpdir(), 'keiro-test-'));
  const output = join(folder, 'results.json');
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
        ...args,
      ],
      // --json prints the results too: they are read from the file.
      { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] },
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
