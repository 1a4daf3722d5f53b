import { describe, expect, it } from '@jest/globals';
import { disclose } from '@keiro/request/carry-disclosure';
import { expire } from '@keiro/request/retention/carry';
import type { StageDependencies } from '@keiro/request/stage';
import type { RequestDocument, RetentionBatchDocument, TaskDocument } from '@keiro/schemas';
import { minute, provenTask, requestOf, taskOf } from '../builders/lineage.ts';

/** Holders that answer between one look at their tasks and the next. */
function carried(request: RequestDocument, looks: readonly (readonly TaskDocument[])[]) {
  let now = request;
  let look = 0;
  const removed: string[] = [];
  const batch: RetentionBatchDocument = { _id: request._id, lives: [], records: ['r-1', 'r-2'], copies: [] };
  const store: Partial<StageDependencies['store']> = {
    tasksOf: () => Promise.resolve([...(looks[Math.min(look++, looks.length - 1)] ?? [])]),
    holders: () => Promise.resolve([]),
    openOf: () => Promise.resolve([]),
    tellDone: () => Promise.resolve(),
    advance: (_request, { set, step }) => {
      now = { ...now, ...set, steps: [...now.steps, ...(step === undefined ? [] : [step])] };
      return Promise.resolve(true);
    },
  };
  const batches: Partial<StageDependencies['retention']['batches']> = {
    batch: () => Promise.resolve(batch),
    removeFromLineage: ({ records }) => {
      removed.push(...records);
      return Promise.resolve({ records: records.length, copies: 0 });
    },
    putOff: () => Promise.resolve(),
    audit: () => Promise.resolve(),
    forget: () => Promise.resolve(),
  };
  const deps = {
    store,
    retention: { batches, onEnded: () => undefined },
    keys: { forgetSweep: () => Promise.resolve() },
    dispatcher: { offer: () => undefined },
    waits: () => Promise.resolve([]),
    packOf: () => Promise.resolve(null),
    now: () => minute(60),
  } as unknown as StageDependencies;
  return { deps, removed, request: () => now };
}

describe('the last holder answers while a request is looked at', () => {
  const pending = taskOf('req-1', 'crm', { state: 'running' });
  const done = provenTask('req-1', 'crm', minute(50));

  it('and what has ended goes from lineage all the same, before its request is done (APPI 22)', async () => {
    const run = carried(requestOf('req-1', { type: 'retention' }), [[pending], [done]]);
    for (let n = 0; n < 4 && run.request().state !== 'done'; n += 1) await expire(run.request(), run.deps);
    expect(run.request().state).toBe('done');
    expect(run.removed).toEqual(['r-1', 'r-2']);
  });

  it('and a disclosure still waits for its pack (R1)', async () => {
    const answered = taskOf('req-1', 'crm', { directive: 'export', state: 'done', doneAt: minute(50) });
    const run = carried(requestOf('req-1', { type: 'disclosure' }), [
      [{ ...pending, directive: 'export' }],
      [answered],
    ]);
    for (let n = 0; n < 4 && run.request().state !== 'done'; n += 1) await disclose(run.request(), run.deps);
    expect(run.request().state).toBe('waiting-for-operator');
  });
});
