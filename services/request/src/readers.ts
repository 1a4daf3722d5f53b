import { standingAckSchema, standingLeaseMs, type StandingAck } from '@keiro/schemas';

/**
 * Who reads `rights.standing`, as far as `rights.acks` tells: which instances live, and how far each is. A
 * reader whose lease is over has stopped by itself and is waited for no more.
 */
export interface Readers {
  /** One message of `rights.acks`, in order; undefined where it is no acknowledgement. */
  heard(offset: bigint, ack: StandingAck | undefined): void;
  /** Whether every live reader has applied all before `offset`; if not, why not. */
  passed(
    offset: string,
  ): { passed: true; readers: Record<string, number> } | { passed: false; waitingFor: string };
  live(): { reader: string; instance: string; applied: string }[];
}

/**
 * `indispensable`: readers without whom nothing is believed. `listenMs`: how long to listen before every reader is
 * known; no shorter than the lease of one, unless each is heard sooner.
 */
export function createReaders(
  now: () => Date,
  indispensable: readonly string[],
  listenMs = standingLeaseMs,
): Readers {
  const known = new Map<string, { ack: StandingAck; until: number }>();
  /** Since when nothing was missed; undefined before the first message. */
  let listeningSince: number | undefined;
  let expected: bigint | undefined;

  const live = () => {
    const moment = now().getTime();
    for (const [instance, { until }] of known) if (until <= moment) known.delete(instance);
    return [...known.values()].map(({ ack }) => ack);
  };

  return {
    heard(offset, ack) {
      const moment = now().getTime();
      // A gap may have swallowed the only word of a reader: it has a full lease to speak again.
      if (listeningSince === undefined || offset !== expected) listeningSince = moment;
      expected = offset + 1n;
      if (ack === undefined) return;
      // Counted from when it was heard, which is later than the reader itself counts.
      if (ack.leaseMs === 0) known.delete(ack.instance);
      else known.set(ack.instance, { ack, until: moment + ack.leaseMs });
    },

    passed(offset) {
      if (listeningSince === undefined || now().getTime() < listeningSince + listenMs) {
        return { passed: false, waitingFor: 'a full lease, to know every reader of rights.standing' };
      }
      const readers = live();
      const missing = indispensable.filter((name) => !readers.some(({ reader }) => reader === name));
      if (missing.length > 0) return { passed: false, waitingFor: `${missing.join(' and ')} to be alive` };
      const behind = readers.filter(({ applied }) => BigInt(applied) < BigInt(offset));
      if (behind.length > 0) {
        const names = [...new Set(behind.map(({ reader }) => reader))].sort();
        return { passed: false, waitingFor: `${names.join(', ')} to apply the standing` };
      }
      const counts: Record<string, number> = {};
      for (const { reader } of readers) counts[reader] = (counts[reader] ?? 0) + 1;
      return { passed: true, readers: counts };
    },

    live: () => live().map(({ reader, instance, applied }) => ({ reader, instance, applied })),
  };
}

/** A message of `rights.acks`; undefined for what is none. */
export function parseAck(value: Buffer | null): StandingAck | undefined {
  if (value === null) return undefined;
  try {
    return standingAckSchema.parse(JSON.parse(value.toString()));
  } catch {
    return undefined;
  }
}
