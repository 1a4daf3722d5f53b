import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import {
  callJson,
  connectKafka,
  createLog,
  until,
  type Kafkas,
  type Log,
  type Message,
  type Producer,
  type Running,
} from '@keiro/runtime';
import { connectRegistry, type Registry } from '@keiro/runtime/registry';
import {
  copyReportSchema,
  quarantinedSchema,
  recordId,
  registeredAnswerSchema,
  type CollectionEvent,
  type CopyReport,
  type Holder,
  type Standing,
} from '@keiro/schemas';
import {
  createEmitter,
  createGuardedConsumer,
  refused,
  createKeysClient,
  locatorAssociated,
  open,
  type AskGate,
  type Emitter,
  type GuardedEvent,
} from '@keiro/sdk';
import { env } from '../builders/environment.ts';

const log = createLog('test-guard', 'warn');
const now = () => new Date();
const keysUrl = env('KEIRO_KEYS_URL');
const crmKeys = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_CRM') });
const lookup = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_QUERY') });

let kafka: Kafkas;
let registry: Registry;
let producer: Producer;
let emitter: Emitter;
const opened: Running[] = [];
const messages: Message[] = [];
/** Consumers of the test under way. */
const consumers: Running[] = [];

beforeAll(async () => {
  const brokers = env('KEIRO_KAFKA_BROKERS').split(',');
  kafka = connectKafka({ brokers, clientId: 'test-guard', log });
  registry = connectRegistry({ url: env('KEIRO_REGISTRY_URL') });
  producer = await kafka.producer();
  emitter = await createEmitter({
    kafka: { brokers },
    registryUrl: env('KEIRO_REGISTRY_URL'),
    keys: { url: keysUrl, token: env('KEIRO_TOKEN_DEMO') },
    source: 'demo-site',
    sites: ['www.demo.example'],
    log,
    now,
    random: randomBytes,
  });
  opened.push(
    await kafka.consume({
      group: `test-guard-${randomUUID()}`,
      topics: ['custody.copies', 'collection.registration', 'quarantine'],
      onBatch: (batch) => Promise.resolve(void messages.push(...batch)),
    }),
  );
});

afterEach(async () => {
  for (const one of consumers.splice(0)) await one.close();
});

afterAll(async () => {
  for (const one of opened.reverse()) await one.close();
  await emitter.close();
  await producer.close();
  await registry.close();
});

const registration = (member: string): CollectionEvent => ({
  specversion: '1.0',
  id: randomUUID(),
  source: 'demo-site',
  type: 'registration',
  time: new Date().toISOString(),
  policyversion: '2017-02-02',
  data: {
    subject: { member, email: `${member}@mail.example` },
    site: 'www.demo.example',
    noticeVersion: '2017-02-02',
    name: '架空 花子',
    email: `${member}@mail.example`,
    company: '架空商事',
  },
});

const newMember = () => `m-${randomUUID()}`;

/** A consumer in the name of a holder, with a group of its own, that keeps what it was given. */
async function guarded(
  purpose: 'membership' | 'service' = 'membership',
  { holder, keys } = { holder: 'crm', keys: crmKeys },
  { refuses, ...more }: { gate?: AskGate; refuses?: string; log?: Log } = {},
) {
  const seen: GuardedEvent[] = [];
  const running = await createGuardedConsumer({
    kafka,
    registry,
    keys,
    holder,
    purpose,
    categories: ['C1'],
    groupSuffix: `-${randomUUID()}`,
    handle: (events) => {
      seen.push(...events);
      return Promise.resolve(
        events.map(({ subject: { member = '' } }) =>
          member === refuses ? refused('too-long') : `profiles/${member}`,
        ),
      );
    },
    log,
    now,
    random: randomBytes,
    ...more,
  });
  consumers.push(running);
  const of = (member: string) => seen.filter(({ subject }) => subject['member'] === member);
  return { of };
}

async function reports(record: string, action: CopyReport['action']): Promise<CopyReport[]> {
  const mine = messages.filter(({ topic, key }) => topic === 'custody.copies' && key === record);
  const decoded = await registry.decodeAll(mine.map(({ value }) => value));
  return decoded
    .map((one) => copyReportSchema.parse((one as { value: unknown }).value))
    .filter((report) => report.action === action);
}

const eventually = (what: string, condition: () => Promise<boolean> | boolean) =>
  until(condition, { what, timeoutMs: 20_000 });

async function refOf(member: string): Promise<string> {
  const { results } = await lookup.lookup({ identifiers: [{ kind: 'member', value: member }] });
  return results[0]?.ref ?? '';
}

