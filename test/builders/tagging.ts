import { randomUUID } from 'node:crypto';
import {
  collectionTopics,
  recordId,
  type EventType,
  type LinkDocument,
  type QuarantineDocument,
  type RecordDocument,
} from '@keiro/schemas';
import { lifeOf, type WireEvent, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import type { Collection } from 'mongodb';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { sealedEvent } from './wire.ts';

/** A pipeline of which `tag` is to be part, and what it keeps. */
export interface Tagging {
  readonly pipeline: Pipeline;
  readonly records: Collection<RecordDocument>;
  readonly links: Collection<LinkDocument>;
  readonly quarantine: Collection<QuarantineDocument>;
  /** Waits until all that is in Kafka now has been handled. */
  settled(timeoutMs?: number): Promise<void>;
  reasonsOf(filter: { ref?: string; record?: string }): Promise<string[]>;
}

export async function createTagging(name: string): Promise<Tagging> {
  const pipeline = await createPipeline(name, [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
  ]);
  const quarantine = pipeline.mongo.db.collection<QuarantineDocument>('quarantine');
  return {
    pipeline,
    records: pipeline.mongo.db.collection('records'),
    links: pipeline.mongo.db.collection('links'),
    quarantine,
    async settled(timeoutMs) {
      await pipeline.passed('keiro.tag', collectionTopics, timeoutMs);
      await pipeline.passed('keiro.quarantine', ['quarantine'], timeoutMs);
    },
    reasonsOf: async (filter) => (await quarantine.find(filter).toArray()).map(({ reason }) => reason),
  };
}

/** An event of a person nobody has seen, unless the spec says whom. */
export function someEvent(spec: Partial<WireEventSpec> & { type: EventType }): {
  event: WireEvent;
  record: string;
  ref: string;
} {
  const id = spec.id ?? randomUUID();
  const refs = spec.refs ?? [lifeOf('member', randomUUID())];
  const [primary] = refs;
  if (primary === undefined) throw new Error('an event has a primary ref');
  return {
    event: sealedEvent({ ...spec, id, refs }),
    record: recordId(primary, spec.source ?? 'bench', id),
    ref: primary.ref,
  };
}
