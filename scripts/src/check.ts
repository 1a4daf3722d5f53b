import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '@keiro/infra/local/config';

/** The quality checks, in order; every one runs, so that all findings are told at once. */
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

const failed: string[] = [];
for (const { name, command } of checks) {
  const started = performance.now();
  process.stderr.write(`── ${name}\n`);
  const code = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`── ${name}: ${code === 0 ? 'in order' : 'findings above'} (${seconds} s)\n`);
  if (code !== 0) failed.push(name);
}
if (failed.length > 0) {
  process.stderr.write(`check failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}

function run([tool = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules', '.bin', tool), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
