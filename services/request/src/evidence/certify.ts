import {
  certificateId,
  digestOf,
  keptView,
  receiptTree,
  type Certificate,
  type CertificateContent,
  type CertificateReceipt,
  type CertifiedReceipt,
  type HeldSnapshot,
  type KeptGroupView,
  type Holder,
  type Receipt,
  type RequestDocument,
  type SnapshotDocument,
  type SupersedingReason,
  type TaskDocument,
} from '@keiro/schemas';

export interface Proven {
  readonly request: RequestDocument;
  readonly tasks: readonly TaskDocument[];
  readonly holders: ReadonlyMap<string, Pick<Holder, 'name' | 'kind' | 'country'>>;
  readonly snapshots: readonly SnapshotDocument[];
  /** Since when a store is known to have held something of the person; undefined where it reported nothing. */
  readonly heldSince: (store: string) => Date | undefined;
  readonly sealedIn: CertificateContent['sealedIn'];
  /** The certificate before, where the request was reopened since. */
  readonly before?: { readonly certificate: Certificate; readonly because: SupersedingReason };
}

/** Why there is no certificate, by holder. */
export interface Withheld {
  readonly holder: string;
  readonly why: 'not-answered' | 'failed' | 'no-probe' | 'probe-found';
}

export type Certified =
  | { readonly content: CertificateContent; readonly receipts: readonly CertificateReceipt[] }
  | { readonly withheld: readonly Withheld[] };

/**
 * The certificate of a request that has ended, unsigned. There is none while a holder has not answered or has failed, or
 * while a probe of what is called erased is missing or found something (invariant 5). Pure.
 */
export function certify(proven: Proven, issuedAt: Date): Certified {
  const { request, tasks } = proven;
  const carriedOut = endOf(request) === 'done';
  const withheld = carriedOut ? tasks.flatMap(reasonAgainst) : [];
  if (withheld.length > 0) return { withheld: withheld.toSorted(byHolder) };
  const receipts = (carriedOut ? tasks : [])
    .flatMap((task) => receiptOf(task, proven.holders) ?? [])
    .toSorted(byHolder);
  const tree = receiptTree(receipts);
  const snapshots = request.type === 'deletion' && carriedOut ? snapshotsOf(proven, issuedAt) : [];
  const kept = carriedOut && request.type === 'deletion' ? keptView(request.kept ?? []) : [];
  const doneAt = request.doneAt ?? issuedAt;
  return {
    content: {
      format: 'keiro-certificate/1',
      ...numberOf(request._id, proven.before),
      request: request._id,
      type: request.type,
      ground: request.ground,
      purposes: [...request.purposes],
      receivedAt: request.receivedAt.toISOString(),
      dueAt: request.dueAt.toISOString(),
      doneAt: doneAt.toISOString(),
      inTime: firstDone(request, doneAt) <= request.dueAt,
      issuedAt: issuedAt.toISOString(),
      identifiers: request.lives.length,
      shared: request.ambiguous.length,
      outcome: outcomeOf(request, receipts, snapshots, kept),
      snapshots,
      ...untilOf(snapshots),
      ...(carriedOut ? keyBackupsOf(request) : {}),
      ...(kept.length === 0 ? {} : { kept }),
      receipts: { count: receipts.length, root: tree.root },
      sealedIn: proven.sealedIn,
    },
    receipts: tree.receipts,
  };
}

/**
 * The certificate that closes another, once the last of its snapshots has ended; `until` while one has not, as it is
 * reported now. Receipts are the same. Pure.
 */
export function closing(
  certificate: Certificate,
  snapshots: readonly SnapshotDocument[],
  sealedIn: CertificateContent['sealedIn'],
  now: Date,
): CertificateContent | { readonly until: Date | undefined } {
  const { content: first } = certificate;
  const left = first.snapshots
    .map(({ holder, store, snapshot }) =>
      snapshots.find(({ _id }) => _id === `${holder}|${store}|${snapshot}`),
    )
    .filter((one) => one !== undefined)
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  if (left.length > 0) {
    const ends = left.map(({ expiresAt }) => expiresAt);
    return { until: ends.includes(undefined) ? undefined : latest(ends.filter((end) => end !== undefined)) };
  }
  const { snapshotsUntil: _, ...rest } = first;
  return {
    ...rest,
    ...numberOf(first.request, { certificate, because: 'snapshots-ended' }),
    closes: first.id,
    issuedAt: now.toISOString(),
    outcome: first.outcome === 'erased-snapshots' ? 'erased' : first.outcome,
    snapshots: [],
    sealedIn,
  };
}

