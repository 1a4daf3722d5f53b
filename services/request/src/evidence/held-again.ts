import {
  lifeKey,
  violationId,
  type CopyDocument,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { FoundAgain } from '../reopen.ts';

export type ReportedCopy = Pick<CopyDocument, 'record' | 'ref' | 'generation' | 'holder' | 'action' | 'at'>;

/**
 * Copies that a holder reported from after the look that found nothing there: before a certificate says otherwise. That
 * is found as reports come in too; here by who missed none of them, under the same name. Pure.
 */
export function heldAgain(
  { type, lives }: Pick<RequestDocument, 'type' | 'lives'>,
  tasks: readonly Pick<TaskDocument, 'holder' | 'receipt'>[],
  copies: readonly ReportedCopy[],
): FoundAgain[] {
  if (type !== 'deletion') return [];
  const own = new Set(lives.map(lifeKey));
  const provenAt = new Map(
    tasks.map(({ holder, receipt }) => [
      holder,
      receipt?.probe?.at ?? receipt?.told?.at ?? receipt?.byHand?.at,
    ]),
  );
  return copies
    .filter((copy) => copy.action === 'held' && own.has(lifeKey(copy)))
    .filter(({ holder, at }) => {
      const proven = provenAt.get(holder);
      return proven !== undefined && at > proven;
    })
    .map(({ record, holder, at }) => ({
      found: violationId(`${record}@${at.toISOString()}`, holder),
      holder,
      record,
    }));
}
