import { KeiroError } from '@keiro/runtime';
import {
  catalogue,
  factTopic,
  identifierKinds,
  normaliseIdentifier,
  splitEvent,
  toFactWire,
  toHeaders,
  type CollectionEvent,
  type EventType,
  type Fact,
  type FactWire,
  type Identifier,
  type Life,
  type WireValue,
} from '@keiro/schemas';
import { contentDigest, digestGroup, groupAssociated, seal } from './sealing.ts';

/** Under what an event is sealed: its person's own keys, by group, or the key of the day when the person is erased. */
export type SealingKeys =
  | { readonly kind: 'person'; readonly keys: ReadonlyMap<string, Buffer> }
  | { readonly kind: 'quarantine'; readonly day: string; readonly key: Buffer };

export interface EventKeys {
  /** The primary ref first. */
  readonly lives: readonly [Life, ...Life[]];
  readonly sealing: SealingKeys;
}

/** An event as Kafka gets it, its value not yet in the registry's format. */
export interface SealedEvent {
  readonly topic: string;
  /** The primary ref. */
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: WireValue;
}

/** A fact as Kafka gets it: nothing of it has to be sealed. */
export interface FactMessage extends Omit<SealedEvent, 'value'> {
  readonly value: FactWire;
}

const groupsByType = new Map<EventType, readonly string[]>(
  Object.values(catalogue).map(({ type, groups }) => [type, [...groups.map(({ id }) => id), digestGroup]]),
);

/** Every group whose key an event of a type may need. */
export const sealGroupsOf = (type: EventType): readonly string[] => groupsByType.get(type) ?? [];

/**
 * The identifiers of an event, normalised, in the order of priority: the first one's ref keys it. An event that
 * names nobody is kept under its source and day (UTC, of the event's own time, so that a retry finds the same).
 */
export function identifiersOf(event: CollectionEvent | Fact): [Identifier, ...Identifier[]] {
  const { subject } = event.data;
  const found: Identifier[] = [];
  for (const kind of identifierKinds) {
    const given = subject[kind];
    if (given !== undefined) found.push({ kind, value: normaliseIdentifier(kind, given) });
  }
  const [first, ...others] = found;
  if (first !== undefined) return [first, ...others];
  return [
    { kind: 'unattributed', value: `${event.source}/${new Date(event.time).toISOString().slice(0, 10)}` },
  ];
}

/**
 * Seals an event: what is personal goes into one blob per field group, the rest stays readable. Pure; `iv` gives
 * 12 random bytes at a time.
 *
 * The digest covers all that the producer gave, in a form that does not depend on the order of its fields.
 */
export function sealEvent(event: CollectionEvent, keys: EventKeys, iv: () => Buffer): SealedEvent {
  const { type, topic } = catalogue[event.type];
  const { id, source, time, policyversion, data } = event;
  const { readable, groups, present } = splitEvent(event);
  const [primary] = keys.lives;
  const { sealing } = keys;
  const site = data.site.toLowerCase();
  const scope = data.scope ?? { kind: 'ours' as const };

  let content = canonicalJson({ id, source, type, time, policyversion, site, scope, readable });
  const sealed = Object.entries(groups).map(([group, fields]) => {
    const text = canonicalJson(fields);
    // One line of JSON each, so that the whole can be read in one way only.
    content += `\n${group}\n${text}`;
    const associated = groupAssociated({ id, source, type }, primary, group);
    return { group, blob: seal(keyOf(sealing, group), Buffer.from(text), associated, iv()) };
  });

  const value: WireValue = {
    refs: [...keys.lives],
    sealedUnder: sealing.kind,
    ...(sealing.kind === 'quarantine' ? { day: sealing.day } : {}),
    site,
    scope,
    readable,
    present,
    sealed,
    digest: contentDigest(keyOf(sealing, digestGroup), content),
  };
  return { topic, key: primary.ref, headers: toHeaders({ id, source, type, time, policyversion }), value };
}

/** A fact with its identifiers made refs. Pure. */
export function factMessage(fact: Fact, { lives, sealing }: EventKeys): FactMessage {
  const { id, source, type, time, policyversion } = fact;
  return {
    topic: factTopic,
    key: lives[0].ref,
    headers: toHeaders({ id, source, type, time, policyversion }),
    value: toFactWire(fact, [...lives], sealing.kind === 'person' ? 'live' : 'erased'),
  };
}

function keyOf(sealing: SealingKeys, group: string): Buffer {
  if (sealing.kind === 'quarantine') return sealing.key;
  const key = sealing.keys.get(group);
  if (key === undefined) {
    throw new KeiroError('keys-incomplete', `the keys service gave no key for group ${group}`, {
      retryable: false,
    });
  }
  return key;
}

/** JSON whose bytes do not depend on the order in which fields were set. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const result: Record<string, unknown> = {};
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields).sort()) result[name] = sorted(fields[name]);
  return result;
}
