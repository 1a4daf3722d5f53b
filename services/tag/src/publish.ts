import type { Producer } from '@keiro/runtime';
import type { Encode } from '@keiro/runtime/registry';
import type { GroupTag, RecordDocument, Tagged } from '@keiro/schemas';
import { chunksBySize } from '@keiro/sdk';

/** A record as `lineage.tagged` tells it. Pure. */
export function toTagged(record: RecordDocument): Tagged {
  return {
    record: record._id,
    ref: record.ref,
    generation: record.generation,
    refs: [...record.refs],
    type: record.type,
    category: record.category,
    scope: record.scope,
    policy: record.policy,
    time: record.time.toISOString(),
    groups: record.groups.map(groupOf),
    position: record.position,
  };
}

function groupOf({ group, purposes, rule, start, end, cap }: GroupTag): Tagged['groups'][number] {
  return {
    group,
    purposes: [...purposes],
    rule,
    start,
    ...(end === undefined ? {} : { end: end.toISOString() }),
    ...(cap === undefined ? {} : { cap: cap.toISOString() }),
  };
}

/** Sends records to `lineage.tagged`; resolves when Kafka has all of them. */
export function createPublisher(
  producer: Producer,
  encode: Encode,
): (records: readonly RecordDocument[]) => Promise<void> {
  return async (records) => {
    const messages = records.map((record) => ({ key: record.ref, value: encode(toTagged(record)) }));
    for (const chunk of chunksBySize(messages, ({ value }) => value.length)) {
      await producer.send([{ topic: 'lineage.tagged', messages: chunk }]);
    }
  };
}
