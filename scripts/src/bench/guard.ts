import { randomBytes, randomUUID } from 'node:crypto';
import { connectKafka, createLog, type Admin, type Kafkas, type Positions } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { catalogue, type CollectionEvent } from '@keiro/schemas';
import { createEmitter, createGuardedConsumer, createKeysClient } from '@keiro/sdk';
import { consumed, stopwatch } from './stopwatch.ts';

export interface GuardBench {
  readonly events: number;
  /** Events a second: decoded, judged, opened, handed over. */
  readonly guarded: number;
  /** The same, with a sealed locator and a custody report for each. */
  readonly reporting: number;
  /** Messages a second of a kafkajs consumer that parses them. */
  readonly bare: number;
  /** The mark is 0.5. */
  readonly ratio: number;
  readonly reportingRatio: number;
}

const { topic } = catalogue.registration;
const people = 500;
const holder = 'crm';
const purpose = 'membership';

/**
 * A guarded consumer beside a bare one over the same messages, by turns. Few people beside the events, so that after
 * the first of each the keys are cached, and so many events that what a consumer does once, at its start, hardly counts.
 * Needs Kafka, the registry and the keys service.
 */
export async function benchGuard(
  env: Readonly<Record<string, string | undefined>>,
  { events = 60_000, rounds = 3 }: { events?: number; rounds?: number } = {},
): Promise<GuardBench> {
  const of = (name: string): string => env[name] ?? '';
  const log = createLog('bench-guard', 'error');
  const kafka = connectKafka({
    brokers: of('KEIRO_KAFKA_BROKERS').split(','),
    clientId: 'keiro-bench-guard',
    log,
  });
  const admin = await kafka.admin();
  const registry = connectRegistry({ url: of('KEIRO_REGISTRY_URL') });
  const starts = await admin.endOffsets([topic]);
  await emit(of, events);
  const range = { admin, starts, ends: await admin.endOffsets([topic]) };

  async function guarded(reporting: boolean): Promise<number> {
    const groupSuffix = `-bench-${randomBytes(4).toString('hex')}`;
    const group = `keiro.holder.${holder}.${purpose}${groupSuffix}`;
    await admin.setCommitted(group, starts);
    const watch = stopwatch(group);
    let seen = 0;
    const consumer = await createGuardedConsumer({
      kafka: watch.around(kafka),
      registry,
      keys: createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_CRM') }),
      holder,
      purpose,
      categories: ['C1'],
      handle: (some) => {
        seen += some.length;
        return Promise.resolve(some.map(({ subject }) => (reporting ? (subject['member'] ?? null) : null)));
      },
      log,
      now: () => new Date(),
      random: randomBytes,
      groupSuffix,
    });
    await consumed(range, group);
    await consumer.close();
    if (seen !== events) throw new Error(`${String(seen)} events of ${String(events)}`);
    return watch.seconds();
  }

  const total = { bare: 0, guarded: 0, reporting: 0 };
  try {
    // Once for warming up.
    await bareLoop(kafka, range);
    await guarded(false);
    for (let round = 0; round < rounds; round += 1) {
      total.bare += await bareLoop(kafka, range);
      total.guarded += await guarded(false);
      total.reporting += await guarded(true);
    }
  } finally {
    await Promise.all([admin.close(), registry.close()]);
  }
  const rate = (seconds: number) => Math.round((events * rounds) / seconds);
  const hundredths = (number: number) => Math.round(number * 100) / 100;
  return {
    events,
    guarded: rate(total.guarded),
    reporting: rate(total.reporting),
    bare: rate(total.bare),
    ratio: hundredths(total.bare / total.guarded),
    reportingRatio: hundredths(total.bare / total.reporting),
  };
}

async function emit(of: (name: string) => string, events: number): Promise<void> {
  const emitter = await createEmitter({
    kafka: { brokers: of('KEIRO_KAFKA_BROKERS').split(',') },
    registryUrl: of('KEIRO_REGISTRY_URL'),
    keys: { url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_DEMO') },
    source: 'demo-site',
    sites: ['www.demo.example'],
    log: createLog('bench-guard', 'error'),
    now: () => new Date(),
    random: randomBytes,
  });
  const run = randomUUID().slice(0, 8);
  for (let from = 0; from < events; from += 1000) {
    const some = Array.from({ length: Math.min(1000, events - from) }, (_, n) => registration(run, from + n));
    await Promise.all(some.map((event) => emitter.emit(event)));
  }
  await emitter.close();
}

function registration(run: string, number: number): CollectionEvent {
  const member = `m-guard-${run}-${String(number % people)}`;
  const email = `${member}@people.example`;
  return {
    specversion: '1.0',
    id: `guard-${run}-${String(number)}`,
    source: 'demo-site',
    type: 'registration',
    time: new Date().toISOString(),
    policyversion: '2017-02-02',
    data: {
      subject: { member, email },
      site: 'www.demo.example',
      noticeVersion: 'n-1',
      name: '架空 花子',
      nameKana: 'カクウ ハナコ',
      email,
    },
  };
}

async function bareLoop(
  kafka: Kafkas,
  range: { readonly admin: Admin; readonly starts: Positions; readonly ends: Positions },
): Promise<number> {
  const group = `keiro.bare-guard-${randomBytes(4).toString('hex')}`;
  await range.admin.setCommitted(group, range.starts);
  const watch = stopwatch(group);
  let bytes = 0;
  const running = await watch.around(kafka).consume({
    group,
    topics: [topic],
    maxBatch: 500,
    until: range.ends,
    onBatch: (messages) => {
      for (const { value } of messages) {
        const parsed = JSON.parse(value?.toString('utf8', 5) ?? 'null') as { site: string };
        bytes += parsed.site.length;
      }
      return Promise.resolve();
    },
  });
  await consumed(range, group);
  await running.close();
  if (bytes === 0) throw new Error('nothing was parsed');
  return watch.seconds();
}
