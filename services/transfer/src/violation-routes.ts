import { ProblemError, route, type Route } from '@keiro/runtime';
import { closeViolationSchema, violationView, violationViewSchema } from '@keiro/schemas';
import type { ViolationStore } from './violation-store.ts';
import { notReturned } from './violations.ts';

/** What an operator does about copies that a holder had no basis for (T0); they are listed by `query`. */
export function violationRoute(store: ViolationStore, now: () => Date): Route {
  return route({
    method: 'POST',
    path: '/v1/violations/:id/close',
    summary:
      'Ends a violation with its reason, once the holder has stopped and the copy is back, gone or in order',
    right: 'violations:manage',
    body: closeViolationSchema,
    answer: violationViewSchema,
    async handle({ params, body, client }) {
      const id = params['id'] ?? '';
      const { reason, note } = body;
      const before = await store.find(id);
      if (before === null) throw unknownViolation();
      const evidence = await store.evidence(before);
      const refusal = notReturned(before, reason, evidence);
      if (refusal !== undefined) throw new ProblemError(409, 'not-returned', refusal);
      const closed = await store.close(id, {
        at: now(),
        by: client.name,
        reason,
        ...(note === undefined ? {} : { note }),
      });
      const after = await store.find(id);
      if (after === null) throw unknownViolation();
      if (!closed) throw new ProblemError(409, 'closed', 'it has been closed already');
      return violationView(after, evidence.task);
    },
  });
}

const unknownViolation = () =>
  new ProblemError(404, 'unknown-violation', 'there is no violation with this id');
