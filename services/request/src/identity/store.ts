import type { Db, Filter } from 'mongodb';
import { appendCarriedAudit, carrying, insertNew } from '@keiro/runtime';
import type { AuditEntry } from '@keiro/schemas';
import type { Check } from './check.ts';
import { dayMs, hourMs, limits, useWithin } from './limits.ts';

/** `identityChecks`, owner `request`: one per request, without a ref: it says how a check went, not of whom. */
export interface IdentityCheckDocument extends Omit<Check, 'request'> {
  /** The request's id. */
  readonly _id: string;
  /** Counts what was written: who read an older one writes nothing. */
  readonly version: number;
  /** Where the code that is taken now went to, so that tries count for it: an e-mail ref. Absent while it was sent to nobody. */
  readonly contact?: { readonly code: string; readonly of: string };
  readonly audit?: readonly AuditEntry[];
}

/** `identityUses`, owner `request`: how often a contact was written to and tried, and which session tokens were shown. */
interface IdentityUseDocument {
  /** `contact|<ref>` or `token|<digest>` */
  readonly _id: string;
  readonly version: number;
  readonly codes: readonly Date[];
  readonly tries: readonly Date[];
  /** From then on it says nothing any more. */
  readonly until: Date;
}

export interface Stored {
  readonly check: Check;
  /** 0: not stored yet. */
  readonly version: number;
  /** See {@link IdentityCheckDocument.contact}. */
  readonly contact?: string;
}

export interface IdentityStore {
  find(request: string): Promise<Stored | undefined>;
  findAll(requests: readonly string[]): Promise<Check[]>;
  /** False when somebody else has written meanwhile: read again and decide again. */
  save(check: Check, version: number, audit: readonly AuditEntry[]): Promise<boolean>;
  /** Keeps where a code went to, while it is the one that is taken. */
  keepContact(request: string, code: string, contact: string): Promise<void>;
  /** Counts one more use of a contact; false where that is one too many, which is counted nowhere. */
  useContact(contact: string, kind: 'codes' | 'tries', now: Date): Promise<boolean>;
  /** False when this token was shown before. */
  spendToken(token: string, until: Date): Promise<boolean>;
  /** What checks carry gets into the audit. */
  bringHome(request?: string): Promise<void>;
  forgetUses(now: Date): Promise<void>;
}

export function openIdentityStore(db: Db): IdentityStore {
  const checks = db.collection<IdentityCheckDocument>('identityChecks');
  const uses = db.collection<IdentityUseDocument>('identityUses');

  return {
    async find(request) {
      const found = await checks.findOne({ _id: request });
      if (found === null) return undefined;
      const { version, contact } = found;
      const check = checkOf(found);
      const isOfCode = contact !== undefined && contact.code === check.code?.id;
      return { check, version, ...(isOfCode ? { contact: contact.of } : {}) };
    },

    async findAll(requests) {
      return (await checks.find({ _id: { $in: [...requests] } }).toArray()).map(checkOf);
    },

    async save({ request, ...check }, version, audit) {
      if (version === 0) {
        const document = { _id: request, version: 1, ...check, audit };
        return (await insertNew(checks, [document])).length === 0;
      }
      const { code, end, lastCodeAt, ...always } = check;
      const optional = { code, end, lastCodeAt };
      const gone = Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [name] : []));
      const { matchedCount } = await checks.updateOne(
        { _id: request, version },
        {
          $set: { ...always, ...optional, version: version + 1 },
          ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map((name) => [name, ''])) }),
          ...carrying(audit),
        },
      );
      return matchedCount === 1;
    },

    async keepContact(request, code, contact) {
      await checks.updateOne({ _id: request, 'code.id': code }, { $set: { contact: { code, of: contact } } });
    },

    async useContact(contact, kind, now) {
      const { windowHours, ...most } = limits.perContact;
      const _id = `contact|${contact}`;
      for (;;) {
        const found = await uses.findOne({ _id });
        const used = useWithin(found?.[kind] ?? [], now, { most: most[kind], spanMs: windowHours * hourMs });
        if (used === undefined) return false;
        const until = new Date(now.getTime() + windowHours * hourMs);
        if (found === null) {
          const fresh = { _id, version: 1, codes: [], tries: [], until, [kind]: used };
          if ((await insertNew(uses, [fresh])).length === 0) return true;
        } else {
          const { matchedCount } = await uses.updateOne(
            { _id, version: found.version },
            { $set: { [kind]: used, until }, $inc: { version: 1 } },
          );
          if (matchedCount === 1) return true;
        }
      }
    },

    async spendToken(token, until) {
      const spent = { _id: `token|${token}`, version: 1, codes: [], tries: [], until };
      return (await insertNew(uses, [spent])).length === 0;
    },

    async bringHome(request) {
      const filter: Filter<IdentityCheckDocument> = request === undefined ? {} : { _id: request };
      await appendCarriedAudit(db, checks, filter);
    },

    async forgetUses(now) {
      // A day longer than they count, so that no clock that is a little behind takes a token twice.
      await uses.deleteMany({ until: { $lt: new Date(now.getTime() - dayMs) } });
    },
  };
}

function checkOf({
  _id,
  version: _version,
  contact: _contact,
  audit: _audit,
  ...check
}: IdentityCheckDocument): Check {
  return { request: _id, ...check };
}
