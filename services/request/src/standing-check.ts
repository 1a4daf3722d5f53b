import { appendAudit, KeiroError, type Kafkas, type Log, type Mongo } from '@keiro/runtime';
import {
  standingSchema,
  type OutboxDocument,
  type Ref,
  type Standing,
  type StandingDocument,
} from '@keiro/schemas';

/**
 * Whether this database is an old copy (invariant 6): Kafka knows every standing that was ever decided, so one that
 * the database lacks was decided after the backup that it was restored from.
 */

/** What the database lacks: to be written there as it is. Pure. */
export function behind(told: Iterable<Standing>, stored: ReadonlyMap<Ref, Standing>): Standing[] {
  return [...told].flatMap((standing) => {
    const own = stored.get(standing.ref);
    if (own === undefined) return [standing];
    // A life that has ended stays ended, whatever clocks say.
    const erasedThrough = Math.max(standing.erasedThrough, own.erasedThrough);
    if (standing.at > own.at) return [{ ...standing, erasedThrough }];
    return standing.erasedThrough > own.erasedThrough ? [{ ...own, erasedThrough }] : [];
  });
}

export type StandingCheck = 'off' | 'check' | 'replay';

const perCall = 500;

/** Throws where the database is behind, unless it is to be repaired: then what it lacks is written, with an entry in the audit. */
export async function checkStanding(
  how: StandingCheck,
  deps: { mongo: Mongo; kafka: Kafkas; log: Log; now: () => Date },
): Promise<void> {
  if (how === 'off') return;
  const { mongo, log, now } = deps;
  const standings = mongo.db.collection<StandingDocument>('standing');
  const told = [...(await toldBy(deps.kafka)).values()];
  const lacking: Standing[] = [];
  for (let from = 0; from < told.length; from += perCall) {
    const some = told.slice(from, from + perCall);
    const found = await standings.find({ _id: { $in: some.map(({ ref }) => ref) } }).toArray();
    lacking.push(...behind(some, new Map(found.map(({ _id, ...standing }) => [_id, standing]))));
  }
  if (lacking.length === 0) return;
  if (how === 'check') {
    throw new KeiroError(
      'behind',
      `this database lacks ${String(lacking.length)} decisions that rights.standing knows: it is older than the last of them. ` +
        'Restore a newer one, or set KEIRO_STANDING_CHECK=replay once to write them back: ' +
        'the requests behind them are not restored by that',
      { retryable: false },
    );
  }
  for (let from = 0; from < lacking.length; from += perCall) {
    const some = lacking.slice(from, from + perCall);
    await standings.bulkWrite(
      some.map((standing) => ({
        replaceOne: {
          filter: { _id: standing.ref },
          replacement: { _id: standing.ref, ...standing },
          upsert: true,
        },
      })),
    );
    // What an old database still means to publish about them would take them back.
    const refs = some.map(({ ref }) => ref);
    await mongo.db.collection<OutboxDocument>('outbox').deleteMany({ key: { $in: refs } });
  }
  const at = now();
  await appendAudit(mongo.db, [
    {
      _id: `standing-replay/${at.toISOString()}`,
      at,
      by: 'request',
      action: 'standing.replayed',
      detail: { refs: lacking.length },
    },
  ]);
  log.warn(
    { refs: lacking.length },
    'this database was older than rights.standing: what it lacked is written back',
  );
}

/** The newest standing of every ref that has one. */
async function toldBy(kafka: Kafkas): Promise<ReadonlyMap<Ref, Standing>> {
  const told = new Map<Ref, Standing>();
  const follower = await kafka.follow({
    topic: 'rights.standing',
    reader: 'request-check',
    from: 'beginning',
    onMessage: ({ key, value }) => {
      if (key === undefined) return;
      if (value === null) told.delete(key);
      else told.set(key, standingSchema.parse(JSON.parse(value.toString())));
    },
  });
  await follower.caughtUp;
  await follower.close();
  return told;
}
