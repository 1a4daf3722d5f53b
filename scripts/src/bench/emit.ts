import { randomBytes, randomUUID } from 'node:crypto';
import { connectKafka, createLog, type OutgoingMessage, type Producer } from '@keiro/runtime';
import { createEmitter, type Emitter } from '@keiro/sdk';
import { sealEvent, sealGroupsOf } from '@keiro/sdk/emitter-seal';
import { emitEvent } from './emit-events.ts';

export interface EmitBench {
  /** Events a second through the SDK: validated, sealed, acknowledged by Kafka. */
  readonly sdkPerSecond: number;
  /** Messages a second of kafkajs alone: same sizes of key, headers and value, same batches. */
  readonly rawPerSecond: number;
  /** The mark is 0.4. Both sides took turns within the run. */
  readonly ratio: number;
  /** kafkajs alone when it carries no headers: our envelope is in seven of them, each of which costs it much. */
  readonly rawWithoutHeadersPerSecond: number;
  readonly ratioWithoutHeaders: number;
  /** Bytes of a value, on average. */
  readonly valueBytes: number;
  readonly events: number;
  readonly rounds: number;
}

const rounds = 4;
const turnMs = 800;
/** Longer than the others' turns: what it does only now and then must have its share in each. */
const sdkTurnMs = 2400;
const batch = 500;
/** Emitted ahead of what Kafka has acknowledged. */
const ahead = 5000;
const rawTopic = 'bench.emit';

/**
 * Emitting through the SDK against producing with kafkajs alone, in turns of under a second, for about ten seconds.
 * Needs Kafka, the registry and the keys service, with topics and schemas provisioned.
 */
export async function benchEmit(env: Readonly<Record<string, string | undefined>>): Promise<EmitBench> {
  const of = (name: string): string => env[name] ?? '';
  const brokers = of('KEIRO_KAFKA_BROKERS').split(',');
  const log = createLog('bench-emit', 'warn');
  const kafka = connectKafka({ brokers, clientId: 'keiro-bench', log });
  const admin = await kafka.admin();
  const config = { 'compression.type': 'gzip', 'retention.ms': '3600000' };
  await admin.createTopics([{ name: rawTopic, partitions: 3, config }]);
  await admin.close();
  const producer = await kafka.producer();
  const emitter = await createEmitter({
    kafka: { brokers },
    registryUrl: of('KEIRO_REGISTRY_URL'),
    keys: { url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_DEMO') },
    source: 'demo-site',
    sites: ['www.demo.example'],
    maxBatch: batch,
    log,
    now: () => new Date(),
    random: randomBytes,
  });
  try {
    return await takeTurns(emitter, producer);
  } finally {
    await emitter.close();
    await producer.close();
  }
}

async function takeTurns(emitter: Emitter, producer: Producer): Promise<EmitBench> {
  const run = randomUUID().slice(0, 8);
  const messages = sampleMessages(run);
  const bare = messages.map(({ key, value }) => ({ key, value }));
  const turns: Record<'sdk' | 'raw' | 'bare', Speed> = { sdk: newSpeed(), raw: newSpeed(), bare: newSpeed() };
  let emitted = 0;
  const sdkTurn = async (speed: Speed): Promise<void> => {
    const started = performance.now();
    const first = emitted;
    const bursts: Promise<unknown>[] = [];
    while (performance.now() - started < sdkTurnMs) {
      const at = new Date();
      bursts.push(
        Promise.all(Array.from({ length: batch }, () => emitter.emit(emitEvent(run, emitted++, at)))),
      );
      if (bursts.length * batch >= ahead) await bursts.shift();
    }
    await Promise.all(bursts);
    add(speed, emitted - first, started);
  };

  // Once for warming up: compiled code, known people, open connections.
  await sdkTurn(newSpeed());
  await rawTurn(producer, messages, newSpeed());
  await rawTurn(producer, bare, newSpeed());
  for (let round = 0; round < rounds; round++) {
    await rawTurn(producer, messages, turns.raw);
    await sdkTurn(turns.sdk);
    await rawTurn(producer, bare, turns.bare);
  }
  const [sdk, raw, rawBare] = [perSecond(turns.sdk), perSecond(turns.raw), perSecond(turns.bare)];
  return {
    sdkPerSecond: Math.round(sdk),
    rawPerSecond: Math.round(raw),
    ratio: toHundredths(sdk / raw),
    rawWithoutHeadersPerSecond: Math.round(rawBare),
    ratioWithoutHeaders: toHundredths(sdk / rawBare),
    valueBytes: Math.round(messages.reduce((sum, { value }) => sum + value.length, 0) / messages.length),
    events: turns.sdk.messages,
    rounds,
  };
}

async function rawTurn(
  producer: Producer,
  messages: readonly OutgoingMessage[],
  speed: Speed,
): Promise<void> {
  const started = performance.now();
  let sent = 0;
  while (performance.now() - started < turnMs) {
    const from = sent % messages.length;
    await producer.send([{ topic: rawTopic, messages: messages.slice(from, from + batch) }]);
    sent += batch;
  }
  add(speed, sent, started);
}

/** What the SDK would send, under keys that nobody has. */
function sampleMessages(run: string): (OutgoingMessage & { value: Buffer })[] {
  const ref = (kind: string) => `${kind}.${randomBytes(24).toString('base64url')}`;
  return Array.from({ length: 10 * batch }, (_, number) => {
    const event = emitEvent(`${run}-raw`, number, new Date());
    const groups = sealGroupsOf(event.type).map((group) => [group, randomBytes(32)] as const);
    const { key, headers, value } = sealEvent(
      event,
      {
        lives: [
          { ref: ref('member'), generation: 1 },
          { ref: ref('cookie'), generation: 1 },
        ],
        sealing: { kind: 'person', keys: new Map(groups) },
      },
      () => randomBytes(12),
    );
    return { key, headers, value: Buffer.concat([Buffer.alloc(5), Buffer.from(JSON.stringify(value))]) };
  });
}

interface Speed {
  messages: number;
  ms: number;
}

const newSpeed = (): Speed => ({ messages: 0, ms: 0 });
const perSecond = ({ messages, ms }: Speed): number => (messages / ms) * 1000;
const toHundredths = (number: number): number => Math.round(number * 100) / 100;

function add(speed: Speed, messages: number, started: number): void {
  speed.messages += messages;
  speed.ms += performance.now() - started;
}
