import { appendAudit, ProblemError, route, type Mongo, type Route } from '@keiro/runtime';
import {
  acknowledgementId,
  acknowledgementOf,
  acknowledgeSchema,
  readerView,
  readerViewSchema,
  type Acknowledge,
  type AcknowledgementDocument,
  type ReaderDocument,
  type ReaderView,
} from '@keiro/schemas';

/** What an operator says of a reader that nobody registered, of a topic or of a database. */
export function readerRoutes({ mongo, now }: { mongo: Mongo; now: () => Date }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/readers/:id/acknowledge',
      summary:
        'An operator knows of this reader: it stays undeclared and visible, and alarms again once it reads more',
      right: 'readers:manage',
      body: acknowledgeSchema,
      answer: readerViewSchema,
      handle: ({ params, body, client }) => acknowledge(mongo, params['id'] ?? '', body, client.name, now()),
    }),
  ];
}

async function acknowledge(
  mongo: Mongo,
  id: string,
  { reason, note }: Acknowledge,
  by: string,
  at: Date,
): Promise<ReaderView> {
  const { db } = mongo;
  const find = (collection: string) => db.collection<ReaderDocument>(collection).findOne({ _id: id });
  const reader = (await find('readers')) ?? (await find('databaseReaders'));
  if (reader === null) throw new ProblemError(404, 'unknown-reader', 'no reader with this id was ever seen');
  if (reader.state !== 'undeclared')
    throw new ProblemError(
      409,
      'not-undeclared',
      `this reader is ${reader.state}: there is nothing to acknowledge`,
    );

  const all = db.collection<AcknowledgementDocument>('readerAcknowledgements');
  const before = await all.find({ reader: id }).toArray();
  if (acknowledgementOf(reader, before) !== undefined) return readerView(reader, before);
  const made: AcknowledgementDocument = {
    _id: acknowledgementId(id, reader.reads),
    reader: id,
    reads: reader.reads,
    reason,
    ...(note === undefined ? {} : { note }),
    by,
    at,
  };
  await mongo.transaction(async (session) => {
    await all.insertOne(made, { session });
    const detail = {
      kind: reader.kind,
      reads: [...reader.reads],
      reason,
      ...(note === undefined ? {} : { note }),
    };
    const entry = {
      _id: `${made._id}/acknowledged`,
      at,
      by,
      action: 'reader.acknowledged',
      about: [id],
      detail,
    };
    await appendAudit(db, [entry], session);
  });
  return readerView(reader, [made]);
}
