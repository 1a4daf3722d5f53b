import { randomBytes } from 'node:crypto';
import type { Message, Producer } from '@keiro/runtime';
import type { QuarantineDocument } from '@keiro/schemas';
import { createQuarantine, quarantineId, type KeysClient, type SetAside } from '@keiro/sdk';

/** Nothing here is sent: what is set aside goes to a store by the test's own hand. */
const noProducer: Producer = {
  send: () => Promise.reject(new Error('nothing is to be sent')),
  close: () => Promise.resolve(),
};

/** Entries as `tag` would have set them aside at a moment, really sealed under the key of that day. */
export async function heldSince(
  keys: Pick<KeysClient, 'quarantineKey'>,
  at: Date,
  items: readonly SetAside[],
): Promise<QuarantineDocument[]> {
  const quarantine = createQuarantine({
    producer: noProducer,
    keys,
    by: 'tag',
    now: () => at,
    random: randomBytes,
  });
  const sealed = await quarantine.seal(items);
  return sealed.map((one) => ({ ...one, _id: quarantineId(one.by, one), at }));
}

/** A message that is set aside, at a place of a collection topic where no other is. */
export function asideAs(
  reason: SetAside['reason'],
  { topic, key, headers, value }: Pick<Message, 'topic' | 'key' | 'headers' | 'value'>,
): SetAside {
  const offset = String(randomBytes(5).readUIntBE(0, 5));
  const message = { topic, partition: 0, offset, timestamp: 0, key, headers, value };
  return { message, reason, detail: 'as a test has it' };
}
