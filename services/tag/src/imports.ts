import { PoisonError, type Message } from '@keiro/runtime';
import type { Decoded } from '@keiro/runtime/registry';
import {
  catalogue,
  eventTypes,
  importFromHeaders,
  importWireSchema,
  kindOfRef,
  type Category,
  type EventType,
  type WireValue,
} from '@keiro/schemas';
import { misfits, refusalOf } from '@keiro/sdk';
import type { Collected, Refused } from './read.ts';

const typeOf = Object.fromEntries(eventTypes.map((type) => [catalogue[type].category, type])) as Record<
  Category,
  EventType
>;

/**
 * Reads one message of `collection.imports` as if it were the event that nobody sent: of the type of its category,
 * with the groups that the fields which the holder has belong to. Nothing of it is sealed, because no value of it
 * is there. Pure.
 */
export function readImport(
  message: Message,
  decoded: Decoded | PoisonError | undefined,
): Collected | Refused {
  if (decoded === undefined) return { message, reason: 'unreadable', detail: 'not decoded' };
  if (decoded instanceof PoisonError) return { message, ...refusalOf(decoded) };
  const envelope = importFromHeaders(message.headers);
  if (envelope === undefined) {
    const detail = 'the headers hold no CloudEvents 1.0 envelope of an import';
    return { message, reason: 'unreadable', detail };
  }
  const malformed = (detail: string): Refused => ({ message, reason: 'malformed', detail });
  const parsed = importWireSchema.safeParse(decoded.value);
  if (!parsed.success) return malformed(`not in the shape of an import: ${misfits(parsed.error)}`);
  const { holder, refs, category, present, conditions, collected, version, ...rest } = parsed.data;
  const type = typeOf[category];
  const [primary] = refs;
  if (primary === undefined) return malformed('refs: is empty');
  if (kindOfRef(primary.ref) === 'unattributed') return malformed('refs: is of nobody');
  if (message.key !== primary.ref) return malformed('key: is not the primary ref');

  const named = new Set(present);
  const groups = catalogue[type].groups.filter(({ fields }) => fields.some((field) => named.has(field)));
  const known = new Set(groups.flatMap(({ fields }) => fields));
  if (!present.every((field) => known.has(field)))
    return malformed('present: names a field that the category does not have');

  const wire: WireValue = {
    ...rest,
    refs,
    sealedUnder: 'person',
    readable: conditions,
    present,
    sealed: groups.map(({ id }) => ({ group: id, blob: '' })),
  };
  return {
    message,
    envelope: { ...envelope, type },
    wire,
    primary,
    imported: { holder, collected, version },
  };
}
