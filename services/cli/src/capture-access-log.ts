import { randomBytes } from 'node:crypto';
import {
  connectKafka,
  createLog,
  followPolicies,
  kafkaConfig,
  keysConfig,
  messageOf,
  policyConfig,
  readConfig,
  registryConfig,
  tokenConfig,
} from '@keiro/runtime';
import { createEmitter } from '@keiro/sdk';
import { z } from 'zod';
import { createProgress, summary, type FileReport } from './capture-report.ts';
import { runCapture } from './capture-run.ts';
import { createLineIds, readState, writeState } from './capture-state.ts';
import { environmentFor } from './environment.ts';

const configSchema = z.object({
  ...kafkaConfig,
  ...registryConfig,
  ...keysConfig,
  ...tokenConfig,
  ...policyConfig,
});

export interface CaptureOptions {
  readonly source: string;
  readonly site: string;
  readonly follow: boolean;
  readonly state?: string;
}

/** Sends a log's lines; answers with the exit code. */
export async function captureAccessLog(path: string, options: CaptureOptions): Promise<number> {
  const config = readConfig(configSchema, environmentFor('capture'));
  const log = createLog('capture', 'warn', 2);
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-capture', log });
  const { policies, close } = await followPolicies(config, { kafka, reader: 'capture', log });
  const ids = createLineIds(config.KEIRO_TOKEN);
  const stateFile = options.state ?? `${path}.keiro-state`;
  const known = readState(stateFile);
  const emitter = await createEmitter({
    kafka: { brokers: config.KEIRO_KAFKA_BROKERS },
    registryUrl: config.KEIRO_REGISTRY_URL,
    keys: { url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN },
    source: options.source,
    sites: [options.site],
    policies,
    log,
    now: () => new Date(),
    random: randomBytes,
  });

  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const reports: FileReport[] = [];
  const progress = createProgress(process.stderr, reports);
  let failure: unknown;
  try {
    await runCapture({
      path,
      known,
      isFollowing: options.follow,
      ids,
      reports,
      context: {
        emitter,
        ids,
        source: options.source,
        site: options.site,
        policies,
        commit: (state) => writeState(stateFile, state),
        onProgress: progress.show,
        signal: stop.signal,
        log,
      },
    });
  } catch (error) {
    failure = error;
  }
  await emitter.close();
  await close();
  progress.clear();
  process.stdout.write(summary(reports, stateFile));
  if (failure !== undefined) process.stderr.write(`stopped: ${messageOf(failure)}\n`);
  return failure === undefined && reports.every(({ tally }) => tally.unreadable.size === 0) ? 0 : 1;
}
