import { PoisonError, ProblemError, type Message } from '@keiro/runtime';
import type { QuarantineDocument } from '@keiro/schemas';
import { open, quarantineAssociated, type SealedMessage } from '@keiro/sdk';

/**
 * The message that an entry holds, as it came from its topic; opened with the key of its day. 409 where nobody can
 * have it whole again: cut when it was set aside, settled meanwhile, or damaged. Pure.
 */
export function unseal(entry: QuarantineDocument, key: Buffer): Message {
  const { topic, partition, offset, sealed, at } = entry;
  if (sealed === undefined) throw new ProblemError(409, 'settled', 'the entry has been settled meanwhile');
  let content: SealedMessage;
  try {
    content = JSON.parse(
      open(key, sealed, quarantineAssociated(entry.by, entry)).toString(),
    ) as SealedMessage;
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error;
    throw new ProblemError(
      409,
      'does-not-open',
      'what was set aside does not open under the key of its day: have its producer send it again, and discard it',
    );
  }
  const value = content.value === null ? null : Buffer.from(content.value, 'base64');
  if ((value?.length ?? 0) < content.bytes) {
    throw new ProblemError(
      409,
      'cut',
      'it was too long to keep whole: have its producer send it again in smaller ones, and discard it',
    );
  }
  return {
    topic,
    partition,
    offset,
    // When it came is not kept; nothing that is decided depends on it.
    timestamp: at.getTime(),
    key: content.key ?? undefined,
    headers: content.headers,
    value,
  };
}
