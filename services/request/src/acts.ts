import { ProblemError } from '@keiro/runtime';
import type { Acted, RequestDocument, RequestHappening } from '@keiro/schemas';
import { namedLives, settle } from './decide.ts';
import { decide, type LifeCommand, type Rejection } from './lifecycle/decide.ts';
import { isFinal, lifeOf } from './lifecycle/evolve.ts';
import type { Situations } from './situation.ts';
import type { RequestStore } from './store.ts';

/** What is done about a request that has arrived: by people, by checks, by the clock, by what carries it out. */
export interface Acts {
  /** Errors are problems: 404 `unknown-request`, 400 that names a field, 409 for a state that does not allow it. */
  act(request: string, command: LifeCommand, by: string): Promise<Acted>;
}

/** How often somebody else may have been quicker. */
const tries = 10;

export function createActs(deps: {
  readonly store: Pick<RequestStore, 'request' | 'settle' | 'tasksOf'>;
  readonly situations: Situations;
  readonly stamp: () => string;
  readonly now: () => Date;
  /** Nothing of what was put aside for a sweep is needed any more. */
  readonly forgetSweep: (request: string) => Promise<unknown>;
  /** It was accepted, or came to its end. */
  readonly onMoved: (request: string) => void;
  /** Nothing more will be done for it. */
  readonly onEnded: (request: RequestDocument) => Promise<void>;
}): Acts {
  const { store, situations, now } = deps;

  async function once(id: string, command: LifeCommand, by: string): Promise<Acted | undefined> {
    const request = await store.request(id);
    if (request === null) throw new ProblemError(404, 'unknown-request', 'there is no request with this id');
    const { events } = request;
    if (events === undefined)
      throw new ProblemError(409, 'nobody-asked', 'nobody asked for it: it goes on by itself');
    if (command.type === 'answer' && request.fields !== undefined && (await store.tasksOf(id)).length > 0)
      throw new ProblemError(
        409,
        'holders-answer',
        'it ends when every holder has set the fields and read them back: close what waits for a person with evidence',
      );
    const at = now();
    const { answerWithin, ...rules } = situations.rulesFor(request.type, at);
    const decided = decide(command, lifeOf(events), at, {
      ...rules,
      type: request.type,
      dueAt: request.dueAt,
      ...(request.notBefore === undefined ? {} : { undoUntil: request.notBefore }),
    });
    if ('rejected' in decided) throw problemOf(decided.rejected);
    if (decided.events.length === 0) return { id, state: request.state };

    const isAboutPerson = decided.events.some(
      ({ type }) => type === 'identity-confirmed' || type === 'accepted',
    );
    const person = isAboutPerson ? await situations.whoIs(request.asked ?? []) : nobody;
    const isClear = typeof person !== 'string';
    const known = await situations.load(isClear ? person : nobody);
    const happened =
      isClear || request.type === 'question' ? decided.events : unclear(decided.events, person);
    const current: RequestDocument = isAboutPerson
      ? { ...request, lives: namedLives(request.type, known), ambiguous: known.ambiguous }
      : request;
    const withdrawn = decided.events.some(({ type }) => type === 'withdrawn');
    // What it had hidden, whoever the person is meanwhile.
    const refs = withdrawn ? request.lives.map(({ ref }) => ref) : isClear ? person.refs : [];
    const after = await store.settle(request, refs, (standings, open) =>
      settle(current, happened, { ...known, standings, open, answerWithin }, by, at, deps.stamp()),
    );
    if (after === undefined) return undefined;
    if (isFinal(after.state)) await deps.onEnded(after);
    // A hold may have come after it was put aside.
    if (withdrawn && request.type === 'deletion') await deps.forgetSweep(id);
    deps.onMoved(id);
    return { id, state: after.state };
  }

  return {
    async act(id, command, by) {
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const acted = await once(id, command, by);
        if (acted !== undefined) return acted;
      }
      throw new ProblemError(503, 'busy', 'others changed this request at the same time: send it again');
    },
  };
}

const nobody = { refs: [], ambiguous: [] };

/** It is known who asks, and not of whom: what would complete it is that the identifiers are of one person. */
function unclear(events: readonly RequestHappening[], why: 'shared' | 'several'): RequestHappening[] {
  return [
    ...events.filter(({ type }) => type === 'identity-confirmed' || type === 'fee-paid'),
    { type: 'identity-failed', reason: why, missing: ['identifiers-of-one-person'] },
    { type: 'notice-due', notice: 'incomplete' },
  ];
}

const problemOf = ({ code, message, field }: Rejection): ProblemError =>
  field === undefined
    ? new ProblemError(code === 'unknown-notice' ? 404 : 409, code, message)
    : new ProblemError(400, code, message, [{ field, code, message }]);
