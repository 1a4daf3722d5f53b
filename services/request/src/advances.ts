import type { Mongo } from '@keiro/runtime';
import type { RequestDocument, StandingDocument } from '@keiro/schemas';
import type { ClientSession, UpdateFilter } from 'mongodb';
import { writeBeside, type Beside } from './beside.ts';
import { growthOf, pushed, unmovedOf, type Advance } from './grown.ts';
import type { Standings } from './standing.ts';

/** One step of one request, with what is written together with it. */
export interface Advancing {
  readonly request: RequestDocument;
  readonly change: Advance;
  /** What it changed before this, and that is not written yet. */
  readonly before?: readonly Advance[];
  readonly beside?: (standings: Standings) => Beside;
}

export const advancing = (
  request: RequestDocument,
  change: Advance,
  beside: Advancing['beside'],
  before: Advancing['before'],
): Advancing => ({
  request,
  change,
  ...(beside === undefined ? {} : { beside }),
  ...(before === undefined ? {} : { before }),
});

/**
 * Takes a step of several requests in one go: those that write nothing besides by one bulk write, the others by one
 * transaction. Each answers as `advance` does: false where somebody else has moved the request.
 */
export async function advanceTogether(mongo: Mongo, steps: readonly Advancing[]): Promise<boolean[]> {
  const requests = mongo.db.collection<RequestDocument>('requests');

  /** Those that were moved, of some that should have been: a bulk write counts over all. */
  async function movedOf(some: readonly Advancing[], session?: ClientSession): Promise<Set<Advancing>> {
    const { matchedCount } = await requests.bulkWrite(
      some.map((one) => ({
        updateOne: { filter: unmovedOf(one.request), update: updateOf(one) },
      })),
      { ordered: false, ...(session && { session }) },
    );
    if (matchedCount === some.length) return new Set(some);
    const found = await requests
      .find({ _id: { $in: some.map(({ request }) => request._id) } }, { ...(session && { session }) })
      .toArray();
    const now = new Map(found.map((request) => [request._id, request]));
    return new Set(some.filter((one) => isTaken(one, now.get(one.request._id))));
  }

  const alone = steps.filter(({ beside }) => beside === undefined);
  const together = steps.filter(({ beside }) => beside !== undefined);
  const moved = new Set<Advancing>();
  if (alone.length > 0) for (const one of await movedOf(alone)) moved.add(one);
  if (together.length > 0) {
    const refs = [...new Set(together.flatMap(refsOf))];
    const written = await mongo.transaction(async (session) => {
      const ours = await movedOf(together, session);
      const found = await mongo.db
        .collection<StandingDocument>('standing')
        .find({ _id: { $in: refs } }, { session })
        .toArray();
      const standings = new Map(found.map(({ _id, ...standing }) => [_id, standing]));
      const all: Required<{ -readonly [K in keyof Beside]: unknown[] }> = {
        tasks: [],
        standings: [],
        outbox: [],
        audit: [],
      };
      for (const one of together) {
        if (!ours.has(one) || one.beside === undefined) continue;
        const { tasks = [], standings: changed = [], outbox = [], audit = [] } = one.beside(standings);
        // The next of the same person builds on it.
        for (const { _id, ...standing } of changed) standings.set(_id, standing);
        all.tasks.push(...tasks);
        all.standings.push(...changed);
        all.outbox.push(...outbox);
        all.audit.push(...audit);
      }
      await writeBeside(mongo.db, all as Beside, session);
      return ours;
    });
    for (const one of written) moved.add(one);
  }
  return steps.map((one) => moved.has(one));
}

const refsOf = ({ request, change }: Advancing) => (change.set?.lives ?? request.lives).map(({ ref }) => ref);

const changesOf = ({ before = [], change }: Advancing): Advance[] => [...before, change];

function updateOf(one: Advancing): UpdateFilter<RequestDocument> {
  const isUnplanned = one.change.unsetPlan === true;
  const { plan, ...rest } = Object.assign({}, ...changesOf(one).map(({ set }) => set)) as NonNullable<
    Advance['set']
  >;
  // A plan that is made and dropped before either is written never was.
  const set = plan === undefined || isUnplanned ? rest : { ...rest, plan };
  return {
    ...(Object.keys(set).length === 0 ? {} : { $set: set }),
    ...(isUnplanned ? { $unset: { plan: '' } } : {}),
    ...pushed(one.request, changesOf(one)),
  };
}

/** Whether it was this step that a request took. A step without a name leaves no trace: then somebody else may have. Pure. */
function isTaken(one: Advancing, now: RequestDocument | undefined): boolean {
  const taken = now?.steps[one.request.steps.length];
  const [step] = growthOf(one.request, changesOf(one)).steps;
  return step !== undefined && taken?.step === step.step && taken.at.getTime() === step.at.getTime();
}
