import { createBatches, reached, type Admin, type Positions } from '@keiro/runtime';
import { collectionTopics, custodyTopics } from '@keiro/schemas';

/** How far the consumers are that a deletion has to wait for. */
export interface ConsumerPositions {
  collectionEnds(): Promise<Positions>;
  custodyEnds(): Promise<Positions>;
  quarantineEnds(): Promise<Positions>;
  /** Whether what was set aside before these is kept. */
  setAside(wanted: Positions): Promise<boolean>;
  /** Whether `tag` has committed past these. */
  tagged(wanted: Positions): Promise<boolean>;
  /** Whether `transfer` has committed past these. */
  transferred(wanted: Positions): Promise<boolean>;
}

/** Answers of the broker are shared by all requests that ask within this time. */
const sharedForMs = 25;

export function readPositions(options: {
  admin: Admin;
  groupSuffix: string;
  now: () => Date;
}): ConsumerPositions {
  const { admin, groupSuffix, now } = options;
  const shared = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
    let answer: { promise: Promise<T>; until: number } | undefined;
    return () => {
      const moment = now().getTime();
      if (answer === undefined || answer.until <= moment)
        answer = { promise: ask(), until: moment + sharedForMs };
      return answer.promise;
    };
  };
  // Shared by those who ask before the broker is asked: an end from before a request does not cover what was sent until then.
  const ends = (topics: readonly string[]) => {
    const ask = createBatches(async (asked: readonly undefined[]) => {
      const found = await admin.unreadEnds(topics);
      return asked.map(() => found);
    });
    return () => ask(undefined);
  };
  // Old answers are safe here: a committed offset only grows.
  const tag = shared(() => admin.committed(`keiro.tag${groupSuffix}`, collectionTopics));
  const transfer = shared(() => admin.committed(`keiro.transfer${groupSuffix}`, custodyTopics));
  return {
    collectionEnds: ends(collectionTopics),
    custodyEnds: ends(custodyTopics),
    quarantineEnds: ends(['quarantine']),
    setAside: async (wanted) =>
      reached(wanted, await admin.committed(`keiro.quarantine${groupSuffix}`, ['quarantine'])),
    tagged: async (wanted) => reached(wanted, await tag()),
    transferred: async (wanted) => reached(wanted, await transfer()),
  };
}