/** What `request` would publish. */
async function stand(ref: string, change: Partial<Standing>): Promise<void> {
  const standing: Standing = {
    ref,
    hiddenThrough: 0,
    erasedThrough: 0,
    suspended: [],
    request: 'test',
    at: now().toISOString(),
    ...change,
  };
  await producer.send([
    { topic: 'rights.standing', messages: [{ key: ref, value: Buffer.from(JSON.stringify(standing)) }] },
  ]);
}

/** The demo company's mail processor as its register has it, changed as an operator would. */
async function registerMailer(more: Partial<Holder> = {}): Promise<void> {
  const demo = JSON.parse(readFileSync(join(root, 'scripts', 'demo', 'holders.json'), 'utf8')) as Holder[];
  const mailer = demo.find(({ id }) => id === 'mailer');
  await callJson(
    { url: env('KEIRO_TRANSFER_URL'), token: env('KEIRO_TOKEN_OPERATOR') },
    { path: '/v1/holders', body: { ...mailer, ...more } },
    registeredAnswerSchema,
  );
}

describe('a guarded consumer', () => {
  it('yields the fields that its purpose covers, in order, and reports the copy with a sealed locator', async () => {
    const member = newMember();
    const event = registration(member);
    await emitter.emit(event);
    const consumer = await guarded();
    await eventually('the event arrives', () => consumer.of(member).length === 1);
    const [seen] = consumer.of(member);
    expect(seen).toMatchObject({
      type: 'registration',
      category: 'C1',
      generation: 1,
      readable: { noticeVersion: '2017-02-02' },
      subject: { member, email: `${member}@mail.example` },
      fields: { name: '架空 花子', company: '架空商事' },
    });
    if (seen === undefined) throw new Error('nothing seen');
    expect(seen.record).toBe(recordId({ ref: seen.ref, generation: 1 }, 'demo-site', event.id));

    await eventually('the copy is reported', async () => (await reports(seen.record, 'held')).length > 0);
    const [report] = await reports(seen.record, 'held');
    expect(report).toMatchObject({ holder: 'crm', ref: seen.ref, category: 'C1', purpose: 'membership' });
    expect(JSON.stringify(report)).not.toContain(member);
    const { results } = await crmKeys.release({
      holder: 'crm',
      purpose: 'membership',
      groups: [],
      lives: [{ ref: seen.ref, generation: 1 }],
    });
    const [released] = results;
    if (released?.state !== 'released') throw new Error('refused');
    const key = Buffer.from(released.keys['custody'] ?? '', 'base64');
    expect(open(key, report?.locator ?? '', locatorAssociated('crm', seen.record)).toString()).toBe(
      `profiles/${member}`,
    );
  });

  it('R5: keeps back what its person suspended, and delivers it on resume', async () => {
    const [suspended, other] = [newMember(), newMember()];
    await emitter.emit(registration(suspended));
    await emitter.emit(registration(other));
    const ref = await refOf(suspended);
    const consumer = await guarded();
    await eventually(
      'both arrive before',
      () => consumer.of(suspended).length + consumer.of(other).length === 2,
    );

    await stand(ref, { suspended: ['membership'] });
    await eventually('keys refuses', async () => {
      const { results } = await crmKeys.release({
        holder: 'crm',
        purpose: 'membership',
        groups: [],
        lives: [{ ref, generation: 1 }],
      });
      return results[0]?.state === 'refused' && results[0].reason === 'suspended';
    });
    const withheld = registration(suspended);
    await emitter.emit(withheld);
    await emitter.emit(registration(other));
    const record = recordId({ ref, generation: 1 }, 'demo-site', withheld.id);
    await eventually(
      'the withheld event is reported',
      async () => (await reports(record, 'withheld')).length === 1,
    );
    await eventually('the other person’s event arrives', () => consumer.of(other).length === 2);
    expect(consumer.of(suspended)).toHaveLength(1);

    await stand(ref, { suspended: [] });
    await eventually('it is delivered on resume', () =>
      consumer.of(suspended).some((one) => one.record === record),
    );
    await eventually('and reported as held', async () => (await reports(record, 'held')).length === 1);
  });

  it('delivers on resume what was withheld before a restart, and keeps back what is still suspended', async () => {
    const [one, two] = [newMember(), newMember()];
    await emitter.emitBatch([registration(one), registration(two)]);
    const refs = [await refOf(one), await refOf(two)];
    for (const ref of refs) await stand(ref, { suspended: ['all'] });
    const groupSuffix = `-${randomUUID()}`;
    const seen: string[] = [];
    const start = () =>
      createGuardedConsumer({
        kafka,
        registry,
        keys: crmKeys,
        holder: 'crm',
        purpose: 'membership',
        categories: ['C1'],
        groupSuffix,
        handle: (events) => {
          seen.push(...events.map(({ subject }) => subject['member'] ?? ''));
          return Promise.resolve(events.map(() => null));
        },
        log,
        now,
        random: randomBytes,
      });
    const first = await start();
    await eventually('both are withheld', () => withheldFor(refs).length >= 2);
    await first.close();
    await stand(refs[0] ?? '', { suspended: [] });
    const second = await start();
    await eventually('one is delivered', () => seen.includes(one));
    expect(seen).not.toContain(two);
    await second.close();
    await stand(refs[1] ?? '', { suspended: [] });
    const third = await start();
    await eventually('the other too', () => seen.includes(two));
    await third.close();
  });

  it('T1: keeps back everything once its contract has ended, keys at hand or not, and delivers it when it is mended', async () => {
    const keys = createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_MAILER') });
    const [known, fresh] = [newMember(), newMember()];
    await emitter.emit(registration(known));
    const consumer = await guarded('service', { holder: 'mailer', keys });
    await eventually('the event before arrives', () => consumer.of(known).length === 1);
    const ref = await refOf(known);

    await registerMailer({
      contract: { from: '2024-04-01', until: '2026-01-31', safetyClauses: true, subProcessing: 'none' },
    });
    try {
      await eventually('keys refuses', async () => {
        const { results } = await keys.release({
          holder: 'mailer',
          purpose: 'service',
          groups: [],
          lives: [{ ref, generation: 1 }],
        });
        return results[0]?.state === 'refused' && results[0].reason === 'lapsed';
      });
      // Of the first the consumer still has the keys.
      const withheld = [registration(known), registration(fresh)];
      await emitter.emitBatch(withheld);
      const records = [
        recordId({ ref, generation: 1 }, 'demo-site', withheld[0]?.id ?? ''),
        recordId({ ref: await refOf(fresh), generation: 1 }, 'demo-site', withheld[1]?.id ?? ''),
      ];
      for (const record of records)
        await eventually('it is reported as withheld', async () =>
          (await reports(record, 'withheld')).some(({ holder }) => holder === 'mailer'),
        );
      expect([consumer.of(known).length, consumer.of(fresh).length]).toEqual([1, 0]);

      await registerMailer();
      await eventually(
        'both are delivered',
        () => consumer.of(known).length === 2 && consumer.of(fresh).length === 1,
      );
      for (const record of records)
        await eventually('and reported as held', async () =>
          (await reports(record, 'held')).some(({ holder }) => holder === 'mailer'),
        );
    } finally {
      await registerMailer();
    }
  });

  it('R4: gives nothing of a person whose deletion is under way or done', async () => {
    const [gone, other] = [newMember(), newMember()];
    await emitter.emit(registration(gone));
    const ref = await refOf(gone);
    await stand(ref, { hiddenThrough: 1 });
    await emitter.emit(registration(other));
    const consumer = await guarded();
    await eventually('the other person’s event arrives', () => consumer.of(other).length === 1);
    expect(consumer.of(gone)).toHaveLength(0);
  });

  it('R4: keeps back what comes of a hidden person, delivers it when the deletion is taken back, and counts it once erased', async () => {
    const [back, gone] = [newMember(), newMember()];
    const events = [registration(back), registration(gone)];
    await emitter.emitBatch([registration(back), registration(gone)]);
    const refs = [await refOf(back), await refOf(gone)] as const;
    for (const ref of refs) await stand(ref, { hiddenThrough: 1 });
    const file = join(mkdtempSync(join(tmpdir(), 'keiro-guard-')), 'log');
    const consumer = await guarded('membership', undefined, { log: createLog('test-guard', 'info', file) });
    await emitter.emitBatch(events);
    const [toCome, never] = refs.map((ref, at) =>
      recordId({ ref, generation: 1 }, 'demo-site', events[at]?.id ?? ''),
    ) as [string, string];
    for (const record of [toCome, never])
      await eventually(
        'it is reported as withheld',
        async () => (await reports(record, 'withheld')).length > 0,
      );
    expect((await reports(toCome, 'withheld'))[0]?.position?.topic).toBe('collection.registration');
    expect([consumer.of(back).length, consumer.of(gone).length]).toEqual([0, 0]);

    await stand(refs[1], { hiddenThrough: 1, erasedThrough: 1, erasedAt: now().toISOString() });
    await stand(refs[0], { hiddenThrough: 0 });
    await eventually('what was taken back is delivered', () => consumer.of(back).length === 2);
    await eventually('and reported as held', async () => (await reports(toCome, 'held')).length === 1);
    await eventually('what was erased is counted', () => passedOverIn(file) === 2);
    expect(consumer.of(gone)).toHaveLength(0);
    expect(await reports(never, 'held')).toHaveLength(0);
  });

  it('quarantines a blob that was moved from another event, and goes on', async () => {
    const [victim, next] = [newMember(), newMember()];
    const event = registration(victim);
    const { offset, partition } = await emitter.emit(event);
    await eventually('the message is in the topic', () => messageAt(partition, offset) !== undefined);
    const original = messageAt(partition, offset);
    if (original === undefined) throw new Error('not read');
    // The same sealed groups under another event id.
    const id = randomUUID();
    await producer.send([
      {
        topic: 'collection.registration',
        messages: [
          {
            key: original.key ?? '',
            value: original.value,
            headers: { ...(original.headers as Record<string, string>), ce_id: id },
          },
        ],
      },
    ]);
    await emitter.emit(registration(next));
    const consumer = await guarded();
    await eventually(
      'the events around it arrive',
      () => consumer.of(victim).length === 1 && consumer.of(next).length === 1,
    );
    const record = recordId({ ref: await refOf(victim), generation: 1 }, 'demo-site', id);
    await eventually('it is in quarantine', () =>
      quarantined().some(
        (one) => one.record === record && one.reason === 'does-not-open' && one.by === 'crm',
      ),
    );
  });

  it('quarantines what its store says that it can’t take, and goes on', async () => {
    const [bad, next] = [newMember(), newMember()];
    const event = registration(bad);
    await emitter.emit(event);
    await emitter.emit(registration(next));
    const consumer = await guarded('membership', undefined, { refuses: bad });
    await eventually('the next one arrives', () => consumer.of(next).length === 1);
    const record = recordId({ ref: await refOf(bad), generation: 1 }, 'demo-site', event.id);
    await eventually('it is in quarantine', () =>
      quarantined().some((one) => one.record === record && one.reason === 'refused-by-holder'),
    );
    expect(() => refused('Sato Hanako')).toThrow('no value');
  });

  it('stops while its gate is closed, and goes on when it opens', async () => {
    let open = true;
    let closedLooks = 0;
    const gate: AskGate = (holder) => {
      if (!open) closedLooks += 1;
      return Promise.resolve({ holder, open, because: { ja: '復元中', en: 'restored' } });
    };
    const crm = await guarded('membership', undefined, { gate });
    const [before, after] = [newMember(), newMember()];
    await emitter.emit(registration(before));
    await eventually('what came before', () => crm.of(before).length === 1);
    open = false;
    await eventually('the answer to be over', async () => {
      await emitter.emit(registration(after));
      return closedLooks > 0;
    });
    const early = crm.of(after).length;
    const asked = closedLooks;
    await eventually('it to ask again', () => closedLooks > asked);
    expect(crm.of(after)).toHaveLength(early);
    open = true;
    await eventually('the rest', () => crm.of(after).length > early);
  });

  it('refuses to start for a purpose that is not its holder’s', async () => {
    const member = newMember();
    await emitter.emit(registration(member));
    await expect(
      createKeysClient({ url: keysUrl, token: env('KEIRO_TOKEN_BILLING') }).release({
        holder: 'crm',
        purpose: 'membership',
        groups: [],
        lives: [{ ref: await refOf(member), generation: 1 }],
      }),
    ).rejects.toThrow('403');
  });
});

/** Waiting events of erased persons that a consumer has counted in its log. */
function passedOverIn(file: string): number {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { topic?: string; events?: number })
    .reduce((sum, { topic, events = 0 }) => sum + (topic === 'custody.withheld' ? events : 0), 0);
}

const messageAt = (partition: number, offset: string) =>
  messages.find(
    (one) => one.topic === 'collection.registration' && one.partition === partition && one.offset === offset,
  );

/** Messages of other tests are there too, some of them no JSON on purpose: only crm's own are looked at. */
const quarantined = () =>
  messages
    .filter(({ topic, value }) => topic === 'quarantine' && value?.includes('"by":"crm"'))
    .map(({ value }) => quarantinedSchema.parse(JSON.parse(value?.toString() ?? '')));

/** Keys of the reports are record ids, which begin with the ref. */
const withheldFor = (refs: readonly string[]) =>
  messages.filter(
    ({ topic, key }) => topic === 'custody.copies' && refs.some((ref) => key?.startsWith(`${ref}#`)),
  );
