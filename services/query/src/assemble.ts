import {
  judge,
  keptView,
  kindOfRef,
  lifeKey,
  type LineageAnswer,
  type LineageGroup,
  type LineageRecord,
  type Life,
  type Person,
  type PipelineProgress,
  type Policies,
  type RecordDocument,
  type Ref,
  type RefState,
  type StandingDocument,
} from '@keiro/schemas';
import { copiesOf, type Erasure } from './copies.ts';
import { writeCursor } from './cursor.ts';
import { erasuresOf, isErasing, isProven, returnsOf } from './erasures.ts';
import { consentViews, factViews } from './facts.ts';
import { groupBy } from '@keiro/runtime/group-by';
import { groupReader, type GroupReader } from './groups.ts';
import { labelsFor } from './labels.ts';
import type { Loaded } from './loaded.ts';
import { notesOf } from './notes.ts';
import { remainsOf } from './provision-view.ts';
import { requestView } from './request-view.ts';
import { toSeries } from './snapshots.ts';
import { tagCopiesOf } from './tag-copies.ts';
import { holdersOf, transfersOf } from './transfers.ts';

/** The lineage of one person at one moment, in the words of the policy then. Pure: `asOf` is when reading began. */
export function assemble(loaded: Loaded, policies: Policies, asOf: Date): LineageAnswer {
  const { person } = loaded;
  const policy = policies.inForce(asOf);
  const standingOf = new Map(loaded.standings.map((standing) => [standing.ref, standing]));
  const erasureOf = erasuresOf(loaded.requests, loaded.tasks);
  const stateOf = statesBy(standingOf, erasureOf);
  const groupsOf = groupReader(loaded, policies, asOf);
  const records = recordsOf(loaded, groupsOf, stateOf, erasureOf, asOf);
  const categories = loaded.categories
    .toSorted((a, b) => (a.category < b.category ? -1 : 1))
    .map((one) => ({ ...one, first: one.first.toISOString(), last: one.last.toISOString() }));
  const transfers = transfersOf(loaded);
  const consents = consentViews(loaded.facts);
  const requests = loaded.requests
    .toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())
    .map((request) => requestView(request, loaded.tasks));
  const last = loaded.records.at(-1);
  const refs = refsOf(loaded, standingOf, stateOf);
  const answer = {
    asOf: asOf.toISOString(),
    person: {
      refs,
      ...(person.member === undefined ? {} : { member: person.member }),
      ambiguous: [...person.ambiguous],
    },
    standing: { ...overall(person, refs, standingOf), ...keptOf(loaded.requests) },
    categories,
    records,
    page: {
      total: categories.reduce((sum, one) => sum + one.records, 0),
      shown: records.length,
      ...(loaded.hasMore && last !== undefined ? { next: writeCursor(last) } : {}),
    },
    facts: factViews(loaded.facts),
    consents,
    review: loaded.review.map(({ ref, kind, members, others, since }) => ({
      ref,
      kind,
      members: members.length,
      others: others.length,
      since: since.toISOString(),
      ...(loaded.namesClaimants ? { claimants: [...members, ...others] } : {}),
    })),
    transfers,
    requests,
    quarantined: {
      total: Object.values(loaded.quarantined).reduce((sum, n) => sum + n, 0),
      byReason: { ...loaded.quarantined },
    },
    holders: holdersOf(loaded.holders, records, transfers, requests, consents),
    labels: labelsFor({ records, categories, transfers, consents }, policy),
    progress: loaded.progress,
  };
  return { ...answer, notes: notesOf(answer, loaded, asOf, remainsOf(loaded.provisions, policy)) };
}

/** The answer to an identifier that `keys` has never seen: nothing is held, which is an answer too (R1). */
export function assembleUnknown(progress: PipelineProgress, policies: Policies, asOf: Date): LineageAnswer {
  return assemble(
    {
      person: { refs: [], ambiguous: [], startIsAmbiguous: false },
      lives: [],
      facts: [],
      records: [],
      hasMore: false,
      categories: [],
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
      progress,
    },
    policies,
    asOf,
  );
}

type Standings = ReadonlyMap<Ref, StandingDocument>;
type StateOf = (life: Life, erasedThrough?: number) => RefState;

/** What standing and receipts say of a life, whatever the purpose: a suspension of one purpose shows too. */
function statesBy(standings: Standings, erasureOf: (life: Life) => Erasure | undefined): StateOf {
  return (life, erasedThrough = 0) => {
    const standing = standings.get(life.ref);
    const verdict =
      life.generation <= erasedThrough ? 'erased' : judge(standing, life.generation, { purpose: 'all' });
    if (verdict === 'erased') return isProven(erasureOf(life)) ? 'erased' : 'erasing';
    if (verdict !== 'open') return verdict;
    return standing !== undefined && isRestricted(standing) ? 'suspended' : 'live';
  };
}

