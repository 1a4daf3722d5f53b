import type { Db } from 'mongodb';
import {
  acknowledgementOf,
  reconcile,
  type AcknowledgementDocument,
  type AuditDocument,
  type AuditEntry,
  type ReaderDocument,
  type Sighting,
} from '@keiro/schemas';
import { toAuditDocument } from './audit.ts';
import type { Log } from './log.ts';
import { insertNew } from './mongo.ts';

/** A reader that is as it was is written again after this long. */
const freshMs = 30_000;

/** What one round of a watcher saw, written down; idempotent, so that two watchers do no harm to each other. */
export interface Readers {
  /** Answers how many of all that are known are undeclared and not acknowledged. */
  observe(
    sightings: readonly Sighting[],
    isWatched: (reader: ReaderDocument) => boolean,
    now: Date,
  ): Promise<number>;
}

/** `collection` is the watcher's own; `by` stands in the audit. */
export function openReaders(
  db: Db,
  { collection, by, log }: { collection: 'readers' | 'databaseReaders'; by: string; log: Log },
): Readers {
  const readers = db.collection<ReaderDocument>(collection);
  const audit = db.collection<AuditDocument>('audit');

  /** The entry goes first: after a crash in between it is there already, and the reader is still new. */
  async function alert(reader: ReaderDocument): Promise<boolean> {
    return (await insertNew(audit, [toAuditDocument(alertOf(reader, by))])).length === 0;
  }

  return {
    async observe(sightings, isWatched, now) {
      const all = await readers.find().toArray();
      const { appeared, changed } = reconcile(all.filter(isWatched), sightings, now, freshMs);
      const alarming = [
        ...appeared,
        ...changed.filter(({ before, after }) => before.state !== after.state).map(({ after }) => after),
      ].filter(({ state }) => state === 'undeclared');
      for (const reader of alarming) {
        if (!(await alert(reader))) continue;
        const { _id: id, kind, reads, lag, holder } = reader;
        log.warn({ reader: id, kind, reads, lag, holder }, 'an undeclared reader of personal data');
      }
      await insertNew(readers, appeared);
      // Whoever has seen the change before has written the same.
      for (const { before, after } of changed)
        await readers.replaceOne({ _id: before._id, state: before.state }, after);

      const acknowledged = await db
        .collection<AcknowledgementDocument>('readerAcknowledgements')
        .find()
        .toArray();
      const current = new Map(all.map((reader) => [reader._id, reader]));
      for (const reader of [...appeared, ...changed.map(({ after }) => after)])
        current.set(reader._id, reader);
      return [...current.values()].filter(
        (reader) => reader.state === 'undeclared' && acknowledgementOf(reader, acknowledged) === undefined,
      ).length;
    },
  };
}

/** A name that a stranger chose is not repeated: the id leads to it. */
function alertOf(reader: ReaderDocument, by: string): AuditEntry {
  const { _id: id, kind, holder, reads, history, superuser } = reader;
  return {
    // The change before tells this one from others, and is the same for whoever looks.
    _id: `${id}/undeclared/${history.at(-2)?.at.toISOString() ?? 'first'}`,
    at: reader.lastSeen,
    by,
    action: 'reader.undeclared',
    about: [id],
    detail: {
      kind,
      reads: [...reads],
      ...(holder === undefined ? {} : { holder }),
      ...(superuser === undefined ? {} : { superuser }),
    },
  };
}
