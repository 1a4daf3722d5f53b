import type { Message } from '@keiro/runtime';
import {
  catalogue,
  effectiveFrom,
  fromHeaders,
  holds,
  isBeyondPurpose,
  lifeKey,
  readWire,
  recordId,
  untimely,
  usesFor,
  type Category,
  type Life,
  type Policies,
  type Policy,
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
  /** The envelope's. */
  readonly time: Date;
  readonly primary: Life;
  /** The primary's `lifeKey`. */
  readonly life: string;
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

/** What a purpose may see of one decoded message, under the policy of its time. */
export type Admit = (message: Message, decoded: unknown) => GuardedMessage | PassedOver;

/** What one version of the policy says of a purpose. */
interface UnderVersion {
  readonly rules: Policy;
  readonly effective: number;
  readonly isBeyond: boolean;
  /** How the purpose may use a group; filled as groups come. */
  readonly uses: Map<string, ReturnType<typeof usesFor>>;
}

/** Judges the messages of one batch: what follows from a version alone is asked once. Pure. */
export function admitter(purpose: PurposeId, policies: Policies, now: Date): Admit {
  const versions = new Map<string, UnderVersion | undefined>();

  function under(version: string): UnderVersion | undefined {
    if (versions.has(version)) return versions.get(version);
    const rules = policies.get(version);
    const known = rules && {
      rules,
      effective: effectiveFrom(rules),
      isBeyond: isBeyondPurpose(policies, rules.version, purpose, now),
      uses: new Map<string, ReturnType<typeof usesFor>>(),
    };
    versions.set(version, known);
    return known;
  }

  function covers({ rules, uses }: UnderVersion, group: string, value: WireValue): boolean {
    let known = uses.get(group);
    if (known === undefined) uses.set(group, (known = usesFor(rules, group, purpose)));
    return known.some(({ when }) => holds(when, value.readable));
  }

  return (message, decoded) => {
    const envelope = fromHeaders(message.headers);
    if (envelope === undefined) return 'unreadable';
    const definition = catalogue[envelope.type];
    if (definition.topic !== message.topic && message.topic !== 'custody.withheld') return 'unreadable';
    const value = readWire(envelope.type, decoded);
    const primary = value?.refs[0];
    const version = under(envelope.policyversion);
    if (value === undefined || primary === undefined || version === undefined) return 'unreadable';
    const time = new Date(envelope.time);
    if (untimely(time.getTime(), version.effective, now.getTime()) !== undefined) return 'untimely';
    if (value.sealedUnder !== 'person') return 'sealed-for-nobody';
    if (value.scope.kind !== 'ours') return 'entrusted';
    const covered = value.sealed.filter(({ group }) => covers(version, group, value));
    if (covered.length === 0) return 'purpose-does-not-cover';
    if (version.isBeyond) return 'needs-consent';
    return {
      message,
      envelope,
      value,
      time,
      primary,
      life: lifeKey(primary),
      record: recordId(primary, envelope.source, envelope.id),
      category: definition.category,
      covered,
    };
  };
}
