import { MongoClient, type Document } from 'mongodb';
import { env } from './environment.ts';
import { scanned, uniqueName, type TestStore } from './test-store.ts';

export async function mongodbStore(): Promise<TestStore> {
  const client = await new MongoClient(env('DEMO_MONGO_URL')).connect();
  const database = uniqueName();
  const people = client.db(database).collection<Document & { _id: string }>('people');
  await client.db(database).createCollection('people');
  return {
    config: {
      kind: 'mongodb',
      url: { env: 'DEMO_MONGO_URL' },
      database,
      collections: [
        {
          name: 'people',
          identifiers: { member: 'member', email: 'contact.emails' },
          locator: '_id',
          generation: 'generation',
          suspended: 'suspended',
          fields: { name: 'form.name', amount: 'amount' },
        },
      ],
    },
    settings: { DEMO_MONGO_URL: env('DEMO_MONGO_URL') },
    knows: { generations: true, suspension: true, locators: true, fields: true },
    async put(rows) {
      await people.insertMany(
        rows.map(({ id, member, email, generation, name, amount }) => ({
          _id: id,
          member,
          contact: { emails: [email] },
          generation,
          ...(name === undefined ? {} : { form: { name, from: 'shop' } }),
          ...(amount === undefined ? {} : { amount }),
        })),
      );
    },
    async clear() {
      await people.deleteMany({});
    },
    ids: async () => (await people.find().toArray()).map(({ _id }) => _id).sort(),
    scan: async () =>
      (await people.find().toArray()).map((one) =>
        scanned({ ...one, id: one._id, name: (one['form'] as Document | undefined)?.['name'] }),
      ),
    async take(ids) {
      await people.deleteMany({ _id: { $in: [...ids] } });
    },
    suspended: async () =>
      Object.fromEntries(
        (await people.find().toArray()).map((one) => [
          one._id,
          (one['suspended'] as string[] | undefined) ?? [],
        ]),
      ),
    async close() {
      await client.db(database).dropDatabase();
      await client.close();
    },
  };
}
