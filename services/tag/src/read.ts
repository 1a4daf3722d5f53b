import { PoisonError, type Message } from '@keiro/runtime';
import type { Decoded } from '@keiro/runtime/registry';
import {
  catalogue,
  eventTypes,
  fromHeaders,
  wireSchemas,
  type EventType,
  type Imported,
  type Life,
  type QuarantineReason,
  type WireEnvelope,
  type WireValue,
} from '@keiro/schemas';
import { misfits, refusalOf } from '@keiro/sdk';

/** A collected event as it was read from a topic: in order, still sealed, not yet tagged. */
export interface Collected {
  readonly message: Message;
  readonly envelope: WireEnvelope;
  readonly wire: WireValue;
  /** Life of the primary ref. */
  readonly primary: Life;
  /** Of what a holder held before Keiro came. */
  readonly imported?: Imported;
}

/** Why a message can't be an event, and what may still be said about it in clear. */
export interface Refused {
  readonly message: Message;
  readonly reason: QuarantineReason;
  readonly detail: string;
  readonly type?: EventType;
}

/**
 * Reads one message of a `collection.*` topic: envelope from the headers, wire shape, and that all that will
 * stand in clear in the lineage store is a name that the catalogue knows, so that a stranger with the right
 * schema id can't get a value of his own into it. Pure.
 */
export function read(message: Message, decoded: Decoded | PoisonError | undefined): Collected | Refused {
  if (decoded === undefined) return { message, reason: 'unreadable', detail: 'not decoded' };
  if (decoded instanceof PoisonError) return { message, ...refusalOf(decoded) };
  const envelope = fromHeaders(message.headers);
  if (envelope === undefined) {
    return {
      message,
      reason: 'unreadable',
      detail: 'the headers hold no CloudEvents 1.0 envelope of a known type',
    };
  }
  const { type } = envelope;
  const malformed = (detail: string): Refused => ({ message, reason: 'malformed', detail, type });

  if (catalogue[type].topic !== message.topic)
    return malformed('the type of the event does not belong in this topic');
  const parsed = wireSchemas[type].safeParse(decoded.value);
  if (!parsed.success) return malformed(`not in the shape of ${type}: ${misfits(parsed.error)}`);
  const wire: WireValue = parsed.data;
  const primary = wire.refs[0];
  if (primary === undefined) return malformed('refs: is empty');
  if (message.key !== primary.ref) return malformed('key: is not the primary ref');
  const unknownNames = namesUnknownTo(type, wire);
  if (unknownNames !== undefined) return malformed(unknownNames);
  return { message, envelope, wire, primary };
}

interface Names {
  readonly groups: ReadonlySet<string>;
  readonly fields: ReadonlySet<string>;
}

const namesOf = new Map<EventType, Names>(
  eventTypes.map((type) => {
    const { groups } = catalogue[type];
    return [
      type,
      {
        groups: new Set(groups.map(({ id }) => id)),
        fields: new Set(groups.flatMap(({ fields }) => fields)),
      },
    ];
  }),
);

function namesUnknownTo(type: EventType, wire: WireValue): string | undefined {
  const names = namesOf.get(type);
  if (names === undefined) return `type: ${type} is not in the catalogue`;
  if (!wire.present.every((field) => names.fields.has(field)))
    return 'present: names a field that the type does not have';
  const groups = wire.sealed.map(({ group }) => group);
  if (!groups.every((group) => names.groups.has(group)))
    return 'sealed: names a group that the type does not have';
  if (new Set(groups).size !== groups.length) return 'sealed: names a group twice';
  return undefined;
}
