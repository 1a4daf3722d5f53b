import type { HoldDocument, RequestDocument } from '@keiro/schemas';
import { dayInJapan } from '@keiro/schemas';
import type { Beside } from '../beside.ts';
import type { Advance } from '../grown.ts';
import { stepAt, stepOf, type Stage, type StageDependencies } from '../stage.ts';
import { lastEnd } from './held.ts';

/*
 * What a deletion waits for when everything is hidden and nothing is erased yet: that the person can no longer take it
 * back, and that no legal hold stands on it. Whoever the person is by then is looked at anew before it goes on.
 */

/** Where it has to wait before its keys are destroyed; undefined where it may go on. */
export async function pendingOf(
  request: RequestDocument,
  { holds, now }: Pick<StageDependencies, 'holds' | 'now'>,
): Promise<Advance | undefined> {
  const at = now();
  const { notBefore } = request;
  if (notBefore !== undefined && at < notBefore)
    return {
      set: { state: 'undo-window' },
      step: stepAt(at, 'undo-window', { until: notBefore.toISOString() }),
    };
  const held = await holds.on(request);
  return held.length === 0
    ? undefined
    : { set: { state: 'on-hold' }, step: stepAt(at, 'on-hold', evidenceOf(held)) };
}

/** Waiting for a hold is a decision about the person; the undo window is part of what was accepted. Pure. */
export const waitingAudit = (request: RequestDocument, { set, step }: Advance): (() => Beside) | undefined =>
  set?.state !== 'on-hold' || step === undefined
    ? undefined
    : () => ({
        audit: [
          {
            _id: `${request._id}/on-hold/${String(request.steps.length)}`,
            at: step.at,
            by: 'request',
            action: 'request.on-hold',
            request: request._id,
            detail: step.evidence,
          },
        ],
      });

/** The person may still take it back. */
export const awaitUndo: Stage = async (request, { store, now }) => {
  const at = now();
  const { notBefore } = request;
  if (notBefore !== undefined && at < notBefore)
    return {
      on: 'time',
      waitingFor: `the end of the undo window, ${notBefore.toISOString()}: until then it can be withdrawn`,
    };
  await store.advance(request, { set: { state: 'hiding' }, step: stepAt(at, 'undo-ended', {}) });
  return 'moved';
};

/** A legal hold stands on the person. When it ends, by its time or by an operator, the deletion goes on. */
export const awaitHold: Stage = async (request, { store, holds, now }) => {
  const held = await holds.on(request);
  if (held.length > 0) return { on: 'time', waitingFor: held.map(describe).join('; ') };
  const at = now();
  const cases = stepOf(request, 'on-hold')?.evidence['cases'] ?? [];
  await store.advance(
    request,
    { set: { state: 'hiding' }, step: stepAt(at, 'hold-ended', { cases }) },
    () => ({
      audit: [
        {
          _id: `${request._id}/hold-ended/${String(request.steps.length)}`,
          at,
          by: 'request',
          action: 'request.hold-ended',
          request: request._id,
          detail: { cases },
        },
      ],
    }),
  );
  return 'moved';
};

/** The entry of a deletion that has to wait for these. Pure. */
export function evidenceOf(held: readonly HoldDocument[]): Record<string, unknown> {
  const until = lastEnd(held);
  return {
    cases: held.map((hold) => hold.case),
    ...(until === undefined ? {} : { until: until.toISOString() }),
  };
}

const describe = ({ case: reference, until }: HoldDocument): string =>
  `the hold of case ${reference} to end${until === undefined ? ', which an operator releases' : `, on ${dayInJapan(until)}`}`;
