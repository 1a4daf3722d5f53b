import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@keiro/infra/local/config';
import { connectKafka, KeiroError, type Log } from '@keiro/runtime';
import { collectionTopics, type TotalsAnswer } from '@keiro/schemas';
import { setting } from '../services.ts';
import { readCounter, type Pipeline } from './clients.ts';
import type { Stage } from './stage.ts';
import { comesTrue } from './wait.ts';

/** Counts this run's events on both sides: what was sent, and what became of it. */
export interface Ledger {
  /** Feeds the site's access log to the pipeline and removes the file; answers the number of lines. */
  captureAccessLog(): Promise<number>;
  /** Events that were posted by hand. */
  posted(count: number): void;
  balance(): Promise<Balance>;
  /** Waits until both sides agree; answers how they stand then. */
  settle(): Promise<Balance>;
  close(): Promise<void>;
}

export interface Balance {
  /** Counted by those who sent: the site itself, lines of the access log, posts by hand. */
  readonly emitted: { readonly site: number; readonly accessLog: number; readonly posted: number };
  /** Counted by Kafka: messages on the collection topics. */
  readonly inKafka: number;
  /** Counted in the lineage store: records and facts. */
  readonly recorded: number;
  readonly quarantined: number;
}

export const totalOf = ({ emitted }: Balance) => emitted.site + emitted.accessLog + emitted.posted;
export const agrees = (balance: Balance) =>
  totalOf(balance) === balance.inKafka && balance.inKafka === balance.recorded + balance.quarantined;

/**
 * Events that were set aside before they were recorded, and did not become records on release; what a holder could not
 * open was recorded all the same.
 */
const setAside = ({ quarantined }: TotalsAnswer) => quarantined.byWhom['tag'] ?? 0;

const kept = ({ records, facts }: TotalsAnswer) => records.total + facts.total;

const patienceMs = 90_000;

export async function openLedger(stage: Stage, pipeline: Pipeline, log: Log): Promise<Ledger> {
  const brokers = setting(stage.env, 'KEIRO_KAFKA_BROKERS').split(',');
  const admin = await connectKafka({ brokers, clientId: 'keiro-start', log }).admin();
  const inKafka = async () =>
    Object.values(await admin.endOffsets(collectionTopics))
      .flatMap((partitions) => Object.values(partitions))
      .reduce((sum, offset) => sum + Number(offset), 0);

  // What earlier runs left in the access log, and what is still on its way, is none of this run's.
  await captureAll(stage);
  const settledBefore = await comesTrue(async () => (await pipeline.progress()).tag === 0, patienceMs);
  if (!settledBefore)
    throw new KeiroError('behind', 'tag does not catch up with earlier events', { retryable: false });
  const before = {
    kafka: await inKafka(),
    totals: await pipeline.totals(),
  };
  const siteBefore = await readCounter(stage.port('demo-site'), 'demo_site_events_emitted_total');
  let lines = 0;
  let posted = 0;

  const balance = async (): Promise<Balance> => {
    const site = await readCounter(stage.port('demo-site'), 'demo_site_events_emitted_total');
    const totals: TotalsAnswer = await pipeline.totals();
    return {
      emitted: { site: site - siteBefore, accessLog: lines, posted },
      inKafka: (await inKafka()) - before.kafka,
      recorded: kept(totals) - kept(before.totals),
      quarantined: setAside(totals) - setAside(before.totals),
    };
  };

  return {
    async captureAccessLog() {
      const count = await captureAll(stage);
      lines += count;
      return count;
    },
    posted: (count) => void (posted += count),
    balance,
    async settle() {
      await comesTrue(async () => agrees(await balance()), patienceMs);
      return balance();
    },
    close: () => admin.close(),
  };
}

/** Captures the access log to its last line and removes it: the raw lines are personal data too. Answers their number. */
async function captureAll(stage: Stage): Promise<number> {
  const file = setting(stage.env, 'DEMO_ACCESS_LOG');
  if (!existsSync(file)) return 0;
  const count = readFileSync(file, 'utf8').split('\n').length - 1;
  await capture(file, stage);
  for (const one of [file, `${file}.keiro-state`]) rmSync(one, { force: true });
  return count;
}

/** `npx keiro capture access-log`, as an operator would run it. */
async function capture(file: string, stage: Stage): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(root, 'services/cli/bin/keiro.js'), 'capture', 'access-log', file],
    {
      env: { ...process.env, ...stage.env, KEIRO_TOKEN: setting(stage.env, 'KEIRO_TOKEN_CAPTURE') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new KeiroError('capture', `capturing the access log failed:\n${said}`, { retryable: false });
}
