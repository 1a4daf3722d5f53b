import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeyDocument } from '@keiro/keys/store';
import { connectKafka, connectMongo, createLog, type Mongo, type Producer } from '@keiro/runtime';
import type { Life, Standing } from '@keiro/schemas';
import { createKeysClient, groupAssociated, open, seal, sealKeyOf } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import { dump, restore } from '../builders/mongo-dump.ts';
import { runToEnd, startService, type ServiceProcess } from '../builders/service-process.ts';

/* A backup of the keys database from before a deletion, restored in place. */

const database = `test_keys_restored_${randomBytes(4).toString('hex')}`;
const log = createLog('test-keys-restored', 'warn');
const group = 'C1.identity';
const running: ServiceProcess[] = [];
let mongo: Mongo;
let producer: Producer;

beforeAll(async () => {
  mongo = await connectMongo({ url: env('KEIRO_KEYS_MONGO_URL'), database, log });
  const brokers = env('KEIRO_KAFKA_BROKERS').split(',');
  producer = await connectKafka({ brokers, clientId: 'test-keys-restored', log }).producer();
});
afterAll(async () => {
  await Promise.all(running.map((service) => service.end()));
  await mongo.db.dropDatabase();
  await Promise.all([mongo.close(), producer.close()]);
});

const variables = (check: 'check' | 'replay') => ({
  KEIRO_KEYS_DATABASE: database,
  KEIRO_STANDING_CHECK: check,
});
async function start(check: 'check' | 'replay'): Promise<ServiceProcess> {
  const service = await startService('keys', variables(check));
  running.push(service);
  return service;
}
const as = ({ url }: ServiceProcess, client: string) =>
  createKeysClient({ url, token: env(`KEIRO_TOKEN_${client}`) });

interface Somebody {
  readonly member: string;
  readonly life: Life;
  readonly blob: string;
}
const event = { id: 'e-1', source: 'demo-site', type: 'registration' as const };

async function asked(service: ServiceProcess, member: string) {
  const time = '2026-03-01T09:00:00+09:00';
  const identifiers = [{ kind: 'member' as const, value: member, groups: [group], type: event.type, time }];
  return (await as(service, 'DEMO').seal({ source: event.source, identifiers })).results[0];
}

async function somebody(service: ServiceProcess): Promise<Somebody> {
  const member = `m-${randomUUID()}`;
  const made = await asked(service, member);
  if (made?.state !== 'live') throw new Error('a new person has a key');
  const life = { ref: made.ref, generation: made.generation };
  const key = Buffer.from(made.keys[group] ?? '', 'base64');
  const associated = groupAssociated(event, life, group);
  return { member, life, blob: seal(key, Buffer.from('架空 花子'), associated, randomBytes(12)) };
}

/** The person's data, or why they do not open. */
async function read(service: ServiceProcess, { life, blob }: Somebody): Promise<string> {
  const request = { holder: 'crm', purpose: 'membership', groups: [group], lives: [life] };
  const [answer] = (await as(service, 'CRM').release(request)).results;
  if (answer?.state !== 'released') return answer?.reason ?? 'none';
  const key = sealKeyOf(Buffer.from(answer.keys[group] ?? '', 'base64'), event.source);
  return open(key, blob, groupAssociated(event, life, group)).toString();
}

/** What `request` publishes once a deletion is decided; the order to destroy comes after it. */
async function erased({ life }: Somebody, request: string): Promise<void> {
  const at = new Date().toISOString();
  const { ref, generation } = life;
  const through = { hiddenThrough: generation, erasedThrough: generation, erasedAt: at };
  const standing: Standing = { ref, ...through, suspended: [], request, at };
  await producer.send([
    { topic: 'rights.standing', messages: [{ key: ref, value: Buffer.from(JSON.stringify(standing)) }] },
  ]);
}

const keyOf = async ({ life }: Somebody) =>
  (await mongo.db.collection<KeyDocument>('keys').findOne({ _id: life.ref }))?.wrapped;

describe('a database of keys that is older than a deletion', () => {
  it('refuses to open; replayed, what had come back is destroyed before anything is released', async () => {
    // Replayed once, for what other tests have told of persons of theirs.
    let keys = await start('replay');
    const gone = await somebody(keys);
    const cutOff = await somebody(keys);
    const staying = await somebody(keys);
    const backup = await dump(mongo, database);
    const later = await somebody(keys);
    const request = `r-${randomUUID()}`;
    for (const one of [gone, later]) {
      await as(keys, 'REQUEST').prepareSweep(request, [one.life]);
      await erased(one, request);
      await as(keys, 'REQUEST').destroy(request, [one.life], new Date());
    }
    const unfinished = `r-${randomUUID()}`;
    await as(keys, 'REQUEST').prepareSweep(unfinished, [cutOff.life]);
    await keys.end();
    await erased(cutOff, unfinished);

    // A deletion that was under way when it ended is no sign of an old copy, and is finished.
    keys = await start('check');
    expect(await keyOf(cutOff)).toBeNull();
    expect(await read(keys, staying)).toBe('架空 花子');
    await keys.end();

    await restore(mongo, database, backup);
    expect(await keyOf(gone)).toBeTruthy();
    const refused = await runToEnd('keys', variables('check'));
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/of \d+ lives that rights\.standing calls erased/);
    expect(refused.output).toContain('set KEIRO_STANDING_CHECK=replay once');
    expect(await keyOf(gone)).toBeTruthy();

    keys = await start('replay');
    expect(await Promise.all([gone, cutOff, later].map(keyOf))).toEqual([null, null, null]);
    for (const one of [gone, cutOff, later]) expect(await read(keys, one)).toBe('erased');
    expect(await read(keys, staying)).toBe('架空 花子');
    // Of whom the backup never knew: no second first life, for what the person gave before the erasure.
    expect(await asked(keys, later.member)).toMatchObject({ state: 'erased', generation: 1 });
    expect(
      await mongo.db.collection('keyAudit').findOne({ action: 'standing-replayed' }, { sort: { at: -1 } }),
    ).toMatchObject({ kind: 'decision', detail: { destroyed: 2 } });
  }, 120_000);
});
