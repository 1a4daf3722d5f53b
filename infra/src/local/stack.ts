import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { until } from '@keiro/runtime/wait';
import { serverNames, servers, type ServerName } from './addresses.ts';
import { hostOf, stackConfig, type StackConfig } from './config.ts';
import { addressOf, writeEnvironment } from './environment.ts';
import { kafka } from './kafka.ts';
import { withLock } from './lock.ts';
import { mailbox } from './mailbox.ts';
import { mongo } from './mongo.ts';
import { requireFreePorts } from './ports.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { registry } from './registry.ts';
import { ensureSecrets } from './secrets.ts';
import type { LocalServer, LocalServers, ServerContext } from './server.ts';
import { findProcess, logFileOf, runningProcesses, startProcess } from './supervise.ts';

const localServers: LocalServers = {
  kafka,
  registry,
  mongo: mongo('mongo'),
  redis: redis('redis'),
  'demo-mongo': mongo('demo-mongo'),
  'demo-redis': redis('demo-redis'),
  'demo-postgres': postgres,
  mailbox,
};

/** Clients of others first; what knows nothing of each other together. */
const stopOrder: readonly (readonly ServerName[])[] = [
  ['registry'],
  ['kafka'],
  ['redis', 'mongo', 'demo-postgres', 'demo-redis', 'demo-mongo', 'mailbox'],
];

/** Told what happens to which server; `ready` when it serves. */
export type Report = (server: ServerName, text: string, state: 'working' | 'ready') => void;

/** Told what concerns the whole stack. */
export type Tell = (text: string) => void;

const silent = (): void => undefined;

/**
 * Brings the stack up and resolves when every server answers in its own protocol. Idempotent: what runs is
 * kept, data are kept. Servers whose address the environment gives are only checked. All that fails is told
 * in one error; what did start stays up.
 */
export async function up(name: string | undefined, report: Report, tell: Tell = silent): Promise<void> {
  const config = stackConfig(name);
  requireLinux(config);
  await exclusively(config, tell, async () => {
    const toStart = serverNames.filter(
      (server) => config.given[server] === undefined && findProcess(config.folders, server) === undefined,
    );
    await requireFreePorts(toStart, config.portOffset);
    ensureSecrets(config.folders.secrets);
    writeEnvironment(config);
    const results = await Promise.allSettled(serverNames.map((server) => bringUp(server, config, report)));
    const reasons = new Set(
      results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : [])),
    );
    if (reasons.size > 0) throw new KeiroError('stack', [...reasons].join('\n'), { retryable: false });
  });
}

async function bringUp(name: ServerName, config: StackConfig, report: Report): Promise<void> {
  const server = localServers[name];
  const address = addressOf(config, name);
  if (config.given[name] !== undefined) {
    report(name, `waiting for ${hostOf(address)}, as the environment says`, 'working');
    await checkGiven(name, server, address);
    report(name, `answers at ${hostOf(address)} (given)`, 'ready');
    return;
  }
  const context: ServerContext = {
    config,
    address,
    port: servers[name].basePort + config.portOffset,
    say: (text) => {
      report(name, text, 'working');
    },
  };
  const before = findProcess(config.folders, name);
  const launch = await server.prepare(context);
  if (before === undefined) report(name, `starting ${launch.version}`, 'working');
  const started = await startProcess({
    ...launch,
    name,
    folders: config.folders,
    stopSignal: server.stopSignal,
    ready: async () => {
      await server.settle?.(context);
      await server.check(address);
    },
  });
  const what = before?.pid === started.pid ? 'was up' : 'up';
  report(name, `${what} at ${hostOf(address)}, pid ${String(started.pid)}, ${launch.version}`, 'ready');
}

async function checkGiven(name: ServerName, server: LocalServer, address: string): Promise<void> {
  let reason = '';
  await until(
    () =>
      server.check(address).then(
        () => true,
        (error: unknown) => {
          reason = messageOf(error);
          return false;
        },
      ),
    { what: name, timeoutMs: 30_000, everyMs: 500 },
  ).catch((error: unknown) => {
    throw new KeiroError(
      'stack',
      `${servers[name].title} at ${hostOf(address)}, given by ${servers[name].variable}, does not answer (${reason}). Start it, or unset the variable to use the local stack's.`,
      { retryable: false, cause: error },
    );
  });
}

/** Stops what runs, in order, each in its own good way. Data stay. */
export async function down(name?: string, report: Report = silent, tell: Tell = silent): Promise<void> {
  const config = stackConfig(name);
  await exclusively(config, tell, () => stopAll(config, report, tell));
}

/** Stops the stack and removes its data, logs and keys; no other stack's, and no downloads. */
export async function reset(name?: string, report: Report = silent, tell: Tell = silent): Promise<void> {
  const config = stackConfig(name);
  await exclusively(config, tell, async () => {
    await stopAll(config, report, tell);
    rmSync(config.folders.stack, { recursive: true, force: true });
  });
}

async function stopAll(config: StackConfig, report: Report, tell: Tell): Promise<void> {
  // Services that were started on this stack are clients of its servers: without them they would only wait.
  const clients = runningProcesses(config.folders).filter(
    ({ name }) => !serverNames.some((server) => server === name),
  );
  if (clients.length > 0) tell(`stopping ${clients.map(({ name }) => name).join(', ')}`);
  await Promise.all(clients.map((client) => client.stop()));
  for (const names of stopOrder) await Promise.all(names.map((name) => stopServer(name, config, report)));
}

async function stopServer(name: ServerName, config: StackConfig, report: Report): Promise<void> {
  const running = findProcess(config.folders, name);
  if (running === undefined) return;
  report(name, `stopping pid ${String(running.pid)}`, 'working');
  await running.stop({ signal: localServers[name].stopSignal });
  report(name, 'stopped', 'ready');
}

export interface ServerStatus {
  readonly server: ServerName;
  readonly address: string;
  readonly state: 'up' | 'down' | 'not ready';
  readonly pid?: number;
  readonly version: string;
  readonly log: string;
}

/** What each server is doing now, asked in its own protocol. */
export async function status(name?: string): Promise<ServerStatus[]> {
  const config = stackConfig(name);
  return Promise.all(
    serverNames.map(async (server): Promise<ServerStatus> => {
      const given = config.given[server];
      const running = findProcess(config.folders, server);
      const local = hostOf(`127.0.0.1:${String(servers[server].basePort + config.portOffset)}`);
      const address = given === undefined ? local : hostOf(given);
      const log = given === undefined ? logFileOf(config.folders.logs, server) : '';
      if (given === undefined && running === undefined)
        return { server, address, state: 'down', version: '', log };
      const answers = await localServers[server].check(addressOf(config, server)).then(
        () => true,
        () => false,
      );
      const version = given === undefined ? (running?.version ?? '') : 'given';
      return { server, address, state: answers ? 'up' : 'not ready', pid: running?.pid, version, log };
    }),
  );
}

async function exclusively(config: StackConfig, tell: Tell, work: () => Promise<void>): Promise<void> {
  mkdirSync(config.folders.base, { recursive: true });
  const wait = (): void => {
    tell(`another process is at stack ${config.name}, waiting for it`);
  };
  await withLock(config.folders.stack, wait, work);
}

function requireLinux(config: StackConfig): void {
  if (existsSync('/proc/self/stat') || serverNames.every((name) => config.given[name] !== undefined)) return;
  throw new KeiroError(
    'prerequisite',
    'the local stack runs on Linux. Use docker compose up, or give every address in the environment.',
    { retryable: false },
  );
}