/** The first of a request, or the one that follows another and names it. */
export function numberOf(
  request: string,
  before: Proven['before'],
): Pick<CertificateContent, 'id' | 'number' | 'supersedes'> {
  if (before === undefined) return { id: certificateId(request, 1), number: 1 };
  const { certificate, because } = before;
  const number = certificate.content.number + 1;
  const supersedes = { id: certificate.content.id, digest: digestOf(certificate), because };
  return { id: certificateId(request, number), number, supersedes };
}

/** R7: what a holder got again afterwards is another matter than whether the request was carried out in time. */
const firstDone = ({ steps }: RequestDocument, doneAt: Date): Date =>
  steps.find(({ step }) => step === 'done')?.at ?? doneAt;

/** When backups end that still hold the keys that were destroyed, wrapped (invariant 5). */
function keyBackupsOf({ steps }: RequestDocument): Pick<CertificateContent, 'keyBackupsUntil'> {
  const end = steps.findLast(({ step }) => step === 'shredded')?.evidence['backupsEnd'];
  return typeof end === 'string' ? { keyBackupsUntil: end } : {};
}

/** How a request ended, whatever further ends there are. */
const endOf = ({ state, steps }: RequestDocument): string =>
  steps.some(({ step }) => step === 'overtaken') ? 'ended' : state;

function reasonAgainst({ holder, state, directive, receipt }: TaskDocument): Withheld[] {
  if (state === 'failed') return [{ holder, why: 'failed' }];
  if (state !== 'done' || receipt === undefined) return [{ holder, why: 'not-answered' }];
  if (directive !== 'erase') return [];
  if (receipt.probe === undefined) return receipt.told === undefined ? [{ holder, why: 'no-probe' }] : [];
  return receipt.probe.found > 0 ? [{ holder, why: 'probe-found' }] : [];
}

function receiptOf(task: TaskDocument, holders: Proven['holders']): CertifiedReceipt | undefined {
  const { holder, directive, receipt, doneAt } = task;
  if (receipt === undefined || doneAt === undefined) return undefined;
  const { sweptAt, probe, told, unsupported } = receipt;
  const remains = remainsOf(receipt);
  const known = holders.get(holder);
  return {
    holder,
    name: known === undefined ? { ja: holder, en: holder } : { ja: known.name.ja, en: known.name.en },
    kind: known?.kind ?? 'unknown',
    country: known?.country ?? '',
    directive,
    outcome: receiptOutcome(task),
    affected: receipt.affected,
    ...(receipt.unanswered === undefined ? {} : { unanswered: receipt.unanswered }),
    places: { ...receipt.detail },
    attempts: task.attempt,
    ...(sweptAt === undefined ? {} : { sweptAt: sweptAt.toISOString() }),
    ...(probe === undefined ? {} : { probe: { at: probe.at.toISOString(), found: probe.found } }),
    ...(told === undefined ? {} : { told: { at: told.at.toISOString(), identifiers: told.identifiers } }),
    ...(remains.length === 0 ? {} : { remains }),
    ...(unsupported === undefined ? {} : { unsupported }),
    doneAt: doneAt.toISOString(),
  };
}

/** What a holder left on purpose. */
const remainsOf = ({ remains = [] }: Receipt) =>
  remains.filter(({ rows }) => rows > 0).map(({ place, why, rows }) => ({ place, why, rows }));

function receiptOutcome({ directive, receipt }: TaskDocument): CertifiedReceipt['outcome'] {
  if (receipt?.told !== undefined) return 'told';
  if (receipt !== undefined && remainsOf(receipt).length > 0) return 'remains';
  if (directive === 'erase') return (receipt?.affected ?? 0) > 0 ? 'erased' : 'nothing-held';
  if (receipt?.unsupported !== undefined) return 'unsupported';
  if (directive === 'correct') return 'corrected';
  return directive === 'export' ? 'exported' : 'flagged';
}

