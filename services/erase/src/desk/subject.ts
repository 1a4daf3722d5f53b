import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  lifeKey,
  taskSubjectRequestSchema,
  taskSubjectSchema,
  type AuditEntry,
  type TaskDocument,
  type TaskSubject,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { createOpener } from '../locators.ts';
import type { EraseStore } from '../store.ts';

export interface SubjectDependencies {
  readonly task: (id: string) => Promise<TaskDocument | null>;
  readonly store: Pick<EraseStore, 'holder' | 'copies' | 'tellOnce'>;
  readonly keys: Pick<KeysClient, 'sweep'>;
  readonly now: () => Date;
}

/** How many locators one answer has. */
const shown = 500;

/** Whom and what a task is about, for the person who has to do it by hand. */
export function subjectRoute(deps: SubjectDependencies): Route {
  return route({
    method: 'POST',
    path: '/v1/tasks/:id/subject',
    summary:
      'Whom and what a task is about that waits for a person, for as long as it does; each look is audited',
    right: 'tasks:subject',
    body: taskSubjectRequestSchema,
    answer: taskSubjectSchema,
    handle: ({ params, body, client }) => subjectOf(params['id'] ?? '', body.reference, client.name, deps),
  });
}

/** Errors: 404 `unknown-task`, 409 `not-waiting`. Nothing is answered that is not in the audit. */
export async function subjectOf(
  id: string,
  reference: string,
  by: string,
  { task: taskOf, store, keys, now }: SubjectDependencies,
): Promise<TaskSubject> {
  const task = await taskOf(id);
  if (task === null) throw new ProblemError(404, 'unknown-task', 'there is no task with this id');
  if (task.state !== 'by-hand' && task.state !== 'failed')
    throw new ProblemError(
      409,
      'not-waiting',
      'only of a task that waits for a person is it told whom it is about',
    );
  const [{ lives, changes }, holder] = await Promise.all([
    keys.sweep(task.request, task.holder),
    store.holder(task.holder),
  ]);
  const identified = identifiedBy(task, lives);
  const placeOf = createOpener(lives);
  const places = new Set<string>();
  const refs = lives.map(({ ref }) => ref);
  for await (const copy of store.copies(refs, [task.holder])) {
    if (task.records !== undefined && !task.records.includes(copy.record)) continue;
    const place = placeOf(copy);
    if (place !== undefined && place !== 'unreadable') places.add(place.locator);
  }
  await store.tellOnce(lookedAt(task, { reference, by, at: now(), identifiers: identified.length }));
  return {
    task: id,
    holder: task.holder,
    directive: task.directive,
    purposes: [...task.purposes],
    ...(holder?.connector.kind === 'by-hand' ? { instructions: holder.connector.instructions } : {}),
    identifiers: identified.map(({ kind, value }) => ({ kind, value })),
    ...(changes === undefined ? {} : { changes: [...changes] }),
    locators: [...places].slice(0, shown),
    locatorsTotal: places.size,
  };
}

type Lives = Awaited<ReturnType<KeysClient['sweep']>>['lives'];

/** What is about single copies names nobody; of a retention only those of whom everything there is over. Pure. */
function identifiedBy({ records, retention }: TaskDocument, lives: Lives): Lives {
  if (retention !== undefined) {
    const whole = new Set(retention.whole.map(lifeKey));
    return lives.filter((life) => whole.has(lifeKey(life)));
  }
  return records === undefined ? lives : [];
}

const lookedAt = (
  task: TaskDocument,
  look: { readonly reference: string; readonly by: string; readonly at: Date; readonly identifiers: number },
): AuditEntry => ({
  _id: `${task._id}/subject/${look.by}/${look.at.toISOString()}`,
  at: look.at,
  by: look.by,
  action: 'task.subject-told',
  request: task.request,
  detail: { holder: task.holder, reference: look.reference, identifiers: look.identifiers },
});
