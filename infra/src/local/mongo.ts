import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { KeiroError } from '@keiro/runtime/errors';
import { run } from './install.ts';
import { which } from './prerequisites.ts';
import { installPython } from './python-servers.ts';
import type { LocalServer, ServerContext, Launch } from './server.ts';

/** Of mongod; SecantusDB always calls its own `secantus`. */
const replicaSet = 'keiro';

/**
 * A server that speaks MongoDB's protocol as a one-node replica set: mongod where there is one, else
 * SecantusDB, which needs Python 3. Each has a data folder of its own, and a stack stays with the one it
 * began with, because neither reads the other's files.
 */
export function mongo(folder: 'mongo' | 'demo-mongo'): LocalServer {
  return {
    async prepare(context) {
      const base = join(context.config.folders.data, folder);
      const mongod = which('mongod');
      if (mongod !== undefined && !existsSync(join(base, 'secantus')))
        return launchMongod(mongod, base, context);
      return launchSecantus(base, context);
    },

    async check(address) {
      await withClient(address, async (client) => {
        const hello = await client.db('admin').command({ hello: 1 });
        if (hello['isWritablePrimary'] !== true) {
          throw new KeiroError('unavailable', 'MongoDB answers, but is no primary yet', { retryable: true });
        }
      });
    },

    async settle({ address }) {
      const member = { _id: 0, host: new URL(address).host };
      await withClient(address, async (client) => {
        const hello = await client.db('admin').command({ hello: 1 });
        if (typeof hello['setName'] === 'string') return;
        await client.db('admin').command({ replSetInitiate: { _id: replicaSet, members: [member] } });
      });
    },
  };
}

async function launchMongod(command: string, base: string, { port }: ServerContext): Promise<Launch> {
  const data = join(base, 'mongod');
  mkdirSync(data, { recursive: true });
  const version = /v(\d[\d.]*)/.exec((await run(command, ['--version'])).join('\n'))?.[1] ?? 'unknown';
  return {
    command,
    args: [
      '--replSet',
      replicaSet,
      '--bind_ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--dbpath',
      data,
      '--wiredTigerCacheSizeGB',
      '0.5',
    ],
    version: `mongod ${version}`,
  };
}

async function launchSecantus(base: string, { config, port, say }: ServerContext): Promise<Launch> {
  const data = join(base, 'secantus');
  const environment = await installPython({
    cache: config.folders.cache,
    name: 'secantus',
    what: 'The MongoDB-compatible server',
    say,
  });
  mkdirSync(data, { recursive: true });
  return {
    command: join(environment, 'bin', 'python'),
    args: [
      '-m',
      'secantus',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--storage-path',
      data,
      '--cache-size',
      '512M',
      '--log-level',
      'WARNING',
    ],
    // It would read a configuration file from wherever it is started.
    cwd: data,
    version: 'SecantusDB 0.7.0b3',
  };
}

/** Fails within two seconds when nobody answers: whoever waits asks again. */
async function withClient<T>(address: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(address, { serverSelectionTimeoutMS: 2000, connectTimeoutMS: 2000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
