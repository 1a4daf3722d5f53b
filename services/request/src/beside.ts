import { appendAudit, insertNew, toAuditDocument } from '@keiro/runtime';
import {
  taskDoneEntry,
  type AuditDocument,
  type OutboxDocument,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { ClientSession, Db } from 'mongodb';
import type { Documents } from './decide.ts';

/** What is written together with a change of a request, in one transaction. */
export type Beside = Partial<Pick<Documents, 'tasks' | 'standings' | 'outbox' | 'audit'>>;

/** Writes what goes together with a change of a request, in its transaction. */
export async function writeBeside(db: Db, beside: Beside, session: ClientSession): Promise<void> {
  const { standings = [], tasks = [], outbox = [], audit = [] } = beside;
  if (standings.length > 0) {
    await db.collection<StandingDocument>('standing').bulkWrite(
      standings.map((standing) => ({
        replaceOne: { filter: { _id: standing._id }, replacement: standing, upsert: true },
      })),
      { session },
    );
  }
  if (tasks.length > 0) await db.collection<TaskDocument>('tasks').insertMany([...tasks], { session });
  if (outbox.length > 0) await db.collection<OutboxDocument>('outbox').insertMany([...outbox], { session });
  if (audit.length > 0) await appendAudit(db, audit, session);
}

/** Appends to the audit what it lacks of what tasks did. */
export async function tellDone(db: Db, tasks: readonly TaskDocument[]): Promise<void> {
  const entries = tasks.flatMap((task) => taskDoneEntry(task) ?? []);
  if (entries.length === 0) return;
  const audit = db.collection<AuditDocument>('audit');
  const ids = entries.map(({ _id }) => _id);
  const found = await audit.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  const told = new Set(found.map(({ _id }) => _id));
  await insertNew(audit, entries.filter(({ _id }) => !told.has(_id)).map(toAuditDocument));
}
