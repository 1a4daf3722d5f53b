import { insertNew, toAuditDocument } from '@keiro/runtime';
import type { AuditDocument, RequestDocument, TaskDocument, ViolationDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { Return } from './return.ts';

/** What `transfer` found at holders, and what is made of it. */
export interface ReturnStore {
  violation(id: string): Promise<ViolationDocument | null>;
  /** Open ones with a copy, but for these. */
  openViolations(known: ReadonlySet<string>): Promise<ViolationDocument[]>;
  /** Answers with the requests that are new. */
  create(returns: readonly Return[]): Promise<string[]>;
}

export function openReturnStore(db: Db): ReturnStore {
  const violations = db.collection<ViolationDocument>('violations');
  const openOnes = { closed: { $exists: false }, copy: { $exists: true } };
  return {
    violation: (id) => violations.findOne({ _id: id }),

    async openViolations(known) {
      const ids = await violations.find(openOnes, { projection: { _id: 1 } }).toArray();
      const unknown = ids.map(({ _id }) => _id).filter((id) => !known.has(id));
      const found: ViolationDocument[] = [];
      for (let from = 0; from < unknown.length; from += 500)
        found.push(...(await violations.find({ _id: { $in: unknown.slice(from, from + 500) } }).toArray()));
      return found;
    },

    // Without a transaction: the request comes last, and whoever finds no request does all of it again.
    async create(returns) {
      await insertNew(
        db.collection<AuditDocument>('audit'),
        returns.map(({ audit }) => toAuditDocument(audit)),
      );
      await insertNew(
        db.collection<TaskDocument>('tasks'),
        returns.map(({ task }) => task),
      );
      const requests = returns.map(({ request }) => request);
      const old = await insertNew(db.collection<RequestDocument>('requests'), requests);
      const known = new Set(old.map(({ _id }) => _id));
      return requests.map(({ _id }) => _id).filter((id) => !known.has(id));
    },
  };
}
