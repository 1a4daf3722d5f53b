import { randomBytes, randomUUID } from 'node:crypto';
import { createDirectiveChannel } from '@keiro/erase/directive-channel';
import { connectKafka, createLog } from '@keiro/runtime';
import { createKeysClient, receiveDirectives, type Directive, type DirectiveHandlers } from '@keiro/sdk';
import { MongoClient, type Document, type Filter } from 'mongodb';
import { env } from './environment.ts';
import { scanned, type TestStore } from './test-store.ts';

const holder = 'crm';
const log = createLog('test-directives', 'silent');

/** Answers that were refused because nothing proved them. */
export type DirectiveStore = TestStore & { readonly forged: readonly string[] };

/**
 * A service that owns its store: nobody but itself knows where the rows are. It is told by directives on the real
 * topics, under the key of a request that the keys service really knows.
 */
export async function directiveStore(
  change: (handlers: DirectiveHandlers) => DirectiveHandlers = (same) => same,
  patienceSeconds = 20,
): Promise<DirectiveStore> {
  const client = await new MongoClient(env('DEMO_MONGO_URL')).connect();
  const database = `test_${randomBytes(6).toString('hex')}`;
  const people = client.db(database).collection<Document & { _id: string }>('people');
  await client.db(database).createCollection('people');
  const theirs = ({ lives, locators, newestGeneration }: Directive): Filter<Document & { _id: string }> => ({
    generation: { $lte: newestGeneration },
    $or: [
      { _id: { $in: [...locators] } },
      ...(['member', 'email'] as const).map((kind) => ({
        [kind]: { $in: lives.flatMap((life) => (life.kind === kind ? [life.value] : [])) },
      })),
    ],
  });

  const kafka = connectKafka({
    brokers: env('KEIRO_KAFKA_BROKERS').split(','),
    clientId: `test-${database}`,
    log,
  });
  const groupSuffix = `-${database.replaceAll('_', '-')}`;
  const admin = await kafka.admin();
  await admin.setCommitted(
    `keiro.directives.${holder}${groupSuffix}`,
    await admin.endOffsets(['rights.directives']),
  );
  await admin.close();
  const receiver = await receiveDirectives({
    kafka,
    keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CRM') }),
    holder,
    handlers: change({
      erase: async (directive) => ({ people: (await people.deleteMany(theirs(directive))).deletedCount }),
      probe: (directive) =>
        people.countDocuments({
          $and: [
            theirs(directive),
            directive.keep === undefined ? {} : { $or: [{ member: { $ne: null } }, { amount: null }] },
          ],
        }),
      flag: async (directive) => {
        const wrong = { ...theirs(directive), suspended: { $ne: [...directive.purposes] } };
        const { modifiedCount } = await people.updateMany(wrong, {
          $set: { suspended: [...directive.purposes] },
        });
        return { people: modifiedCount };
      },
      async narrow(directive, keep) {
        const kept = keep.filter((field) => field === 'amount');
        const keeping = Object.fromEntries(kept.map((field) => [field, { $ne: null }]));
        const $unset = { member: '', email: '', name: '', ...(kept.length === 0 ? { amount: '' } : {}) };
        const rows = await people.countDocuments({ $and: [theirs(directive), keeping] });
        const { modifiedCount } = await people.updateMany({ $and: [theirs(directive), keeping] }, { $unset });
        const without = await people.deleteMany({ $and: [theirs(directive), { amount: null }] });
        return {
          affected: { people: modifiedCount + without.deletedCount },
          remains: [{ place: 'people', why: 'kept', columns: kept, rows }],
        };
      },
      async correct(directive, changes) {
        const known = changes.filter(({ field }) => field === 'name' || field === 'amount');
        const values = Object.fromEntries(known.map(({ field, value }) => [field, value]));
        const wrong = {
          $and: [theirs(directive), { $or: known.map(({ field, value }) => ({ [field]: { $ne: value } })) }],
        };
        const missing = changes.flatMap(({ field }) => (field in values ? [] : [field]));
        if (known.length === 0) return { affected: { people: 0 }, differing: 0, missing };
        const { modifiedCount } = await people.updateMany(wrong, { $set: values });
        return {
          affected: { people: modifiedCount },
          differing: await people.countDocuments(wrong),
          missing,
        };
      },
      async export(directive, { after = '', limit }) {
        const page = await people
          .find({ $and: [theirs(directive), { _id: { $gt: after } }] })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
        const last = page.at(-1)?._id;
        return {
          items: page.map((one) => ({ place: 'people', locator: one._id, fields: { ...one } })),
          ...(page.length < limit || last === undefined ? {} : { next: last }),
        };
      },
    }),
    log,
    now: () => new Date(),
    groupSuffix,
  });
  const forged: string[] = [];
  const channel = createDirectiveChannel({ kafka, log, onForged: (who) => forged.push(who) });
  const { request, directiveKey } = await openRequest();
  return {
    config: { kind: 'directive', patienceSeconds },
    settings: {},
    knows: { generations: true, suspension: true, locators: true, fields: true },
    directives: { channel, now: () => new Date(), random: randomBytes },
    bound: { request, holder, directiveKey },
    forged,
    async put(rows) {
      await people.insertMany(rows.map(({ id, ...row }) => ({ _id: id, ...row, suspended: [] })));
    },
    ids: async () => (await people.find().toArray()).map(({ _id }) => _id).sort(),
    scan: async () => (await people.find().toArray()).map((one) => scanned({ ...one, id: one._id })),
    async clear() {
      await people.deleteMany({});
    },
    async take(ids) {
      await people.deleteMany({ _id: { $in: [...ids] } });
    },
    suspended: async () =>
      Object.fromEntries(
        (await people.find().toArray()).map((one) => [one._id, one['suspended'] as string[]]),
      ),
    async close() {
      await channel.close();
      await receiver.close();
      await client.db(database).dropDatabase();
      await client.close();
    },
  };
}

/** A request that has prepared its sweep, as far as the keys service is concerned. */
async function openRequest(): Promise<{ request: string; directiveKey: Buffer }> {
  const as = (client: string) =>
    createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
  const { results } = await as('DEMO').seal({
    source: 'demo-site',
    identifiers: [
      {
        kind: 'member',
        value: `m-${randomUUID()}`,
        groups: [],
        type: 'registration',
        time: new Date().toISOString(),
      },
    ],
  });
  const request = `req-${randomBytes(12).toString('hex')}`;
  await as('REQUEST').prepareSweep(
    request,
    results.map(({ ref, generation }) => ({ ref, generation })),
  );
  const { directiveKey } = await as('ERASE').sweep(request, holder);
  if (directiveKey === undefined) throw new Error('keys gave no key for directives');
  return { request, directiveKey: Buffer.from(directiveKey, 'base64') };
}
