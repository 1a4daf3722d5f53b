import { assemble } from '@keiro/query/assemble';
import type { Loaded } from '@keiro/query/loaded';
import {
  recordId,
  shippedPolicies,
  type CopyDocument,
  type HolderDocument,
  type LineageAnswer,
  type LinkDocument,
  type RecordDocument,
  type Ref,
  type RefKind,
  type RequestDocument,
  type SnapshotDocument,
  type StandingDocument,
  type TaskDocument,
} from '@keiro/schemas';

/** Documents of the lineage store as their owners would write them, about nobody. */

/** A ref that reads like what it stands for. */
export const refOf = (kind: RefKind, name: string): Ref => `${kind}.${name.padEnd(32, '0').slice(0, 32)}`;

/** Minutes after a fixed moment. */
export const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 0, n));

export function recordOf(ref: Ref, id: string, more: Partial<RecordDocument> = {}): RecordDocument {
  const generation = more.generation ?? 1;
  const time = more.time ?? minute(0);
  return {
    _id: recordId({ ref, generation }, 'demo-site', id),
    ref,
    generation,
    refs: [{ ref, generation }],
    type: 'registration',
    category: 'C1',
    groups: [
      {
        group: 'C1.identity',
        purposes: ['membership', 'service'],
        rule: 'account',
        start: 'account-closed',
        cap: new Date(Date.UTC(2028, 2, 1)),
      },
    ],
    present: ['name', 'email'],
    scope: { kind: 'ours' },
    site: 'www.demo.example',
    source: 'demo-site',
    policy: '2017-02-02',
    time,
    taggedAt: time,
    position: { topic: 'collection.registration', partition: 1, offset: '42' },
    digest: 'd',
    ...more,
  };
}

export function factOf(
  record: RecordDocument,
  holder: string,
  action: CopyDocument['action'],
  at: Date,
): CopyDocument {
  return {
    _id: `${record._id}|${holder}|${action}`,
    holder,
    action,
    record: record._id,
    ref: record.ref,
    generation: record.generation,
    category: record.category,
    groups: ['C1.identity'],
    purpose: 'membership',
    at,
    reportedAt: at,
  };
}

export function snapshotOf(
  holder: string,
  store: string,
  watermark: Date,
  more: Partial<SnapshotDocument> = {},
): SnapshotDocument {
  const snapshot = more.snapshot ?? `s-${String(watermark.getUTCMinutes())}`;
  return {
    _id: `${holder}|${store}|${snapshot}`,
    holder,
    store,
    snapshot,
    watermark,
    takenAt: new Date(watermark.getTime() + 10_000),
    mutable: true,
    rows: 1,
    reportedAt: watermark,
    ...more,
  };
}

export function holderOf(id: string, more: Partial<HolderDocument> = {}): HolderDocument {
  return {
    _id: id,
    id,
    kind: 'store',
    name: { ja: `保管先${id}`, en: `Store ${id}` },
    country: 'JP',
    categories: ['C1'],
    purposes: ['membership'],
    basis: 'own',
    connector: { kind: 'http', url: { env: 'SOME_URL' } },
    registeredAt: minute(0),
    ...more,
  };
}

export function requestOf(id: string, more: Partial<RequestDocument> = {}): RequestDocument {
  return {
    _id: id,
    type: 'deletion',
    lives: [],
    ambiguous: [],
    purposes: [],
    ground: 'policy',
    state: 'carrying-out',
    receivedAt: minute(30),
    dueAt: new Date(Date.UTC(2026, 2, 15, 14, 59, 59)),
    steps: [{ step: 'accepted', at: minute(30), evidence: { tasks: 1 } }],
    by: 'compliance',
    ...more,
  };
}

export function taskOf(request: string, holder: string, more: Partial<TaskDocument> = {}): TaskDocument {
  return {
    _id: `${request}.${holder}`,
    request,
    holder,
    directive: 'erase',
    purposes: [],
    state: 'pending',
    attempt: 1,
    errors: [],
    createdAt: minute(31),
    ...more,
  };
}

/** A task whose holder proved at `at` that nothing is left. */
export const provenTask = (request: string, holder: string, at: Date): TaskDocument =>
  taskOf(request, holder, {
    state: 'done',
    receipt: { affected: 1, detail: { rows: 1 }, sweptAt: at, probe: { at, found: 0 } },
    doneAt: at,
  });

export function standingOf(ref: Ref, more: Partial<StandingDocument> = {}): StandingDocument {
  return {
    _id: ref,
    ref,
    hiddenThrough: 0,
    erasedThrough: 0,
    suspended: [],
    request: 'r-1',
    at: minute(30).toISOString(),
    ...more,
  };
}

/** A link as it is stored: both ways. */
export function linksOf(a: Ref, b: Ref): LinkDocument[] {
  const one = (from: Ref, to: Ref): LinkDocument => ({
    _id: `${from}|${to}`,
    from,
    to,
    record: 'r',
    at: minute(0),
  });
  return [one(a, b), one(b, a)];
}

/** What was read about a person of whom only the refs are known. */
export function loadedOf(refs: readonly Ref[], more: Partial<Loaded> = {}): Loaded {
  const records = more.records ?? [];
  const member = refs.find((ref) => ref.startsWith('member.'));
  return {
    person: { refs, ...(member === undefined ? {} : { member }), ambiguous: [], startIsAmbiguous: false },
    lives: refs.map((ref) => ({ ref, generation: 1, erasedThrough: 0 })),
    facts: [],
    records,
    hasMore: false,
    categories:
      records.length === 0
        ? []
        : [{ category: 'C1', records: records.length, first: minute(0), last: minute(0) }],
    copies: [],
    copyTotals: [],
    siteTotals: [],
    snapshots: [],
    snapshotsCut: false,
    holders: [],
    standings: [],
    requests: [],
    tasks: [],
    quarantined: {},
    review: [],
    namesClaimants: false,
    shared: 0,
    provisions: { provisions: [], lastAt: new Map() },
    progress: { tag: 0, transfer: 0 },
    ...more,
  };
}

/** The lineage of what was read, in the words of the policy that ships. */
export const lineageOf = (loaded: Loaded, asOf: Date): LineageAnswer =>
  assemble(loaded, shippedPolicies(), asOf);
