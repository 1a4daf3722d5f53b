import { ProblemError } from '@keiro/runtime';
import {
  identifierKinds,
  normaliseIdentifier,
  type HoldDocument,
  type HoldPlaced,
  type HoldView,
  type PlaceHold,
  type Ref,
  type RequestDocument,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { People } from '../people.ts';
import { stepAt, stepOf } from '../stage.ts';
import type { RequestStore } from '../store.ts';
import { heldBy, isInForce, refOfRecord } from './held.ts';
import type { HoldStore } from './store.ts';

/** How often a deletion may move on while it is told of the hold. */
const tries = 10;

export interface HoldDesk {
  /** Errors are problems that name a field and repeat no value: 404 `unknown-person`. */
  place(body: PlaceHold, by: string): Promise<HoldPlaced>;
  /** Errors: 404 `unknown-hold`, 409 `released`. */
  release(id: string, by: string): Promise<HoldView>;
  list(withEnded: boolean): Promise<HoldView[]>;
}

export function createHoldDesk(deps: {
  readonly holds: HoldStore;
  readonly store: Pick<RequestStore, 'openOf' | 'request' | 'advance'>;
  readonly people: Pick<People, 'personOf'>;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** A request has something new to look at. */
  readonly onChanged: (request: string) => void;
}): HoldDesk {
  const { holds, store, people, now } = deps;

  async function refsOf({ subject = {}, records = [] }: PlaceHold): Promise<Ref[]> {
    if (records.length > 0) return [];
    const identifiers = identifierKinds.flatMap((kind) => {
      const value = subject[kind];
      return value === undefined ? [] : [{ kind, value: normaliseIdentifier(kind, value) }];
    });
    const { results } = await deps.keys.lookup({ identifiers });
    const refs = results.flatMap((found) => found?.ref ?? []);
    if (refs.length > 0) return refs;
    const message = 'nobody is known by this identifier: there is nothing to hold';
    throw new ProblemError(404, 'unknown-person', message, [
      { field: 'subject', code: 'unknown', message: 'nobody is known by it' },
    ]);
  }

  /** All refs of the persons behind these, as they are now. */
  async function personsOf(refs: readonly Ref[]): Promise<Ref[]> {
    const persons = await Promise.all(refs.map((ref) => people.personOf(ref)));
    return [...new Set([...refs, ...persons.flatMap((person) => person.refs)])];
  }

  /**
   * The hold is in force by now: whoever looks from here on finds it. A deletion that had looked before is moved a step,
   * so that what it wants to write next is refused and it looks again. False where its keys are on their way out already.
   */
  async function isInTime(request: RequestDocument, reference: string): Promise<boolean> {
    let current: RequestDocument | null = request;
    for (let n = 0; n < tries && current !== null; n += 1) {
      if (stepOf(current, 'erased') !== undefined || current.state === 'done') return false;
      const step = stepAt(now(), 'hold-placed', { case: reference });
      if (await store.advance(current, { step })) {
        deps.onChanged(current._id);
        return true;
      }
      current = await store.request(current._id);
    }
    return false;
  }

  async function tooLateFor({ case: reference, named, refs, records }: HoldDocument): Promise<string[]> {
    const concerned = await personsOf([...named, ...refs, ...records.map(refOfRecord)]);
    const [open, batches] = await Promise.all([store.openOf(concerned), holds.batchesOf(concerned)]);
    const deletions = open.filter(({ type }) => type === 'deletion');
    const told = await Promise.all(
      deletions.map(async (one) => ((await isInTime(one, reference)) ? [] : [one._id])),
    );
    return [...told.flat(), ...batches];
  }

  const viewOf = (hold: HoldDocument, waiting: readonly RequestDocument[]): HoldView => {
    const { _id, case: reference, refs, records, by, at, until, released } = hold;
    const at0 = now();
    const isWaiting = ({ lives, ambiguous }: RequestDocument) =>
      heldBy({ refs: lives.map(({ ref }) => ref), ambiguous }, [hold], at0).length > 0;
    return {
      id: _id,
      case: reference,
      refs: [...refs],
      records: [...records],
      by,
      at: at.toISOString(),
      ...(until === undefined ? {} : { until: until.toISOString() }),
      ...(released === undefined ? {} : { released: { at: released.at.toISOString(), by: released.by } }),
      inForce: isInForce(hold, at0),
      waiting: waiting.filter(isWaiting).map((one) => one._id),
    };
  };

  return {
    async place(body, by) {
      const at = now();
      const until = body.until === undefined ? undefined : new Date(body.until);
      if (until !== undefined && until <= at)
        throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', [
          { field: 'until', code: 'past', message: 'is over already' },
        ]);
      const named = await refsOf(body);
      const hold: HoldDocument = {
        _id: `hold-${deps.random(12).toString('hex')}`,
        case: body.case,
        named,
        refs: await personsOf(named),
        records: [...new Set(body.records ?? [])],
        by,
        at,
        ...(until === undefined ? {} : { until }),
      };
      await holds.place(hold, {
        _id: `${hold._id}/placed`,
        at,
        by,
        action: 'hold.placed',
        about: [...hold.refs, ...new Set(hold.records.map(refOfRecord))],
        detail: {
          case: hold.case,
          refs: hold.refs.length,
          records: hold.records.length,
          ...(until === undefined ? {} : { until: until.toISOString() }),
        },
      });
      return { ...viewOf(hold, await holds.waiting()), tooLate: await tooLateFor(hold) };
    },

    async release(id, by) {
      const hold = await holds.hold(id);
      if (hold === null) throw new ProblemError(404, 'unknown-hold', 'there is no hold with this id');
      const released = { at: now(), by };
      const waiting = await holds.waiting();
      const isReleased = await holds.release(id, released, {
        _id: `${id}/released`,
        at: released.at,
        by,
        action: 'hold.released',
        about: [...hold.refs, ...new Set(hold.records.map(refOfRecord))],
        detail: { case: hold.case },
      });
      if (!isReleased) throw new ProblemError(409, 'released', 'this hold was released before');
      for (const request of waiting) deps.onChanged(request._id);
      return viewOf({ ...hold, released }, []);
    },

    async list(withEnded) {
      const at = now();
      const [all, waiting] = await Promise.all([
        withEnded ? holds.all() : holds.inForce(at),
        holds.waiting(),
      ]);
      return all.map((hold) => viewOf(hold, waiting));
    },
  };
}
