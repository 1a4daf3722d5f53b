import { S3Client } from '@aws-sdk/client-s3';
import type { ConnectorConfig } from '@keiro/schemas';
import type { Connector, Flagging, Work } from './connector.ts';
import { cannotCorrect } from './fields.ts';
import { countTargets, eraseTargets, presentAt } from './s3-erase.ts';
import { explained } from './s3-failure.ts';
import { exportTargets, tagTargets } from './s3-fields.ts';
import { dividedOf, targetsOf } from './s3-keys.ts';
import { scanObjects } from './s3-scan.ts';

type Config = Extract<ConnectorConfig, { kind: 's3' }>;

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Objects of a bucket: those whose keys patterns name, and those that locators name, in all their versions. A key carries
 * no generation: what a person who registered anew wrote under the same key before the sweep goes with it.
 */
export function openS3Connector(
  config: Config,
  url: string,
  credentials: S3Credentials | undefined,
  timeoutMs: number,
  now: () => Date,
): Connector {
  const client = new S3Client({
    endpoint: url,
    region: config.region,
    forcePathStyle: config.virtualHosts !== true,
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  const bucket = { client, name: config.bucket };
  const settings = [config.accessKey, config.secretKey, config.sessionToken].flatMap((one) => one?.env ?? []);
  const failing = (error: unknown): never => {
    throw explained(error, settings);
  };

  async function flag(work: Work): Promise<Flagging> {
    if (config.suspended === undefined) return { unsupported: 'no tag for suspended purposes' };
    return tagTargets(bucket, config.suspended, targetsOf(config, work), work).catch(failing);
  }

  async function* telling<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* values;
    } catch (error) {
      failing(error);
    }
  }

  return {
    // Refusals of the register are said as refusals of the call.
    erase: async (work) => eraseTargets(bucket, dividedOf(config, work), work, now).catch(failing),
    present: async (work) => presentAt(bucket, dividedOf(config, work), work.signal).catch(failing),
    suspend: flag,
    resume: flag,
    probe: async (work) => countTargets(bucket, dividedOf(config, work), work.signal).catch(failing),
    correct: (_work, changes) => Promise.resolve(cannotCorrect(changes)),
    export: (work) => telling(exportTargets(bucket, targetsOf(config, work), work)),
    scan: (scan) => telling(scanObjects(bucket, config, scan)),
    close() {
      client.destroy();
      return Promise.resolve();
    },
  };
}
