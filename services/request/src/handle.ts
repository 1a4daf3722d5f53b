import { ProblemError } from '@keiro/runtime';
import {
  identifierKinds,
  normaliseIdentifier,
  purposeIds,
  requestOfTask,
  type Accepted,
  type CreateRequest,
  type Identifier,
  type Policies,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { decide, onePerson, type Command, type Refusal } from './decide.ts';
import type { People } from './people.ts';
import type { RequestStore } from './store.ts';

export interface HandlerDependencies {
  readonly store: RequestStore;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly people: Pick<People, 'personOf' | 'livesOf'>;
  readonly policies: Policies;
  readonly stamp: () => string;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** A request was accepted. */
  readonly onAccepted: (request: string) => void;
  /** A task was put back. */
  readonly onPutBack: (request: string) => void;
}

/** What the interface does, apart from HTTP. Errors are problems that name a field and repeat no value. */
export interface Handler {
  /** R4, R5: accepts a request, or answers with the same one that is under way. */
  accept(body: CreateRequest, by: string): Promise<Accepted>;
  /** Puts a failed task back for another attempt. */
  retry(task: string, by: string): Promise<TaskDocument>;
}

export function createHandler(deps: HandlerDependencies): Handler {
  const { store, people } = deps;

  async function refuse(command: Command, status: number, code: string, message: string): Promise<never> {
    await store.audit({
      _id: `${command.id}/refused`,
      at: deps.now(),
      by: command.by,
      action: 'request.refused',
      detail: {
        type: command.type,
        reason: code,
        ...(command.note === undefined ? {} : { note: command.note }),
      },
    });
    throw new ProblemError(status, code, message);
  }

  return {
    async accept(body, by) {
      const command: Command = {
        id: `req-${deps.random(12).toString('hex')}`,
        type: body.type,
        purposes: body.type === 'deletion' ? [] : [...new Set(body.purposes ?? ['all'])],
        by,
        ...(body.note === undefined ? {} : { note: body.note }),
      };
      const { results } = await deps.keys.lookup({ identifiers: identifiersOf(body.subject) });
      const known = results.filter((found) => found !== null);
      if (known.length === 0) {
        throw new ProblemError(404, 'unknown-person', 'nobody is known by this identifier');
      }
      const asked = known.map(async ({ ref }) => ({ ref, person: await people.personOf(ref) }));
      const person = onePerson(await Promise.all(asked));
      if (person === 'shared') {
        return refuse(
          command,
          409,
          'shared-identifier',
          'several members share this identifier: a person has to review',
        );
      }
      if (person === 'several') {
        return refuse(
          command,
          409,
          'several-persons',
          'the identifiers lead to different persons: a person has to review',
        );
      }
      const [lives, categories, holders] = await Promise.all([
        people.livesOf(person.refs),
        store.categoriesOf(person.refs),
        store.holders(),
      ]);
      const decision = await store.decide(person.refs, (standings, open) => {
        const now = deps.now();
        return decide(
          command,
          {
            lives,
            ambiguous: person.ambiguous,
            standings,
            open,
            categories,
            holders,
            purposes: purposeIds,
            answerWithin: deps.policies.inForce(now).rules.clocks.answer.period,
          },
          now,
          deps.stamp(),
        );
      });
      switch (decision.outcome) {
        case 'refused': {
          const { status, message } = refusals[decision.refusal];
          return refuse(command, status, decision.refusal, message);
        }
        case 'same':
          return accepted(decision.request, (await store.tasksOf(decision.request._id)).length);
        case 'accepted':
          deps.onAccepted(command.id);
          return accepted(decision.documents.request, decision.documents.tasks.length);
      }
    },

    async retry(id, by) {
      const task = await store.task(id);
      if (task === null) throw new ProblemError(404, 'unknown-task', 'there is no task with this id');
      const back = await store.putBack(task, {
        _id: `${task._id}/put-back/${String(task.attempt)}`,
        at: deps.now(),
        by,
        action: 'task.put-back',
        request: task.request,
        detail: { holder: task.holder, attempt: task.attempt },
      });
      if (!back) throw new ProblemError(409, 'not-failed', 'only a failed task can be put back');
      deps.onPutBack(requestOfTask(id));
      return { ...task, state: 'pending', attempt: task.attempt + 1 };
    },
  };
}

const refusals: Record<Refusal, { status: number; message: string }> = {
  erased: { status: 404, message: 'what was known by this identifier has been erased' },
  'deletion-under-way': {
    status: 409,
    message: 'a deletion of this person is under way, which ends all use',
  },
};

function identifiersOf(subject: CreateRequest['subject']): Identifier[] {
  return identifierKinds.flatMap((kind) => {
    const value = subject[kind];
    return value === undefined ? [] : [{ kind, value: normaliseIdentifier(kind, value) }];
  });
}

const accepted = (request: RequestDocument, tasks: number): Accepted => ({
  id: request._id,
  state: request.state,
  due: request.dueAt.toISOString(),
  tasks,
  ambiguous: request.ambiguous.length,
});
