import type { RequestDocument, RequestStep, TaskDocument } from '@keiro/schemas';
import { stepAt, type StageDependencies } from './stage.ts';

/**
 * The end of a request whose holders have all answered: the audit has what each did, and what was put aside for the
 * sweep is forgotten. `beforehand` comes between the two.
 */
export async function end(
  request: RequestDocument,
  tasks: readonly TaskDocument[],
  evidence: RequestStep['evidence'],
  { store, keys, now }: Pick<StageDependencies, 'store' | 'keys' | 'now'>,
  beforehand?: () => Promise<void>,
): Promise<void> {
  if (tasks.some(({ audit = [] }) => audit.length > 0)) await store.bringHome(request._id);
  await store.tellDone(tasks);
  await beforehand?.();
  await keys.forgetSweep(request._id);
  const at = now();
  // One that was reopened ends once more.
  const ends = request.steps.filter(({ step }) => step === 'done').length;
  await store.advance(
    request,
    { set: { state: 'done', doneAt: at }, step: stepAt(at, 'done', evidence) },
    () => ({
      audit: [
        {
          _id: `${request._id}/done${ends === 0 ? '' : `/${String(ends + 1)}`}`,
          at,
          by: 'request',
          action: 'request.done',
          request: request._id,
          detail: evidence,
        },
      ],
    }),
  );
}
