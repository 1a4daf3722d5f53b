import {
  authorise,
  dayInJapan,
  isReturned,
  uncarried,
  violationId,
  type ConsentFact,
  type CopyDocument,
  type Evidence,
  type HolderDocument,
  type Policy,
  type SnapshotDocument,
  type TaskDocument,
  type TransferVerdict,
  type ViolationClosing,
  type ViolationDocument,
} from '@keiro/schemas';

/** Whether the consents of the person decide about copies at a holder. */
export function restsOnConsent(holder: Pick<HolderDocument, 'basis' | 'abroad'>): boolean {
  return holder.basis === 'consent' || holder.abroad?.basis === 'consent';
}

/**
 * T0, after the fact: a copy that its holder reports and may not have, judged by the register as it is and by the day
 * on which the holder got it. Nothing is found of holders whose transfers rest on a case (TB to TF): whether each was
 * authorised is a matter of its record. Pure.
 */
export function violationOf(
  copy: CopyDocument,
  holder: HolderDocument,
  consents: readonly ConsentFact[],
  policy: Policy,
  foundAt: Date,
): ViolationDocument | undefined {
  if (copy.action !== 'held') return undefined;
  const verdict = verdictOf(copy, holder, consents, policy);
  if (verdict === undefined || verdict.allowed) return undefined;
  const { record, ref, generation, purpose, category, at } = copy;
  const { reason, row, articles } = verdict;
  return {
    _id: violationId(record, holder.id),
    holder: holder.id,
    copy: { record, ref, generation, purpose, category },
    ...{ reason, row, articles, at, foundAt },
  };
}

/** T3: a recovery site that the register does not carry has taken a snapshot. One a day of each store is enough. Pure. */
export function violationOfSnapshot(
  { store, snapshot, takenAt }: SnapshotDocument,
  site: HolderDocument,
  policy: Policy,
  foundAt: Date,
): ViolationDocument | undefined {
  const refused = uncarried(site, policy, takenAt);
  if (refused === undefined) return undefined;
  const { reason, row, articles } = refused;
  return {
    _id: violationId(`${store}@${dayInJapan(takenAt)}`, site.id),
    holder: site.id,
    snapshot: { store, snapshot },
    ...{ reason, row, articles, at: takenAt, foundAt },
  };
}

export interface ReturnEvidence {
  /** The directive that has it returned. */
  readonly task?: TaskDocument;
  /** When the holder removed it, by its own word. */
  readonly removed?: Date;
}

/**
 * Why a violation may not be closed as returned yet: the holder was not looked at again, and has not reported the
 * removal either, which is how one answers that no directive reaches. A snapshot has no directive. Pure.
 */
export function notReturned(
  { copy, at }: Pick<ViolationDocument, 'copy' | 'at'>,
  reason: ViolationClosing,
  { task, removed }: ReturnEvidence,
): string | undefined {
  if (reason !== 'returned-or-erased' || copy === undefined || isReturned(task)) return undefined;
  if (removed !== undefined && removed >= at) return undefined;
  if (task === undefined)
    return 'the directive to return it has not been issued yet: see keiro violations list';
  const next =
    task.state === 'failed'
      ? `mend what failed and send it again with keiro tasks retry ${task._id}, or have the holder report the removal`
      : `keiro requests ${task.request} shows how far it is`;
  return `the directive to return it is ${task.state}, and nobody has seen that the copy is gone: ${next}`;
}

function verdictOf(
  { purpose, category, groups, at }: CopyDocument,
  holder: HolderDocument,
  consents: readonly ConsentFact[],
  policy: Policy,
): TransferVerdict | undefined {
  const evidence = evidenceOf(holder);
  if (evidence === undefined) return undefined;
  return authorise(
    { holder: holder.id, purpose, category, groups, evidence },
    holder,
    { consents },
    policy,
    at,
  );
}

function evidenceOf({ basis, kind }: HolderDocument): Evidence | undefined {
  // What a browser's own tag sends is no copy that a server handed over.
  if (kind === 'analytics') return undefined;
  switch (basis) {
    case 'own':
    case 'entrustment':
    case 'joint-use':
    case 'consent':
      return { basis };
    default:
      return undefined;
  }
}
