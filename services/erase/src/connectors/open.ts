import type { Log } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import { createWakes } from '../opendsr/wakes.ts';
import { bounded } from './bounded.ts';
import { openCompositeConnector } from './composite.ts';
import { ConnectorError, type Connector } from './connector.ts';
import { openDirectiveConnector, type DirectiveDependencies } from './directive.ts';
import { openGoogleAnalyticsConnector } from './google-analytics.ts';
import { openHttpConnector, type ProcessorDependencies } from './http.ts';
import { later } from './later.ts';
import { openMongodbConnector } from './mongodb.ts';
import { openPostgresqlConnector } from './postgresql.ts';
import { openRedisConnector } from './redis.ts';
import type { S3Credentials } from './s3.ts';

/** Settings that hold an address or a secret, by name; undefined where the environment lacks one. */
export type Settings = (name: string) => string | undefined;

/** How long one command of ours to a store may take. */
const commandTimeoutMs = 60_000;

/** The connector of a holder's configuration. Connects when it is used, not before. */
export function openConnector(
  config: ConnectorConfig,
  settings: Settings,
  log: Log,
  directives?: DirectiveDependencies,
  timeoutMs = commandTimeoutMs,
  processors: ProcessorDependencies = { wakes: createWakes(), now: () => new Date() },
): Connector {
  const secrets = 'url' in config ? [config.url, 'token' in config ? config.token : undefined] : [];
  const names = secrets.flatMap((secret) => secret?.env ?? []);
  return bounded(openKind(config, settings, log, directives, timeoutMs, processors), config.kind, names);
}

function openKind(
  config: ConnectorConfig,
  settings: Settings,
  log: Log,
  directives: DirectiveDependencies | undefined,
  timeoutMs: number,
  processors: ProcessorDependencies,
): Connector {
  const need = (name: string): string => {
    const value = settings(name);
    if (value === undefined) {
      throw new ConnectorError('configuration', `${name} is not set in the environment of erase`);
    }
    return value;
  };
  switch (config.kind) {
    case 'mongodb':
      return openMongodbConnector(config, need(config.url.env), timeoutMs);
    case 'postgresql':
      return openPostgresqlConnector(config, need(config.url.env), log, timeoutMs);
    case 'redis':
      return openRedisConnector(config, need(config.url.env), log, timeoutMs);
    case 's3': {
      const url = need(config.url.env);
      const credentials = credentialsOf(config, need);
      return later(async () => {
        const { openS3Connector } = await import('./s3.ts');
        return openS3Connector(config, url, credentials, timeoutMs, processors.now);
      });
    }
    case 'http':
      return openHttpConnector(
        config,
        need(config.url.env).replace(/\/$/, ''),
        config.token === undefined ? undefined : need(config.token.env),
        config.authorities === undefined ? undefined : need(config.authorities.env),
        processors,
      );
    case 'google-analytics':
      return openGoogleAnalyticsConnector(
        config,
        need(config.url.env).replace(/\/$/, ''),
        need(config.token.env),
      );
    case 'directive':
      if (directives === undefined)
        throw new ConnectorError('configuration', 'there is no way to send directives');
      return openDirectiveConnector(config, directives);
    case 'by-hand':
      throw new ConnectorError('by-hand', 'no program can ask this holder');
    case 'composite':
      return openCompositeConnector(
        config.parts.map(({ name, connector }) => ({
          name,
          connector: openConnector(connector, settings, log, directives, timeoutMs, processors),
        })),
      );
  }
}

function credentialsOf(
  { accessKey, secretKey, sessionToken }: Extract<ConnectorConfig, { kind: 's3' }>,
  need: (name: string) => string,
): S3Credentials | undefined {
  if (accessKey === undefined || secretKey === undefined) return undefined;
  return {
    accessKeyId: need(accessKey.env),
    secretAccessKey: need(secretKey.env),
    ...(sessionToken === undefined ? {} : { sessionToken: need(sessionToken.env) }),
  };
}
