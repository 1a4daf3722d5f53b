import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileProvider } from '@keiro/keys/file-provider';
import { openKeks, type Keks } from '@keiro/keys/keks';
import { readKeyFile } from '@keiro/keys/key-file';
import { rewrapOnce } from '@keiro/keys/rewrap';
import { createKeyRings } from '@keiro/keys/rings';
import { openKeyStore, type KeyDocument } from '@keiro/keys/store';
import { openWrappedStore } from '@keiro/keys/wrapped-store';
import { callJson, connectMongo, createLog, until, type Mongo } from '@keiro/runtime';
import { kekStatusSchema, type Life } from '@keiro/schemas';
import { createKeysClient, groupAssociated, open, seal, sealKeyOf } from '@keiro/sdk';
import { Binary } from 'mongodb';
import { env } from '../builders/environment.ts';
import { keyFile } from '../builders/key-file.ts';
import { startKmsServer } from '../builders/kms-server.ts';
import { dump, restore } from '../builders/mongo-dump.ts';
import { keiro } from '../builders/program.ts';
import { runToEnd, startService, type ServiceProcess } from '../builders/service-process.ts';

const id = randomBytes(4).toString('hex');
const live = `test_kek_${id}`;
const [restored, withKms, small] = [`${live}_restored`, `${live}_kms`, `${live}_small`];
const log = createLog('test-kek', 'warn');
const file = keyFile();
const running: ServiceProcess[] = [];
let mongo: Mongo;

const variables = (database: string) => ({
  KEIRO_KEYS_DATABASE: database,
  KEIRO_KEY_FILE: file.path,
  KEIRO_STANDING_CHECK: 'off',
});
async function start(database: string): Promise<ServiceProcess> {
  const service = await startService('keys', variables(database));
  running.push(service);
  return service;
}
const clientOf = ({ url }: { url: string }, client: string) =>
  createKeysClient({ url, token: env(`KEIRO_TOKEN_${client}`) });
const statusOf = ({ url }: { url: string }) =>
  callJson({ url, token: env('KEIRO_TOKEN_OPERATOR') }, { method: 'GET', path: '/v1/kek' }, kekStatusSchema);

/** The command line as an operator types it, against one instance. */
async function kek({ url }: { url: string }, ...args: string[]) {
  const program = keiro(['kek', ...args], { env: { ...process.env, KEIRO_KEYS_URL: url } });
  return { code: await program.code, output: program.output() };
}

async function seen(service: ServiceProcess, members: number) {
  const time = new Date().toISOString();
  const identifiers = Array.from({ length: members }, () => ({
    kind: 'member' as const,
    value: `m-${randomUUID()}`,
    groups: ['C1.identity'],
    type: 'registration' as const,
    time,
  }));
  return (await clientOf(service, 'DEMO').seal({ source: 'demo-site', identifiers })).results;
}

const lifeOf = ({ ref, generation }: Life): Life => ({ ref, generation });

async function releasedBy(service: { url: string }, life: Life) {
  const { results } = await clientOf(service, 'CRM').release({
    holder: 'crm',
    purpose: 'membership',
    groups: ['C1.identity'],
    lives: [lifeOf(life)],
  });
  return results[0];
}

beforeAll(async () => {
  mongo = await connectMongo({ url: env('KEIRO_KEYS_MONGO_URL'), database: live, log });
});
afterAll(async () => {
  await Promise.all(running.map((service) => service.end()));
  for (const database of [live, restored, withKms, small]) await mongo.client.db(database).dropDatabase();
  await mongo.close();
  file.remove();
});

