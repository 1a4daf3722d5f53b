import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeiroError } from '@keiro/runtime/errors';
import { z } from 'zod';
import { clientPlans } from './clients.ts';

const tokensSchema = z.record(z.string(), z.string());

export interface StackSecrets {
  /** Token by client name. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly postgresPassword: string;
}

export interface SecretFiles {
  /** Pepper and key-encryption keys, for `keys` alone, in a folder of its own: `keys` replaces it when it rotates. */
  readonly keys: string;
  /** Who may call what, with hashes of the tokens: for the services. */
  readonly clients: string;
  /** The tokens themselves: for the clients. */
  readonly tokens: string;
  readonly postgresPassword: string;
}

export function secretFiles(folder: string): SecretFiles {
  return {
    keys: join(folder, 'keys', 'keys.json'),
    clients: join(folder, 'clients.json'),
    tokens: join(folder, 'tokens.json'),
    postgresPassword: join(folder, 'postgres-password'),
  };
}

/**
 * Makes what is missing and keeps what is there: a new pepper or key would orphan all that is sealed. The
 * list of clients follows {@link clientPlans}; a client that is new in it gets a token, the others keep theirs.
 */
export function ensureSecrets(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  const files = secretFiles(folder);
  const random = (): string => randomBytes(32).toString('base64');
  mkdirSync(dirname(files.keys), { recursive: true, mode: 0o700 });
  // Where stacks kept it until it had a folder of its own.
  const before = join(folder, 'keys.json');
  if (existsSync(before) && !existsSync(files.keys)) renameSync(before, files.keys);
  if (!existsSync(files.keys)) {
    write(files.keys, JSON.stringify({ pepper: random(), keks: [{ epoch: 1, key: random() }] }, null, 2));
  }
  if (!existsSync(files.postgresPassword))
    write(files.postgresPassword, randomBytes(24).toString('base64url'));
  const known = existsSync(files.tokens) ? readTokens(files.tokens) : {};
  const tokens = Object.fromEntries(
    clientPlans.map(({ name }) => [name, known[name] ?? `keiro_${randomBytes(24).toString('base64url')}`]),
  );
  const clients = clientPlans.map((plan) => ({
    ...plan,
    tokenSha256: createHash('sha256')
      .update(tokens[plan.name] ?? '')
      .digest('hex'),
  }));
  writeIfChanged(files.tokens, JSON.stringify(tokens, null, 2));
  writeIfChanged(files.clients, JSON.stringify(clients, null, 2));
}

/** Fails with a way out when the stack was never brought up. */
export function readSecrets(folder: string): StackSecrets {
  const files = secretFiles(folder);
  if (!existsSync(files.tokens) || !existsSync(files.postgresPassword)) {
    throw new KeiroError('stack', 'this stack has no keys yet: npm run stack -- up makes them', {
      retryable: false,
    });
  }
  return { tokens: readTokens(files.tokens), postgresPassword: readFileSync(files.postgresPassword, 'utf8') };
}

const readTokens = (file: string): Record<string, string> =>
  tokensSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

function writeIfChanged(file: string, content: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== content) write(file, content);
}

function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
