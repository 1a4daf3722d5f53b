import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '@keiro/infra/local/config';

/** The quality checks; every one runs, so that all findings are told at once. */
const checks: readonly { name: string; command: readonly string[] }[] = [
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'lint',
    command: [
      'eslint',
      '-c',
      'scripts/quality/eslint.config.mjs',
      '--cache',
      '--cache-location',
      'node_modules/.cache/eslint/',
      '--max-warnings',
      '0',
      '.',
    ],
  },
  {
    name: 'imports',
    command: [
      'depcruise',
      '--config',
      'scripts/quality/dependency-cruiser.cjs',
      '--output-type',
      'err',
      'schemas/src',
      'services',
      'infra/src',
      'scripts',
      'test',
    ],
  },
  { name: 'unused', command: ['knip', '--no-progress'] },
];

/** One check, told whole when it has ended, because the next runs beside it. Answers whether all is in order. */
async function run({ name, command: [tool = '', ...args] }: (typeof checks)[number]): Promise<boolean> {
  const started = performance.now();
  const child = spawn(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = code === 0 ? 'in order' : 'findings above';
  process.stderr.write(
    `── ${name}\n${Buffer.concat(output).toString()}── ${name}: ${verdict} (${seconds} s)\n`,
  );
  return code === 0;
}

// The longest beside all others.
const [longest = [], others = []] = [true, false].map((isLint) =>
  checks.filter(({ name }) => (name === 'lint') === isLint),
);
const failed: string[] = [];
await Promise.all(
  [longest, others].map(async (row) => {
    for (const check of row) if (!(await run(check))) failed.push(check.name);
  }),
);
if (failed.length > 0) {
  process.stderr.write(`check failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
