import { randomBytes } from 'node:crypto';
import type { OutgoingMessage } from '@keiro/runtime';
import { wireSubject, type EventType } from '@keiro/schemas';
import { wireEvent, type WireEvent, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import type { Pipeline } from './pipeline.ts';

/** A sealed event whose blobs nobody can open; all that `tag` looks at is outside them. */
export const sealedEvent = (spec: WireEventSpec): WireEvent => wireEvent(spec, randomBytes);

/** Events of one type as registry messages, as a producing service would send them. */
export async function encoded(
  pipeline: Pipeline,
  type: EventType,
  events: readonly WireEvent[],
): Promise<OutgoingMessage[]> {
  const encode = await pipeline.registry.encoder(wireSubject(type));
  return events.map(({ key, headers, value }) => ({ key, headers, value: encode(value) }));
}

/** Sends events of one type, in the order given, 500 at a time because a broker takes about 1 MB at once. */
export async function produce(
  pipeline: Pipeline,
  type: EventType,
  events: readonly WireEvent[],
): Promise<void> {
  const messages = await encoded(pipeline, type, events);
  for (let from = 0; from < messages.length; from += 500) {
    await pipeline.producer.send([
      { topic: `collection.${type}`, messages: messages.slice(from, from + 500) },
    ]);
  }
}
