import { ProblemError, type LoadedPerson } from '@keiro/runtime';
import {
  identifierKinds,
  normaliseIdentifier,
  type AuditEntry,
  type CutAnswer,
  type CutDocument,
  type CutReason,
  type Party,
  type Ref,
} from '@keiro/schemas';
import { wayBetween } from '@keiro/schemas/cuts';
import type { KeysClient } from '@keiro/sdk';
import type { CutSituation, CutStore } from './cut-store.ts';
import type { People } from './people.ts';
import type { RequestStore } from './store.ts';

/** An operator's word about two refs. */
export interface CutCommand {
  readonly decision: CutDocument['decision'];
  readonly by: string;
  readonly reason?: CutReason | undefined;
  readonly note?: string | undefined;
}

export interface CutDependencies {
  readonly cuts: CutStore;
  readonly store: Pick<RequestStore, 'standingsOf'>;
  readonly people: Pick<People, 'load'>;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly now: () => Date;
}

/**
 * Decides whether two refs can be of one person, and answers how they stand then. Only who is who changes: standing
 * and keys stay with the refs that they were decided for, so that nothing erased comes back and nothing suspended
 * opens. While a request of either person is open it is refused, because that one is planned for who they were.
 * A request that is accepted in the same moment is not seen; a deletion looks again who the person is before it
 * destroys anything.
 */
export function createCuts(deps: CutDependencies) {
  const { people, now } = deps;

  async function refOf(field: 'a' | 'b', party: Party): Promise<Ref> {
    const kind = identifierKinds.find((one) => party[one] !== undefined);
    const { results } = await deps.keys.lookup(
      kind === undefined
        ? { refs: [party.ref ?? ''] }
        : { identifiers: [{ kind, value: normaliseIdentifier(kind, party[kind] ?? '') }] },
    );
    const [found] = results;
    if (found !== undefined && found !== null) return found.ref;
    throw new ProblemError(404, 'unknown-person', 'nobody is known by one of the two', [
      { field, code: 'unknown', message: 'nobody is known by it' },
    ]);
  }

  return async (given: { a: Party; b: Party }, command: CutCommand): Promise<CutAnswer> => {
    const [a, b] = await Promise.all([refOf('a', given.a), refOf('b', given.b)]);
    if (a === b) {
      throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', [
        { field: 'b', code: 'same', message: 'is the same as a: two are wanted' },
      ]);
    }
    const before = await Promise.all([people.load(a), people.load(b)]);
    const refs = [a, b, ...before.flatMap(({ person }) => person.refs)];
    const changed = await deps.cuts.decide([a, b], [...new Set(refs)], (situation) =>
      decideCut([a, b], command, situation, now()),
    );
    const [ofA, ofB] = await Promise.all([people.load(a), people.load(b)]);
    const together = ofA.person.refs.includes(b);
    const standings = together ? await deps.store.standingsOf(ofA.person.refs) : new Map<Ref, never>();
    const stateOf = (ref: Ref) => {
      const { hiddenThrough = 0, erasedThrough = 0, suspended = [] } = standings.get(ref) ?? {};
      return JSON.stringify([hiddenThrough, erasedThrough, suspended]);
    };
    return {
      asOf: now().toISOString(),
      a,
      b,
      decision: command.decision,
      changed,
      together,
      way: together ? way(a, b, ofA) : [],
      shared: [...(isShared(a, ofA) ? [a] : []), ...(isShared(b, ofB) ? [b] : [])],
      standingDiffers: together && new Set(ofA.person.refs.map(stateOf)).size > 1,
    };
  };
}

const way = (a: Ref, b: Ref, { person, links, cuts }: LoadedPerson) =>
  wayBetween(a, b, person.refs, links, cuts);
const isShared = (ref: Ref, { person }: LoadedPerson) =>
  person.startIsAmbiguous && person.ambiguous.includes(ref);

/** What is written for the decision: nothing where it stands already. Throws 409 while a request is open. Pure. */
export function decideCut(
  [a, b]: readonly [Ref, Ref],
  { decision, by, reason, note }: CutCommand,
  { last, open }: CutSituation,
  at: Date,
): { cuts: CutDocument[]; audit: AuditEntry[] } {
  if ((last?.decision ?? 'withdrawn') === decision) return { cuts: [], audit: [] };
  if (open.length > 0) {
    throw new ProblemError(
      409,
      'request-under-way',
      `${open.map(({ _id }) => _id).join(', ')} must be done first, because it is planned for who they are now: ` +
        'see npx keiro requests ID, then send this again',
    );
  }
  const number = (last?.number ?? 0) + 1;
  const why = { ...(reason === undefined ? {} : { reason }), ...(note === undefined ? {} : { note }) };
  const one = (from: Ref, to: Ref): CutDocument => ({
    _id: `${from}|${to}|${String(number)}`,
    from,
    to,
    number,
    decision,
    by,
    ...why,
    at,
  });
  const action = decision === 'cut' ? 'link.cut' : 'link.restored';
  const entry = { at, by, action, about: [a, b], detail: { number, ...why } };
  // The pair has no order: one name for it, so that two who name it the other way round meet.
  const name = [a, b].sort().join('|');
  return {
    cuts: [one(a, b), one(b, a)],
    audit: [{ _id: `${name}/${decision}/${String(number)}`, ...entry }],
  };
}
