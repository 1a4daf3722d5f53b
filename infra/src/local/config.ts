import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeiroError } from '@keiro/runtime/errors';
import { z } from 'zod';
import { serverNames, servers, type ServerName } from './addresses.ts';

/** The repository's root: this file is at infra/{src,dist}/local. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

const environment = z.object({
  KEIRO_STACK: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'lower-case letters, digits and -')
    .refine((name) => name !== 'cache', 'is the name of the folder of downloads')
    .default('dev'),
  KEIRO_STACK_DIR: z.string().min(1).optional(),
  KEIRO_POLICY_FILE: z.string().min(1).optional(),
  KEIRO_PORT_OFFSET: z.coerce.number().int().multipleOf(100).min(0).max(30_000).optional(),
});

/** What the machine's tools are found by. */
export const toolPaths = (
  env: NodeJS.ProcessEnv = process.env,
): { path: string; javaHome: string | undefined } => ({
  path: env['PATH'] ?? '',
  javaHome: env['JAVA_HOME'] === '' ? undefined : env['JAVA_HOME'],
});

/** The environment of a process that we start: ours, with this on top. */
export const inherited = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
});

export interface StackConfig {
  readonly name: string;
  readonly portOffset: number;
  readonly folders: StackFolders;
  /** Addresses from the environment: those servers are checked, never started. */
  readonly given: Readonly<Partial<Record<ServerName, string>>>;
  /** Where `keys` keeps its own database, when that is not the lineage's server. */
  readonly keysMongoUrl?: string;
  /** The policy that its services keep to: the demo company's, unless the environment names another. */
  readonly policyFile: string;
}

export interface StackFolders {
  /** Holds the downloads and every stack. */
  readonly base: string;
  readonly cache: string;
  /** This stack's own. */
  readonly stack: string;
  readonly data: string;
  readonly logs: string;
  readonly run: string;
  readonly secrets: string;
}

/** The stack whose servers docker compose runs, on the ports of `dev`. */
export const composeStack = 'compose';

/** The demo company's own policy. */
const demoPolicyFile = join(root, 'scripts', 'demo', 'policy.yaml');

/** Offsets of the stacks that need none in the environment. */
const knownOffsets: Readonly<Record<string, number>> = { dev: 0, test: 100, [composeStack]: 0 };

/** A stack for what runs beside another one: no other's ports are as far off. */
export const besideStack = (name: string): string => `${name}${beside.suffix}`;
const beside = { suffix: '-beside', offset: 3000 };

/**
 * What a stack of this name is made of. The environment's KEIRO_STACK and KEIRO_PORT_OFFSET count only for
 * the stack they speak of: a caller that names another gets that one's own ports.
 */
export function stackConfig(name?: string, env: NodeJS.ProcessEnv = process.env): StackConfig {
  const parsed = environment.safeParse({ ...env, ...(name === undefined ? {} : { KEIRO_STACK: name }) });
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new KeiroError('configuration', lines.join('\n'), { retryable: false });
  }
  const stack = parsed.data.KEIRO_STACK;
  const aboutThis = name === undefined || name === (env['KEIRO_STACK'] ?? 'dev');
  const portOffset =
    (aboutThis ? parsed.data.KEIRO_PORT_OFFSET : undefined) ??
    knownOffsets[stack] ??
    offsetBeside(stack, env);
  if (portOffset === undefined) {
    throw new KeiroError(
      'configuration',
      `stack ${stack} needs ports of its own: set KEIRO_PORT_OFFSET to a multiple of 100 (dev has 0, test has 100)`,
      { retryable: false },
    );
  }
  // After `eval "$(npm run -s stack -- env)"` the environment holds a stack's own addresses: those are no
  // servers of the user's, and they say nothing about another stack.
  const addressesCount = env['KEIRO_STACK'] === undefined || env['KEIRO_STACK'] === stack;
  const foreign = (variable: string, server: ServerName): string | undefined => {
    const address = env[variable];
    if (!addressesCount || address === undefined || address === '') return undefined;
    const own = `127.0.0.1:${String(servers[server].basePort + portOffset)}`;
    return hostOf(address) === own ? undefined : address;
  };
  const given: Partial<Record<ServerName, string>> = {};
  for (const server of serverNames) {
    const address = foreign(servers[server].variable, server);
    if (address !== undefined) given[server] = address;
  }
  return {
    name: stack,
    portOffset,
    folders: foldersOf(stack, parsed.data.KEIRO_STACK_DIR),
    given,
    keysMongoUrl: foreign('KEIRO_KEYS_MONGO_URL', 'mongo'),
    policyFile: resolve((aboutThis ? parsed.data.KEIRO_POLICY_FILE : undefined) ?? demoPolicyFile),
  };
}

function offsetBeside(name: string, env: NodeJS.ProcessEnv): number | undefined {
  if (!name.endsWith(beside.suffix)) return undefined;
  return stackConfig(name.slice(0, -beside.suffix.length), env).portOffset + beside.offset;
}

/** `host:port`, or several, of an address; never its user or password. */
export function hostOf(address: string): string {
  return /^(?:[^/]+:\/\/)?(?:[^/@]*@)?([^/?]*)/.exec(address)?.[1] ?? '';
}

function foldersOf(name: string, base = join(root, '.stack')): StackFolders {
  const absolute = resolve(base);
  const stack = join(absolute, name);
  return {
    base: absolute,
    cache: join(absolute, 'cache'),
    stack,
    data: join(stack, 'data'),
    logs: join(stack, 'logs'),
    run: join(stack, 'run'),
    secrets: join(stack, 'secrets'),
  };
}
