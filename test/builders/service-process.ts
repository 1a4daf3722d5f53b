import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { until } from '@keiro/runtime';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One service of Keiro as a process of its own, as it runs in production. */
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  /** Everything it has written to standard output and error. */
  output(): string;
  /** Sends a signal and waits for the end; answers with the exit code, null when the signal ended it. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts `services/<name>` on a free port and resolves when it says that it is ready. */
export async function startService(
  name: string,
  variables: Readonly<Record<string, string>>,
  options: { timeoutMs?: number } = {},
): Promise<ServiceProcess> {
  const service = await spawnService(name, variables);
  try {
    await until(
      async () => {
        if (service.hasEnded()) throw new Error(`${name} ended at start`);
        return isReady(service.url);
      },
      { what: `${name} ready`, timeoutMs: options.timeoutMs ?? 90_000 },
    );
    return service;
  } catch (error) {
    await service.end('SIGKILL');
    throw new Error(`${name} did not get ready:\n${service.output().slice(-4000)}`, { cause: error });
  }
}

/** Starts a service that is expected to end by itself; answers with its exit code and all that it wrote. */
export async function runToEnd(
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const service = await spawnService(name, variables);
  const code = await service.ended;
  return { code, output: service.output() };
}

async function spawnService(name: string, variables: Readonly<Record<string, string>>) {
  const variable = `KEIRO_${name.toUpperCase()}_PORT`;
  const port = variables[variable] ?? String(await freePort());
  const child = spawn(process.execPath, [`services/${name}/dist/main.js`], {
    cwd: root,
    env: { ...process.env, ...variables, [variable]: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => void chunks.push(chunk));
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    output: () => chunks.join(''),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    ended,
    async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Before it listens the connection is refused: that is not ready either. */
function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