function outcomeOf(
  request: RequestDocument,
  receipts: readonly CertifiedReceipt[],
  snapshots: readonly HeldSnapshot[],
  kept: readonly KeptGroupView[],
): CertificateContent['outcome'] {
  const end = endOf(request);
  if (end === 'refused' || end === 'withdrawn' || end === 'ended') return end;
  if (request.type === 'return') return 'returned';
  if (request.type !== 'deletion') return isStanding(request) ? 'in-force' : 'answered';
  return outcomeOfErasure(receipts, snapshots, kept);
}

/** What an erasure came to. Pseudonymised, or kept for a law, is not erased. Pure. */
export function outcomeOfErasure(
  receipts: readonly CertifiedReceipt[],
  snapshots: readonly HeldSnapshot[],
  kept: readonly KeptGroupView[],
): 'told' | 'remains' | 'erased-kept' | 'erased-snapshots' | 'erased' {
  if (receipts.length > 0 && receipts.every(({ outcome }) => outcome === 'told')) return 'told';
  const left = receipts.flatMap(({ remains = [] }) => remains);
  if (left.some(({ why }) => kept.length === 0 || why !== 'kept')) return 'remains';
  if (kept.length > 0) return 'erased-kept';
  return snapshots.length > 0 ? 'erased-snapshots' : 'erased';
}

/** What changes how the person's data may be used from then on; the others are answered. */
const isStanding = ({ type }: RequestDocument): boolean =>
  type === 'suspension' || type === 'resume' || type === 'third-party-denial';

/** Images taken while a store held something of the person, which nobody can change and which have not ended. */
function snapshotsOf({ tasks, snapshots, heldSince }: Proven, now: Date): HeldSnapshot[] {
  const byHolderId = new Map(tasks.map((task) => [task.holder, task.receipt]));
  return snapshotsAfter(
    {
      snapshots,
      // What it held and never reported was there for nobody knows how long.
      heldSince: (store) =>
        heldSince(store) ?? ((byHolderId.get(store)?.affected ?? 0) > 0 ? new Date(0) : undefined),
      probedAt: (store) => byHolderId.get(store)?.probe?.at.toISOString(),
    },
    now,
  );
}

/** The same from when a store held something until a second look found nothing there. Pure. */
export function snapshotsAfter(
  {
    snapshots,
    heldSince,
    probedAt,
  }: Pick<Proven, 'snapshots' | 'heldSince'> & { readonly probedAt: (store: string) => string | undefined },
  now: Date,
): HeldSnapshot[] {
  return snapshots
    .filter(({ store, mutable, watermark, expiresAt }) => {
      const from = heldSince(store);
      const probed = probedAt(store);
      const until = probed === undefined ? undefined : new Date(probed);
      if (mutable || from === undefined || until === undefined) return false;
      return watermark >= from && watermark < until && (expiresAt === undefined || expiresAt > now);
    })
    .map(({ holder, store, snapshot, takenAt, expiresAt }) => ({
      holder,
      store,
      snapshot,
      takenAt: takenAt.toISOString(),
      ...(expiresAt === undefined ? {} : { until: expiresAt.toISOString() }),
    }))
    .toSorted((one, other) => byHolder(one, other) || one.snapshot.localeCompare(other.snapshot));
}

export function untilOf(snapshots: readonly HeldSnapshot[]): Pick<CertificateContent, 'snapshotsUntil'> {
  const ends = snapshots.flatMap(({ until }) => (until === undefined ? [] : [new Date(until)]));
  const last = ends.length === snapshots.length ? latest(ends) : undefined;
  return last === undefined ? {} : { snapshotsUntil: last.toISOString() };
}

const latest = (dates: readonly Date[]): Date | undefined =>
  dates.toSorted((one, other) => one.getTime() - other.getTime()).at(-1);

const byHolder = (one: { readonly holder: string }, other: { readonly holder: string }): number =>
  one.holder < other.holder ? -1 : one.holder > other.holder ? 1 : 0;