const isRestricted = ({ suspended, withdrawn = [], denied = [], stopped = [] }: StandingDocument) =>
  suspended.length + withdrawn.length + denied.length + stopped.length > 0;

function recordsOf(
  loaded: Loaded,
  groupsOf: GroupReader,
  stateOf: StateOf,
  erasureOf: (life: Life) => Erasure | undefined,
  asOf: Date,
): LineageRecord[] {
  const factsOf = groupBy(loaded.copies, (fact) => fact.record);
  const series = toSeries(loaded.snapshots);
  const withReturns = returnsOf(loaded.tasks);
  const copiesAt = (record: RecordDocument, groups: readonly LineageGroup[]) => {
    const facts = factsOf.get(record._id) ?? [];
    const reported = new Set(facts.map(({ holder }) => holder));
    const erasure = erasureOf(record);
    return [
      ...copiesOf(facts, series, withReturns(record._id, erasure), asOf, record.kept !== undefined),
      ...tagCopiesOf(record, groups, loaded.holders, reported, erasure),
    ];
  };
  return loaded.records
    .map((record) => ({ record, groups: groupsOf(record) }))
    .map(({ record, groups }) => ({
      id: record._id,
      ref: record.ref,
      generation: record.generation,
      state: record.kept === undefined ? stateOf(record) : 'kept',
      type: record.type,
      category: record.category,
      time: record.time.toISOString(),
      ...(record.imported === undefined ? {} : { imported: record.imported }),
      taggedAt: record.taggedAt.toISOString(),
      policy: record.policy,
      source: record.source,
      site: record.site,
      scope: record.scope,
      present: [...record.present],
      ...(record.sensitive === undefined
        ? {}
        : { sensitive: { ...record.sensitive, kinds: [...record.sensitive.kinds] } }),
      groups,
      position: { ...record.position },
      copies: copiesAt(record, groups),
    }));
}

/** What deletions have left for a law, and that has not ended (R4). */
function keptOf(requests: Loaded['requests']): Pick<LineageAnswer['standing'], 'kept'> {
  const kept = requests
    .filter(
      ({ type, state, restErasedAt }) =>
        type === 'deletion' && isErasing(state) && restErasedAt === undefined,
    )
    .flatMap(({ _id, kept: groups = [] }) => keptView(groups).map((one) => ({ ...one, request: _id })));
  return kept.length === 0 ? {} : { kept };
}

type AnswerRef = LineageAnswer['person']['refs'][number];

const priority = ['member', 'email', 'phone', 'payer', 'cookie', 'device', 'unattributed'];

/** Each ref with its newest generation that anything knows of. */
function refsOf(loaded: Loaded, standings: Standings, stateOf: StateOf): AnswerRef[] {
  const generations = new Map<Ref, number>();
  const learn = ({ ref, generation }: Life) => {
    generations.set(ref, Math.max(generation, generations.get(ref) ?? 1));
  };
  loaded.lives.forEach(learn);
  for (const record of loaded.records) record.refs.forEach(learn);
  for (const request of loaded.requests) request.lives.forEach(learn);

  const erasedByKeys = new Map(loaded.lives.map(({ ref, erasedThrough }) => [ref, erasedThrough]));
  const describe = (ref: Ref, shared: boolean): AnswerRef => {
    const standing = standings.get(ref);
    const generation = generations.get(ref) ?? 1;
    const erasedThrough = Math.max(standing?.erasedThrough ?? 0, erasedByKeys.get(ref) ?? 0);
    return {
      ref,
      kind: kindOfRef(ref),
      generation,
      state: shared ? 'shared' : stateOf({ ref, generation }, erasedThrough),
      erasedThrough,
      suspended: [...(standing?.suspended ?? [])],
    };
  };
  const byPriority = (a: AnswerRef, b: AnswerRef) =>
    priority.indexOf(a.kind) - priority.indexOf(b.kind) || (lifeKey(a) < lifeKey(b) ? -1 : 1);
  return [
    ...loaded.person.refs.map((ref) => describe(ref, false)).sort(byPriority),
    ...loaded.person.ambiguous.map((ref) => describe(ref, true)).sort(byPriority),
  ];
}

/** Of the member where there is one; else the state that all refs share, else that of the first ref. */
function overall(
  person: Person,
  refs: readonly AnswerRef[],
  standings: Standings,
): LineageAnswer['standing'] {
  const leading = refs.find(({ ref }) => ref === person.member) ?? refs[0];
  if (leading === undefined) return { state: 'unknown', suspended: [], withdrawn: [], denied: [] };
  const standing = standings.get(leading.ref);
  return {
    state: leading.state,
    suspended: leading.suspended,
    withdrawn: [...(standing?.withdrawn ?? [])],
    denied: [...new Set([...(standing?.denied ?? []), ...(standing?.stopped ?? [])])],
    ...(standing === undefined ? {} : { request: standing.request, at: standing.at }),
    ...(standing?.erasedAt === undefined ? {} : { erasedAt: standing.erasedAt }),
  };
}
