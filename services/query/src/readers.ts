import { route, type Route } from '@keiro/runtime';
import {
  readersAnswerSchema,
  readerView,
  type AcknowledgementDocument,
  type ReaderDocument,
  type ReaderView,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

/** Every reader that was ever seen, of topics and of databases: newest first. */
export async function loadReaders(db: Db): Promise<ReaderView[]> {
  const [groups, users, acknowledgements] = await Promise.all([
    db.collection<ReaderDocument>('readers').find().toArray(),
    db.collection<ReaderDocument>('databaseReaders').find().toArray(),
    db.collection<AcknowledgementDocument>('readerAcknowledgements').find().toArray(),
  ]);
  return [...groups, ...users]
    .sort((a, b) => b.firstSeen.getTime() - a.firstSeen.getTime())
    .map((reader) => readerView(reader, acknowledgements));
}

export const undeclaredOf = (readers: readonly ReaderView[]): number =>
  readers.filter(({ state }) => state === 'undeclared').length;

/** Who reads personal data without being on the register. */
export function readersRoutes({ db, now }: { db: Db; now: () => Date }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/readers',
      summary:
        'Readers of personal data that nobody registered, newest first; ?all=true for every one ever seen',
      right: 'lineage:read',
      answer: readersAnswerSchema,
      async handle({ query }) {
        const asOf = now().toISOString();
        const all = await loadReaders(db);
        const shown = all.filter(({ state }) => state === 'undeclared' || state === 'acknowledged');
        return { asOf, undeclared: undeclaredOf(all), readers: query['all'] === 'true' ? all : shown };
      },
    }),
  ];
}
