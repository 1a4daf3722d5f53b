import { insertNew, toAuditDocument } from '@keiro/runtime';
import type { AuditDocument, RequestDocument, TaskDocument, ViolationDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { Return } from './return.ts';
import { openStates } from './store.ts';

/** What `transfer` found at holders, and what is made of it. */
export interface ReturnStore {
  violation(id: string): Promise<ViolationDocument | null>;
  /** Open ones with a copy, but for these; of each holder no more than its returns under way leave room for. */
  openViolations(known: ReadonlySet<string>, atOnce: number): Promise<ViolationDocument[]>;
  /** Answers with the requests that are new. */
  create(returns: readonly Return[]): Promise<string[]>;
}

export function openReturnStore(db: Db): ReturnStore {
  const violations = db.collection<ViolationDocument>('violations');
  const openOnes = { closed: { $exists: false }, copy: { $exists: true } };
  async function returnsByHolder(): Promise<Map<string, number>> {
    const groups = await db
      .collection<RequestDocument>('requests')
      .aggregate<{ _id: string; n: number }>([
        { $match: { state: { $in: [...openStates] }, type: 'return' } },
        { $group: { _id: '$returns.holder', n: { $sum: 1 } } },
      ])
      .toArray();
    return new Map(groups.map(({ _id, n }) => [_id, n]));
  }

  return {
    violation: (id) => violations.findOne({ _id: id }),

    async openViolations(known, atOnce) {
      const [all, underWay] = await Promise.all([
        violations.find(openOnes, { projection: { holder: 1 } }).toArray(),
        returnsByHolder(),
      ]);
      const unknown = withinRoom(
        all.filter(({ _id }) => !known.has(_id)),
        underWay,
        atOnce,
      );
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

/** Ids of the first of each holder, so that with those under way there are no more than `atOnce` of it. Pure. */
export function withinRoom(
  found: readonly { readonly _id: string; readonly holder: string }[],
  underWay: ReadonlyMap<string, number>,
  atOnce: number,
): string[] {
  const taken = new Map(underWay);
  return found.flatMap(({ _id, holder }) => {
    const n = taken.get(holder) ?? 0;
    if (n >= atOnce) return [];
    taken.set(holder, n + 1);
    return [_id];
  });
}
