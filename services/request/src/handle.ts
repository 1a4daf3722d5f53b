import { ProblemError } from '@keiro/runtime';
import {
  changeIssues,
  identifierKinds,
  normaliseIdentifier,
  requestOfTask,
  type Accepted,
  type CreateRequest,
  type Identifier,
  type Ref,
  type RequestDocument,
  type TaskDocument,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { decide, type Command, type Decision, type Refusal, type Situation } from './decide.ts';
import { isDeniable } from './denial.ts';
import { isFinal } from './lifecycle/evolve.ts';
import { rightRules } from './rights.ts';
import type { Situations } from './situation.ts';
import type { RequestStore } from './store.ts';

export interface HandlerDependencies {
  readonly store: RequestStore;
  readonly keys: Pick<KeysClient, 'lookup' | 'prepareSweep' | 'forgetSweep'>;
  readonly situations: Situations;
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
  /** Takes a request in, or answers with the same one that is under way. */
  accept(body: CreateRequest, by: string): Promise<Accepted>;
  /** Puts a failed task back for another attempt. */
  retry(task: string, by: string): Promise<TaskDocument>;
}

export function createHandler(deps: HandlerDependencies): Handler {
  const { store, situations } = deps;

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

  /** What a correction sets is sealed before its request is there, and gone where none comes of it. */
  async function decideKept(
    id: string,
    changes: CreateRequest['changes'],
    work: () => Promise<Decision>,
  ): Promise<Decision> {
    if (changes === undefined) return work();
    await deps.keys.prepareSweep(id, [], changes);
    let isTaken = false;
    try {
      const decision = await work();
      isTaken = decision.outcome === 'accepted' && !isFinal(decision.documents.request.state);
      return decision;
    } finally {
      if (!isTaken) await deps.keys.forgetSweep(id);
    }
  }

  return {
    async accept(body, by) {
      checkChanges(body.changes);
      const identifiers = identifiersOf(body.subject);
      const { results } =
        identifiers.length === 0 ? { results: [] } : await deps.keys.lookup({ identifiers });
      const asked = results.flatMap((found) => found?.ref ?? []);
      const command = commandOf(body, `req-${deps.random(12).toString('hex')}`, asked, by);
      const rule = rightRules[body.type];
      // The same is done, and answered, whoever is or is not known by these.
      const isChecked = body.identity === 'required';
      if (asked.length === 0 && !isChecked && !rule.answersNobody)
        throw new ProblemError(404, 'unknown-person', 'nobody is known by this identifier');
      const person = isChecked ? nobody : await situations.whoIs(asked);
      if (typeof person === 'string' && body.type !== 'question') {
        const { code, message } = unclear[person];
        return refuse(command, 409, code, message);
      }
      const { refs, ambiguous } = typeof person === 'string' ? nobody : person;
      const known = await situations.load({ refs, ambiguous });
      checkRecipients(command.recipients ?? [], known.holders);
      const decision = await decideKept(command.id, body.changes, () =>
        store.decide(refs, (standings, open) => {
          const now = deps.now();
          const { answerWithin, ...rules } = situations.rulesFor(command.type, now);
          return decide(command, { ...known, standings, open, answerWithin }, now, deps.stamp(), rules);
        }),
      );
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

const nobody = { refs: [], ambiguous: [] };

const unclear = {
  shared: {
    code: 'shared-identifier',
    message: 'several members share this identifier: a person has to review',
  },
  several: {
    code: 'several-persons',
    message: 'the identifiers lead to different persons: a person has to review',
  },
} as const;

function commandOf(body: CreateRequest, id: string, asked: readonly Ref[], by: string): Command {
  const { type, purposes, recipients, identity, review, about, changes, note } = body;
  const isUse = type === 'suspension' || (type === 'resume' && recipients === undefined);
  const to = recipients ?? (type === 'third-party-denial' ? ['all'] : undefined);
  return {
    id,
    type,
    purposes: isUse ? [...new Set<string>(purposes ?? ['all'])] : [],
    ...(to === undefined ? {} : { recipients: [...new Set(to)] }),
    asked,
    by,
    ...(identity === undefined ? {} : { identity }),
    ...(review === undefined ? {} : { review }),
    ...(about === undefined ? {} : { about }),
    ...(changes === undefined ? {} : { fields: changes.map(({ field }) => field).sort() }),
    ...(note === undefined ? {} : { note }),
  };
}

/** R2, R3: by the field's own schema. A value is never part of what is answered. */
function checkChanges(changes: CreateRequest['changes'] = []): void {
  const issues = changeIssues(changes);
  if (issues.length > 0)
    throw new ProblemError(400, 'invalid-changes', 'not every field can be set to what was given', issues);
}

/** R6 is a matter of third parties; what processors and our own stores do is stopped by a suspension. */
function checkRecipients(recipients: readonly string[], holders: Situation['holders']): void {
  const issues = recipients.flatMap((id, index) => {
    const holder = holders.find((one) => one.id === id);
    if (id === 'all' || (holder !== undefined && isDeniable(holder))) return [];
    const [code, message] =
      holder === undefined
        ? ['unknown-holder', 'is no holder of the register']
        : ['no-third-party', 'is no third party, joint user or analytics: a suspension stops its use'];
    return [{ field: `recipients.${String(index)}`, code, message }];
  });
  if (issues.length > 0)
    throw new ProblemError(
      400,
      'invalid-recipients',
      'use can be denied to third parties alone (R6)',
      issues,
    );
}

function identifiersOf(subject: CreateRequest['subject'] = {}): Identifier[] {
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
