import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { services } from '@keiro/infra/local/addresses';
import { tokenVariable } from '@keiro/infra/local/clients';
import { root } from '@keiro/infra/local/config';
import { startProcess, type ManagedProcess, type ProcessSpec } from '@keiro/infra/local/supervise';
import { KeiroError } from '@keiro/runtime';
import { authorityFile } from '@keiro/scripts/demo/opendsr/ensure-seal';

/** One program of the pipeline or of the demo company: where it starts and what it is told. */
export interface Program {
  readonly name: string;
  /** Module, from the repository's root. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** The client in whose name it calls others; absent: it calls nobody. */
  readonly client?: string;
  /** Of its health interface; absent: it has none, and is taken as ready when it runs. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export type StackEnvironment = Readonly<Record<string, string>>;

/** A setting that the stack gives. */
export function setting(env: StackEnvironment, name: string): string {
  const value = env[name];
  if (value === undefined) throw new KeiroError('configuration', `${name} is not set`, { retryable: false });
  return value;
}

const holdersFile = join(root, 'scripts', 'demo', 'holders.json');
const offsetOf = (env: StackEnvironment) => Number(setting(env, 'KEIRO_PORT_OFFSET'));

const serviceNames = ['keys', 'collect', 'tag', 'transfer', 'request', 'erase', 'query'] as const;

/**
 * What a service is told besides. While it reads a long backlog Node would let `tag` pile up garbage to
 * 350 MB; it does with 180 as well.
 */
const told: Readonly<Partial<Record<(typeof serviceNames)[number], Readonly<Record<string, string>>>>> = {
  tag: { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=4' },
  transfer: { KEIRO_HOLDERS_FILE: holdersFile },
  // Who tries it out wants to see a deletion end; by itself it can be taken back for a day.
  request: { KEIRO_UNDO_PERIOD: 'PT0S' },
};

/** The services of Keiro, in the order of the pipeline; they may start in any. */
export function serviceList(env: StackEnvironment): Program[] {
  return serviceNames.map((name) => ({
    name,
    entry: `services/${name}/dist/main.js`,
    port: services[name].basePort + offsetOf(env),
    ...(name === 'keys' ? {} : { client: name }),
    ...(told[name] === undefined ? {} : { env: told[name] }),
  }));
}

/** Base ports of the demo company's stores and of its recovery site: health and metrics only. */
const storePorts = {
  crm: 17_012,
  billing: 17_013,
  sessions: 17_014,
  mailer: 17_015,
  newsletter: 17_016,
  statistics: 17_017,
} as const;
const recoveryPort = 17_020;

/** The demo company: its site, its stores, the mail company that it entrusts, and its recovery site abroad. */
export function demoPrograms(env: StackEnvironment): Program[] {
  const offset = offsetOf(env);
  return [
    {
      name: 'demo-mail',
      entry: 'scripts/dist/demo/mail-processor/main.js',
      port: services['demo-mail'].basePort + offset,
    },
    {
      name: 'demo-analytics',
      entry: 'scripts/dist/demo/analytics/main.js',
      port: services['demo-analytics'].basePort + offset,
    },
    ...Object.entries(storePorts).map(([store, port]) => ({
      name: `demo-${store}`,
      entry: 'scripts/dist/demo/stores/main.js',
      args: [store],
      client: store,
      port: port + offset,
      env: { DEMO_STORE_PORT: String(port + offset) },
    })),
    {
      name: 'demo-dr',
      entry: 'scripts/dist/demo/dr/main.js',
      client: 'dr-singapore',
      port: recoveryPort + offset,
      env: { DEMO_DR_PORT: String(recoveryPort + offset) },
    },
    {
      name: 'demo-site',
      entry: 'scripts/dist/demo/site/main.js',
      client: 'demo',
      port: services['demo-site'].basePort + offset,
    },
  ];
}

/**
 * What the demo company's programs, and the erase workers that call on them, share beyond the stack's addresses.
 * The company's own tokens follow from one of the stack's, so that every process of a stack finds the same.
 */
export function demoEnvironment(env: StackEnvironment, dataFolder: string): StackEnvironment {
  const token = (use: string) =>
    `demo_${createHmac('sha256', setting(env, tokenVariable('demo')))
      .update(use)
      .digest('base64url')}`;
  const seals = {
    site: join(dataFolder, 'demo-opendsr', 'site'),
    mail: join(dataFolder, 'demo-opendsr', 'mail'),
  };
  return {
    DEMO_ACCESS_LOG: join(dataFolder, 'demo-site', 'access.log'),
    DEMO_MAIL_FOLDER: join(dataFolder, 'demo-mail'),
    DEMO_SITE_PRIVACY_URL: `${setting(env, 'DEMO_SITE_URL')}/privacy/v3`,
    DEMO_MAIL_PRIVACY_URL: `${setting(env, 'DEMO_MAIL_URL')}/v3`,
    DEMO_SITE_SEAL: seals.site,
    DEMO_MAIL_SEAL: seals.mail,
    DEMO_SITE_AUTHORITY: authorityFile(seals.site),
    DEMO_MAIL_AUTHORITY: authorityFile(seals.mail),
    KEIRO_ERASE_CALLBACK_URL: setting(env, 'KEIRO_ERASE_URL'),
    DEMO_MAIL_TOKEN: token('mail'),
    DEMO_ANALYTICS_TOKEN: token('analytics'),
    DEMO_PRIVACY_TOKEN: token('privacy'),
  };
}

/** Feeds the site's access log while the site is up. */
export function captureProgram(env: StackEnvironment): Program {
  return {
    name: 'demo-capture',
    entry: 'services/cli/bin/keiro.js',
    args: ['capture', 'access-log', setting(env, 'DEMO_ACCESS_LOG'), '--follow'],
    client: 'capture',
  };
}

/** Starts one program and waits until it says that it is ready. It gets no token but its own. */
export function startProgram(
  program: Program,
  env: StackEnvironment,
  folders: ProcessSpec['folders'],
): Promise<ManagedProcess> {
  const token = program.client === undefined ? undefined : env[tokenVariable(program.client)];
  const without = Object.entries(env).filter(([name]) => !name.startsWith('KEIRO_TOKEN'));
  return startProcess({
    name: program.name,
    command: process.execPath,
    args: [join(root, program.entry), ...(program.args ?? [])],
    env: {
      ...Object.fromEntries(without),
      ...(token === undefined ? {} : { KEIRO_TOKEN: token }),
      ...program.env,
    },
    folders,
    ready: async () => {
      if (program.port !== undefined)
        await checkReady(`http://127.0.0.1:${String(program.port)}/health/ready`);
    },
    readyWithinMs: 90_000,
  });
}

async function checkReady(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`answered ${String(response.status)}`);
}
