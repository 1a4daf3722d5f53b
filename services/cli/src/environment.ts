import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJsonFile } from '@keiro/runtime/config';
import { KeiroError } from '@keiro/runtime/errors';
import { z } from 'zod';

/** Any of these says that the caller knows where to go; nothing of a local stack may then be mixed in. */
const addresses = [
  'KEIRO_KAFKA_BROKERS',
  'KEIRO_REGISTRY_URL',
  'KEIRO_KEYS_URL',
  'KEIRO_COLLECT_URL',
  'KEIRO_REQUEST_URL',
  'KEIRO_QUERY_URL',
  'KEIRO_TAG_URL',
  'KEIRO_TRANSFER_URL',
  'KEIRO_ERASE_URL',
];

/**
 * The environment for a command, with `KEIRO_TOKEN` set to the token of the client in whose name it acts
 * (`KEIRO_TOKEN_<CLIENT>` wins over a general one). Where it holds no address at all, that of the local stack is
 * taken, which the stack keeps in `.stack/<KEIRO_STACK or dev>/env.json`, in this folder or one above.
 */
export function environmentFor(
  client: string,
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): NodeJS.ProcessEnv {
  const all = addresses.some((name) => isSet(env[name])) ? env : { ...localStack(env, folder), ...env };
  const token = all[`KEIRO_TOKEN_${client.toUpperCase().replaceAll('-', '_')}`] ?? all['KEIRO_TOKEN'];
  return token === undefined ? all : { ...all, KEIRO_TOKEN: token };
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

function localStack(env: NodeJS.ProcessEnv, folder: string): Record<string, string> {
  const name = env['KEIRO_STACK'] ?? 'dev';
  const base = env['KEIRO_STACK_DIR'] ?? findAbove(folder, '.stack');
  const file = base === undefined ? undefined : join(base, name, 'env.json');
  if (file === undefined || !existsSync(file)) {
    throw new KeiroError(
      'configuration',
      'no address is set and no local stack was found: run this in the repository after npm run stack -- up, ' +
        `or set ${addresses.slice(0, 3).join(', ')} and the like`,
      { retryable: false },
    );
  }
  return readJsonFile(file, z.record(z.string(), z.string()));
}

function findAbove(folder: string, name: string): string | undefined {
  const found = join(folder, name);
  if (existsSync(found)) return found;
  return dirname(folder) === folder ? undefined : findAbove(dirname(folder), name);
}
