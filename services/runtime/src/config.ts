import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KeiroError } from './errors.ts';

/**
 * Reads a service's configuration from the environment, once. Every missing or wrong name is told at once;
 * values are not repeated, because some are secret.
 */
export function readConfig<T extends z.ZodObject>(
  schema: T,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<T> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new KeiroError(
    'configuration',
    `the environment is incomplete:\n${lines.join('\n')}\nThe local stack prints all of them: npm run -s stack -- env`,
    { retryable: false },
  );
}

export const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

/** Settings that every service has. */
export const commonConfig = {
  KEIRO_HOST: z.string().default('127.0.0.1'),
  KEIRO_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
};

export const kafkaConfig = {
  KEIRO_KAFKA_BROKERS: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(/^[^:\s]+:\d+$/, 'host:port, separated by commas')).min(1)),
};

export const registryConfig = { KEIRO_REGISTRY_URL: z.url() };
export const mongoConfig = {
  KEIRO_MONGO_URL: z.string().min(1),
  KEIRO_DATABASE: z.string().default('keiro'),
};
export const redisConfig = { KEIRO_REDIS_URL: z.string().min(1) };
export const clientsConfig = { KEIRO_CLIENTS_FILE: z.string().min(1) };
export const keysConfig = { KEIRO_KEYS_URL: z.url() };
export const groupConfig = {
  /** How soon the partitions of a consumer that died go to another, ms; brokers take no less than 6000 unless told. */
  KEIRO_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1000).default(30_000),
  /** Appended to the names of consumer groups, so that a second pipeline can read the same topics by itself. */
  KEIRO_GROUP_SUFFIX: z
    .string()
    .regex(/^[a-z0-9-]{0,40}$/)
    .default(''),
};
export const tokenConfig = { KEIRO_TOKEN: z.string().min(1, 'the token of this client') };

/** Reads and checks a JSON file named in the configuration. */
export function readJsonFile<T extends z.ZodType>(path: string, schema: T): z.infer<T> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KeiroError('configuration', `${path} is not a readable JSON file`, {
      retryable: false,
      cause: error,
    });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new KeiroError('configuration', `${path} is not as it should be:\n${lines.join('\n')}`, {
    retryable: false,
  });
}
