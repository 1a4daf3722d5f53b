import {
  violationId,
  type CopyDocument,
  type RequestDocument,
  type StandingDocument,
  type TaskDocument,
  type ViolationDocument,
} from '@keiro/schemas';

/** What is known of the erasure of one life, as far as it concerns one holder. */
export interface Erased {
  readonly at: Date;
  /** The deletion that ended it; absent once that is itself over and gone. */
  readonly deletion?: string;
  /** Its task at the holder; absent where the holder was not asked. */
  readonly task?: Pick<TaskDocument, 'state' | 'receipt' | 'doneAt'>;
  /** The same report was taken in before. */
  readonly isKnown: boolean;
}

/** Whether a life is gone, and since when. Pure. */
export function erasedAt(
  { generation }: Pick<CopyDocument, 'generation'>,
  standing: StandingDocument | undefined,
): Date | undefined {
  if (standing === undefined || generation > standing.erasedThrough) return undefined;
  // A later life of the same ref has ended since: when this one did is not known any more, but it was before.
  return new Date(standing.erasedAt ?? standing.at);
}

/** The deletion that ended a life, among those of its ref: of several the first that reached so far. Pure. */
export function deletionOf<T extends Pick<RequestDocument, 'type' | 'lives' | 'state'>>(
  { ref, generation }: Pick<CopyDocument, 'ref' | 'generation'>,
  requests: readonly T[],
): T | undefined {
  const reach = ({ lives }: T) =>
    lives.find((life) => life.ref === ref && life.generation >= generation)?.generation;
  return requests
    .filter(({ type, state }) => type === 'deletion' && !endedBefore.has(state))
    .flatMap((request) => {
      const through = reach(request);
      return through === undefined ? [] : [{ request, through }];
    })
    .toSorted((one, other) => one.through - other.through)[0]?.request;
}

/** One that erased nothing. */
const endedBefore: ReadonlySet<RequestDocument['state']> = new Set(['withdrawn', 'refused', 'lapsed']);

/**
 * Whether a report tells of a copy that may be there although its person is erased (invariant 6): one from after the look
 * that found nothing; one from before it of which nobody had heard by then, so that nobody looked where it says. While
 * that look is still to come it will tell. What Kafka delivers once more was heard in its time. Pure.
 */
export function isLate(
  copy: Pick<CopyDocument, 'action' | 'at' | 'reportedAt'>,
  { at, deletion, task, isKnown }: Erased,
): boolean {
  if (copy.action !== 'held') return false;
  const isSince = (moment: Date) => copy.at > moment || (!isKnown && copy.reportedAt > moment);
  if (deletion === undefined) return isSince(at);
  // Nobody has asked this holder, so nobody has looked there.
  if (task === undefined) return true;
  if (task.state !== 'done') return false;
  const { probe, told, byHand } = task.receipt ?? {};
  const proven = probe?.at ?? told?.at ?? byHand?.at ?? task.doneAt;
  return proven === undefined || isSince(proven);
}

/** The fact under an id that an earlier report of the same copy does not have: it is there, or gone, once more. Pure. */
export const onceMore = (copy: CopyDocument): CopyDocument => ({
  ...copy,
  _id: `${copy._id}|${copy.at.toISOString()}`,
});

/** Found and reported after the fact, each time that it is there. Pure. */
export function violationOfLate(
  { record, ref, generation, purpose, category, holder, at }: CopyDocument,
  { deletion }: Erased,
  foundAt: Date,
): ViolationDocument {
  return {
    _id: violationId(`${record}@${at.toISOString()}`, holder),
    holder,
    copy: { record, ref, generation, purpose, category },
    ...(deletion === undefined ? {} : { reopens: deletion }),
    ...{ reason: 'erased', row: 'R4', articles: ['APPI 22'], at, foundAt },
  };
}
