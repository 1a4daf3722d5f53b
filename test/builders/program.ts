import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command line client, as a person runs it. */
export interface KeiroProgram {
  /** What it has written so far to standard output and error. */
  output(): string;
  readonly code: Promise<number | null>;
  interrupt(): void;
}

export function keiro(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {},
): KeiroProgram {
  const child = spawn(process.execPath, [join(root, 'services/cli/bin/keiro.js'), ...args], {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that fails before it reads ends the pipe.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => void chunks.push(chunk));
  }
  return {
    output: () => chunks.join(''),
    code: once(child, 'close').then(([code]) => code as number | null),
    interrupt: () => void child.kill('SIGINT'),
  };
}