describe('rotation of the key-encryption key', () => {
  it('and the end of its epoch leave a backup from before a deletion that opens nothing, with any key there is', async () => {
    const [one, other] = await Promise.all([start(live), start(live)]);
    const [erased, staying, ...crowd] = await seen(one, 600);
    if (erased === undefined || staying === undefined) throw new Error('nobody');

    // What a person sent, as it lies in Kafka and in holders' backups.
    const event = { id: 'e-1', source: 'demo-site', type: 'registration' };
    const associated = groupAssociated(event, erased, 'C1.identity');
    const key = Buffer.from(erased.keys['C1.identity'] ?? '', 'base64');
    const blob = seal(key, Buffer.from('架空 花子'), associated, randomBytes(12));
    const opened = (answer: Awaited<ReturnType<typeof releasedBy>>): string => {
      if (answer?.state !== 'released') throw new Error('refused');
      const groupKey = Buffer.from(answer.keys['C1.identity'] ?? '', 'base64');
      return open(sealKeyOf(groupKey, 'demo-site'), blob, associated).toString();
    };
    await clientOf(one, 'REQUEST').prepareSweep('r-kept', [lifeOf(staying)]);

    const backup = await dump(mongo, live);
    const before = new Date();
    await clientOf(one, 'REQUEST').destroy('r-1', [lifeOf(erased)], new Date());

    const rotated = await kek(one, 'rotate', '--yes', '--wait');
    expect(rotated).toMatchObject({ code: 0, output: expect.stringContaining('包み直しが終わりました') });
    const status = await statusOf(other);
    expect(status).toMatchObject({
      active: 2,
      progress: { rewrapped: crowd.length + 2, unreadable: 0 },
      epochs: [
        { epoch: 1, state: 'retiring', documents: { keys: 0, sweeps: 0 }, waitingFor: ['backup'] },
        { epoch: 2, state: 'active', documents: { keys: crowd.length + 1, sweeps: 1 } },
      ],
      instances: [{ epoch: 2 }, { epoch: 2 }],
    });
    // The instance that did not rotate wraps under the new epoch too, and reads what was wrapped again.
    const [late] = await seen(other, 1);
    const keys = mongo.db.collection<KeyDocument>('keys');
    expect(await keys.findOne({ _id: late?.ref })).toMatchObject({ epoch: 2 });
    expect(await releasedBy(other, staying)).toMatchObject({ state: 'released' });
    expect(await keys.findOne({ _id: erased.ref })).toMatchObject({ wrapped: null, epoch: 1 });

    // Restored beside it, the backup still opens what was deleted: this is what has to end.
    await restore(mongo, restored, backup);
    const beside = await start(restored);
    expect(opened(await releasedBy(beside, erased))).toBe('架空 花子');
    await beside.end();

    const taken = (at: Date) => ['--backup-verified', 'B-2', '--taken-at', at.toISOString(), '--yes'];
    expect(await kek(one, 'retire', '1', ...taken(before))).toMatchObject({
      code: 1,
      output: expect.stringContaining('backup.takenAt is not after the last re-wrapping'),
    });
    expect(await kek(one, 'retire', '2', ...taken(new Date()))).toMatchObject({
      code: 1,
      output: expect.stringContaining('rotate first'),
    });
    expect(readKeyFile(file.path).keks.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const retired = await kek(one, 'retire', '1', ...taken(new Date()));
    expect(retired).toMatchObject({ code: 0, output: expect.stringContaining('世代を破棄しました') });
    expect(readKeyFile(file.path).keks.map(({ epoch }) => epoch)).toEqual([2]);
    expect((await statusOf(one)).lastVerifiedBackup).toMatchObject({ reference: 'B-2', by: 'operator' });

    const refused = await runToEnd('keys', variables(restored));
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('wrapped under epoch 1');
    const present = await openKeks(fileProvider(file.path, randomBytes), () => new Date());
    const rings = createKeyRings(openKeyStore(mongo.client.db(restored)), present);
    for (const { ref } of [erased, staying]) await expect(rings.load([ref])).rejects.toThrow('epoch 1');
    const old = await mongo.client.db(restored).collection<KeyDocument>('keys').findOne({ _id: erased.ref });
    const bytes = Buffer.from(old?.wrapped?.buffer ?? []);
    for (const { epoch } of readKeyFile(file.path).keks) {
      const owner = `${erased.ref}#1`;
      await expect(present.unwrap({ epoch, bytes }, owner)).rejects.toThrow('unable to authenticate');
    }

    // Whoever was not deleted is as before, for an instance that starts now too, and for one that knew the old key.
    const anew = await start(live);
    for (const service of [anew, other]) {
      expect(await releasedBy(service, staying)).toMatchObject({ state: 'released' });
      expect(await releasedBy(service, erased)).toEqual({ state: 'refused', reason: 'erased' });
    }
    expect((await clientOf(anew, 'ERASE').sweep('r-kept')).lives).toHaveLength(1);
  });

  it('is refused to those who answer people, and to those who open', async () => {
    const url = env('KEIRO_KEYS_URL');
    for (const client of ['COMPLIANCE', 'CRM', 'REQUEST']) {
      const answer = await fetch(`${url}/v1/kek`, {
        headers: { authorization: `Bearer ${env(`KEIRO_TOKEN_${client}`)}` },
      });
      expect([client, answer.status]).toEqual([client, 403]);
    }
  });

  it('waits for an instance that may still wrap under the old key', async () => {
    const [service] = running;
    if (service === undefined) throw new Error('none runs');
    const instances = mongo.db.collection<{ _id: string }>('kekInstances');
    const until15 = new Date(Date.now() + 15_000);
    await instances.insertOne({ _id: 'silent', epoch: 2, heardAt: new Date(), leaseUntil: until15 } as never);
    expect((await kek(service, 'rotate', '--yes')).code).toBe(0);
    await until(
      async () => {
        const { epochs, instances: alive } = await statusOf(service);
        const second = epochs.find(({ epoch }) => epoch === 2);
        const late = alive.filter(({ epoch }) => epoch === 2).map(({ instance }) => instance);
        return second?.documents.keys === 0 && late.join() === 'silent';
      },
      { what: 'all to be wrapped again but for one to acknowledge it', timeoutMs: 30_000 },
    );
    const args = ['--backup-verified', 'B-3', '--taken-at', new Date().toISOString(), '--yes'];
    const waited = (await statusOf(service)).epochs.find(({ epoch }) => epoch === 2)?.waitingFor;
    expect(waited?.at(0)).toBe('acknowledgement');
    expect(await kek(service, 'retire', '2', ...args)).toMatchObject({
      code: 1,
      output: expect.stringContaining('1 instances have not acknowledged'),
    });
    // What is not wrapped again for all can't be rotated on top of.
    expect(await kek(service, 'rotate', '--yes')).toMatchObject({
      code: 1,
      output: expect.stringContaining('still being wrapped again'),
    });
    await instances.deleteOne({ _id: 'silent' });
    await until(
      async () =>
        (await statusOf(service)).epochs.find(({ epoch }) => epoch === 2)?.waitingFor.join() === 'backup',
      { what: 'the end of the waiting', timeoutMs: 15_000 },
    );
  });
});

describe('AWS KMS', () => {
  it('takes over from the local file with the next rotation, and an instance started later opens all', async () => {
    const kms = await startKmsServer();
    const own = keyFile();
    try {
      const base = {
        KEIRO_KEYS_DATABASE: withKms,
        KEIRO_KEY_FILE: own.path,
        KEIRO_KEY_PROVIDER: 'aws-kms',
        KEIRO_STANDING_CHECK: 'off',
        KEIRO_KMS_ENDPOINT: kms.endpoint,
      };
      const nameless = await runToEnd('keys', base);
      expect(nameless).toMatchObject({ code: 1, output: expect.stringContaining('needs KEIRO_KMS_KEY_ID') });
      const provided = { ...base, KEIRO_KMS_KEY_ID: await kms.makeKey() };
      const first = await startService('keys', provided);
      running.push(first);
      const [before] = await seen(first, 1);
      expect(await kek(first, 'rotate', '--yes', '--wait')).toMatchObject({ code: 0 });
      const [after] = await seen(first, 1);
      await first.end();
      expect(readKeyFile(own.path).keks.map((entry) => [entry.epoch, 'kms' in entry])).toEqual([
        [1, false],
        [2, true],
      ]);
      const later = await startService('keys', provided);
      running.push(later);
      for (const one of [before, after]) {
        if (one === undefined) throw new Error('nobody');
        expect(await releasedBy(later, one)).toMatchObject({ state: 'released' });
      }
      expect(await statusOf(later)).toMatchObject({ provider: 'aws-kms', active: 2 });
      await later.end();
    } finally {
      own.remove();
      await kms.close();
    }
  }, 240_000);
});

describe('wrapping again', () => {
  let keks: Keks;
  const makers = {
    key: (ref: string, wrapped: Buffer) => ({
      _id: ref,
      generation: 1,
      epoch: 1,
      wrapped: new Binary(wrapped),
      identifier: null,
      createdAt: new Date(),
      erasedThrough: 0,
    }),
  };

  it('goes on where it was cut off, and never brings back what was destroyed or renewed meanwhile', async () => {
    const own = keyFile([1, 2]);
    try {
      keks = await openKeks(fileProvider(own.path, randomBytes), () => new Date(0));
      keks.grant(1);
      keks.use(1);
      const db = mongo.client.db(small);
      const keys = db.collection<KeyDocument>('keys');
      const refs = Array.from({ length: 1200 }, () => `member.${randomBytes(24).toString('base64url')}`);
      const make = (ref: string) =>
        keks.wrapping((wrap) =>
          Promise.resolve(makers.key(ref, wrap(randomBytes(32), `${ref}#1`, randomBytes(12)).bytes)),
        );
      await keys.insertMany(await Promise.all(refs.map(make)));
      keks.use(2);

      const wrapped = openWrappedStore(db);
      const [first] = await collect(wrapped.olderThan(2, 3));
      const [gone, renewed, kept] = first?.keys ?? [];
      if (gone === undefined || renewed === undefined || kept === undefined) throw new Error('too few');
      await keys.updateOne({ _id: gone.id }, { $set: { wrapped: null } });
      const anew = new Binary(randomBytes(60));
      await keys.updateOne({ _id: renewed.id }, { $set: { generation: 2, wrapped: anew } });
      const after = { epoch: 2, bytes: randomBytes(60) };
      const changes = [gone, renewed, { ...kept, id: 'member.nobody' }].map((before) => ({ before, after }));
      expect(await wrapped.replace('keys', changes)).toBe(0);
      expect(await keys.findOne({ _id: gone.id })).toMatchObject({ wrapped: null, epoch: 1 });
      expect(await keys.countDocuments()).toBe(1200);
      // That one was no real key: it must hold up the end, not the pass.
      const deps = { keks, wrapped, random: randomBytes, log: createLog('test-kek', 'fatal') };
      expect(await rewrapOnce({ ...deps, goOn: () => Promise.resolve(false) })).toBeUndefined();
      const half = await wrapped.counts();
      expect([half.get(1)?.keys, half.get(2)?.keys]).toEqual([700, 499]);
      expect(await rewrapOnce({ ...deps, goOn: () => Promise.resolve(true) })).toEqual({ unreadable: 1 });
      const all = await wrapped.counts();
      expect([all.get(1)?.keys, all.get(2)?.keys]).toEqual([1, 1198]);
    } finally {
      own.remove();
    }
  });
});

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

/** Every document of a database, as a dump has them. */
