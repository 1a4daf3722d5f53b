import { PoisonError } from '@keiro/runtime';
import type { Category, EventType } from '@keiro/schemas';
import type { GuardedMessage } from './guard.ts';
import type { Released } from './released-keys.ts';
import { eventAssociated, open } from './sealing.ts';

/** One event as the purpose may see it. */
export interface GuardedEvent {
  /** Record id: the same for every retry, so that a store writes one row. */
  readonly record: string;
  readonly ref: string;
  readonly generation: number;
  readonly type: EventType;
  readonly category: Category;
  readonly time: Date;
  readonly site: string;
  readonly readable: Readonly<Record<string, unknown>>;
  /** The person's identifiers by kind, as the producer gave them. */
  readonly subject: Readonly<Record<string, string>>;
  /** Personal fields of the groups that the purpose covers. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Opens the covered groups; undefined where one does not open. */
export function openEvent(
  guarded: GuardedMessage,
  key: Extract<Released, { state: 'released' }>,
): GuardedEvent | undefined {
  const { envelope, primary, value } = guarded;
  const associated = eventAssociated(envelope, guarded.life);
  const fields: Record<string, unknown> = {};
  let subject: GuardedEvent['subject'] = {};
  for (const { group, blob } of guarded.covered) {
    const groupKey = key.groupKey(group, envelope.source);
    if (groupKey === undefined) return undefined;
    try {
      const content = JSON.parse(open(groupKey, blob, associated + group).toString()) as {
        subject?: Record<string, string>;
      };
      // The identifiers are a group of their own.
      if (content.subject === undefined) Object.assign(fields, content);
      else subject = content.subject;
    } catch (error) {
      if (error instanceof PoisonError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
  return {
    record: guarded.record,
    ref: primary.ref,
    generation: primary.generation,
    type: envelope.type,
    category: guarded.category,
    time: guarded.time,
    site: value.site,
    readable: value.readable,
    subject,
    fields,
  };
}
