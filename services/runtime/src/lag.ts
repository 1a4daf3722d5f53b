import { every } from './every.ts';
import type { Kafkas, Positions, Running } from './kafka-types.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Messages that a group has still to read, per topic. Pure. */
export function lagOf(ends: Positions, committed: Positions): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ends).map(([topic, partitions]) => [
      topic,
      Object.entries(partitions).reduce((sum, [partition, end]) => {
        const behind = BigInt(end) - BigInt(committed[topic]?.[Number(partition)] ?? '0');
        return sum + Math.max(0, Number(behind));
      }, 0),
    ]),
  );
}

/** Keeps a gauge of how far a group is behind, measured every `everyMs` (default 5 s) on a connection of its own. */
export async function watchLag(options: {
  kafka: Kafkas;
  group: string;
  topics: readonly string[];
  metrics: Metrics;
  log: Log;
  everyMs?: number;
}): Promise<Running> {
  const { group, topics, log } = options;
  const gauge = options.metrics.gauge('keiro_consumer_lag', 'Messages still to be read, by topic', ['topic']);
  const admin = await options.kafka.admin();

  async function measure(): Promise<void> {
    const [ends, committed] = await Promise.all([admin.endOffsets(topics), admin.committed(group, topics)]);
    for (const [topic, behind] of Object.entries(lagOf(ends, committed))) gauge.set({ topic }, behind);
  }
  const measuring = every({ what: 'the lag', everyMs: options.everyMs ?? 5000, log }, measure);

  return {
    async close() {
      await measuring.close();
      await admin.close();
    },
  };
}
