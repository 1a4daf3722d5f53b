import type { Message } from '@keiro/runtime';
import {
  catalogue,
  effectiveFrom,
  fromHeaders,
  isBeyondPurpose,
  recordId,
  serves,
  untimely,
  wireSchemas,
  type Category,
  type Life,
  type Policies,
  type PurposeId,
  type SealedGroup,
  type WireEnvelope,
  type WireValue,
} from '@keiro/schemas';

/** An event that a guarded consumer may look at, still sealed. */
export interface GuardedMessage {
  readonly message: Message;
  readonly envelope: WireEnvelope;
  readonly value: WireValue;
  readonly primary: Life;
  readonly record: string;
  readonly category: Category;
  /** The sealed groups that the purpose covers, and no other. */
  readonly covered: readonly SealedGroup[];
}

/**
 * Why a message is not for this consumer. `unreadable` and `untimely` ones are set aside by `tag`, which sees every
 * message; the others are in order and concern somebody else. `needs-consent`: what the purpose means has changed since,
 * beyond what was said when it was collected (APPI 18(1)).
 */
export type PassedOver =
  'unreadable' | 'untimely' | 'entrusted' | 'sealed-for-nobody' | 'purpose-does-not-cover' | 'needs-consent';

/** What a purpose may see of one decoded message, under the policy of its time. Pure. */
export function admit(
  message: Message,
  decoded: unknown,
  purpose: PurposeId,
  policies: Policies,
  now: Date,
): GuardedMessage | PassedOver {
  const envelope = fromHeaders(message.headers);
  if (envelope === undefined) return 'unreadable';
  const definition = catalogue[envelope.type];
  const parsed = wireSchemas[envelope.type].safeParse(decoded);
  if (definition.topic !== message.topic && message.topic !== 'custody.withheld') return 'unreadable';
  if (!parsed.success) return 'unreadable';
  const value: WireValue = parsed.data;
  const primary = value.refs[0];
  const rules = policies.get(envelope.policyversion);
  if (primary === undefined || rules === undefined) return 'unreadable';
  if (untimely(Date.parse(envelope.time), effectiveFrom(rules), now.getTime()) !== undefined)
    return 'untimely';
  if (value.sealedUnder !== 'person') return 'sealed-for-nobody';
  if (value.scope.kind !== 'ours') return 'entrusted';
  const covered = value.sealed.filter(({ group }) => serves(rules, group, purpose, value.readable));
  if (covered.length === 0) return 'purpose-does-not-cover';
  if (isBeyondPurpose(policies, rules.version, purpose, now)) return 'needs-consent';
  return {
    message,
    envelope,
    value,
    primary,
    record: recordId(primary, envelope.source, envelope.id),
    category: definition.category,
    covered,
  };
}
