import { randomUUID } from 'node:crypto';
import { KeiroError, type Kafkas, type Log, type Producer } from '@keiro/runtime';
import { standingLeaseMs, standingSchema, type Ref, type Standing, type StandingAck } from '@keiro/schemas';

/**
 * Keeps the standing of every ref that has one in memory, from the compacted topic `rights.standing`, and
 * tells `rights.acks` how far it has come. Only suspended and erased persons have a standing, so the map is
 * small beside the number of persons.
 *
 * The acknowledgement is what lets an erasure say that nothing is in flight any more: it covers an offset only
 * when every batch that began before the offset was applied has ended. The reader's lease makes it sound: an
 * instance that cannot renew its lease refuses to begin a batch.
 */
export interface StandingFollower {
  readonly get: (ref: Ref) => Standing | undefined;
  /** Every standing that there is. */
  all(): Iterable<Standing>;
  /** Number of refs that have a standing. */
  readonly size: number;
  /** Runs one batch under the lease. Throws retryably while the lease can't be held. */
  inFlight<T>(work: () => Promise<T>): Promise<T>;
  /** Called for every change that arrives after the first catching up, with what was known before. */
  onChange(listener: (standing: Standing, before: Standing | undefined) => void): void;
  /** Throws while behind, or without a lease. */
  assertCurrent(): void;
  close(): Promise<void>;
}

const leaseMs = standingLeaseMs;
const renewEveryMs = 2000;

export async function followStanding(options: {
  kafka: Kafkas;
  producer: Producer;
  /** Who reads: `keys`, `tag` or a holder. */
  reader: string;
  log: Log;
  now: () => Date;
}): Promise<StandingFollower> {
  const { producer, reader, log, now } = options;
  const instance = randomUUID();
  const standings = new Map<Ref, Standing>();
  const listeners: ((standing: Standing, before: Standing | undefined) => void)[] = [];
  let caughtUp = false;
  let applied = 0n;
  let acknowledged = -1n;
  let leaseUntil = 0;
  let closed = false;
  /** Offsets that were applied when each batch in flight began. */
  const inFlight = new Map<symbol, bigint>();
  let sending: Promise<void> | undefined;

  /** The offset before which no batch in flight can have missed a change. */
  const settled = (): bigint => {
    let lowest = applied;
    for (const began of inFlight.values()) if (began < lowest) lowest = began;
    return lowest;
  };

  async function acknowledge(): Promise<void> {
    const offset = settled();
    const at = now();
    const ack: StandingAck = { reader, instance, applied: offset.toString(), leaseMs, at: at.toISOString() };
    await producer.send([
      { topic: 'rights.acks', messages: [{ key: reader, value: Buffer.from(JSON.stringify(ack)) }] },
    ]);
    acknowledged = offset;
    // Counted from before the send, so that we stop before others think that we have.
    leaseUntil = at.getTime() + leaseMs;
  }

  function sendSoon(): void {
    if (sending !== undefined || closed || !caughtUp) return;
    sending = acknowledge()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'could not acknowledge standing');
      })
      .finally(() => {
        sending = undefined;
        if (settled() > acknowledged && leaseUntil > 0) sendSoon();
      });
  }

  const follower = await options.kafka.follow({
    topic: 'rights.standing',
    reader,
    from: 'beginning',
    onMessage: (message) => {
      if (message.key === undefined) return;
      if (message.value === null) {
        standings.delete(message.key);
        return;
      }
      const standing = standingSchema.parse(JSON.parse(message.value.toString()));
      const before = standings.get(standing.ref);
      standings.set(standing.ref, standing);
      if (caughtUp) for (const listener of listeners) listener(standing, before);
    },
    onProgress: (next) => {
      applied = next;
      sendSoon();
    },
  });
  await follower.caughtUp;
  caughtUp = true;
  await acknowledge();
  const renewal = setInterval(sendSoon, renewEveryMs);

  function assertCurrent(): void {
    if (now().getTime() >= leaseUntil) {
      throw new KeiroError(
        'behind',
        `${reader} can't be sure of anyone's standing: Kafka does not take its lease`,
        {
          retryable: true,
        },
      );
    }
  }

  return {
    get: (ref) => standings.get(ref),
    all: () => standings.values(),
    get size() {
      return standings.size;
    },
    async inFlight(work) {
      assertCurrent();
      const batch = Symbol('batch');
      inFlight.set(batch, applied);
      try {
        return await work();
      } finally {
        inFlight.delete(batch);
        if (settled() > acknowledged) sendSoon();
      }
    },
    onChange: (listener) => void listeners.push(listener),
    assertCurrent,
    async close() {
      closed = true;
      clearInterval(renewal);
      await sending;
      await follower.close();
      // Giving the lease back lets an erasure go on without waiting for it to run out.
      const at = now().toISOString();
      const last: StandingAck = { reader, instance, applied: applied.toString(), leaseMs: 0, at };
      await producer.send([
        { topic: 'rights.acks', messages: [{ key: reader, value: Buffer.from(JSON.stringify(last)) }] },
      ]);
    },
  };
}
