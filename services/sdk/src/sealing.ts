import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { lifeKey, type Life } from '@keiro/schemas';
import { PoisonError } from '@keiro/runtime/errors';

/**
 * How personal values are sealed. Three levels of keys, each derived (HKDF-SHA256) from the one before:
 *
 *   data key   one per ref and generation, never leaves the keys service
 *   group key  data key + group id: what a guarded consumer gets, if its purpose covers the group
 *   seal key   group key + source: what a producer gets. It opens only what that producer sealed itself, so
 *              that the right to seal is no right to read
 *
 * Keys are 32 bytes. HKDF's expand step alone (RFC 5869, 2.3, one block): every parent is uniformly random
 * already, so that there is nothing to extract (3.3), and it costs a quarter of `hkdfSync`.
 */
export function deriveKey(parent: Buffer, info: string): Buffer {
  return createHmac('sha256', parent).update(info).update('\x01').digest();
}

export const groupKeyOf = (dataKey: Buffer, group: string) => deriveKey(dataKey, `keiro/group/${group}`);
export const sealKeyOf = (groupKey: Buffer, source: string) => deriveKey(groupKey, `keiro/source/${source}`);

/** Derived from a request's own key: seals what one holder is told of the request. */
export const directiveKeyOf = (requestKey: Buffer, holder: string) =>
  deriveKey(requestKey, `keiro/directive/${holder}`);

/** What holders have of the person is kept under it until the pack is made (R1). */
export const exportKeyOf = (requestKey: Buffer) => deriveKey(requestKey, 'keiro/export');

/** Derived from a master of its own: with it a holder proves its custody reports. */
export const reportKeyOf = (master: Buffer, holder: string) => deriveKey(master, `keiro/report/${holder}`);

/** Pseudo-groups: keys that belong to a person but to no field group. */
export const digestGroup = 'digest';
export const custodyGroup = 'custody';

const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM; base64 of iv, ciphertext, tag. `iv` is passed in: 12 random bytes, never used twice. */
export function seal(key: Buffer, plaintext: Buffer, associated: string, iv: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(associated));
  const body = cipher.update(plaintext);
  const rest = cipher.final();
  return Buffer.concat([iv, body, rest, cipher.getAuthTag()]).toString('base64');
}

/** Throws {@link PoisonError} `does-not-open` for a wrong key, wrong associated data or damaged blob. */
export function open(key: Buffer, blob: string, associated: string): Buffer {
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.length < ivBytes + tagBytes) throw new PoisonError('does-not-open', 'a blob that is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes));
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  try {
    const plaintext = decipher.update(bytes.subarray(ivBytes, bytes.length - tagBytes));
    // GCM is a stream: there is no last block to come, only the tag to be checked.
    decipher.final();
    return plaintext;
  } catch (error) {
    throw new PoisonError('does-not-open', 'a blob that its key does not open', error);
  }
}

/** Binds a sealed group to its event, so that a blob moved to another event does not open. */
export const groupAssociated = (event: BoundEvent, life: Life, group: string): string =>
  eventAssociated(event, lifeKey(life)) + group;

/** What is the same for every group of an event; `life` by its key. */
export const eventAssociated = ({ source, id, type }: BoundEvent, life: string): string =>
  `${source}\n${id}\n${type}\n${life}\n`;

interface BoundEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
}

/** Binds a locator to the copy that it locates. */
export function locatorAssociated(holder: string, record: string): string {
  return `locator\n${holder}\n${record}`;
}

/** Keyed digest (base64url, 22 characters) of an event's content: equal for a retry, telling nothing without the key. */
export function contentDigest(key: Buffer, canonical: string): string {
  return createHmac('sha256', key).update(canonical).digest('base64url').slice(0, 22);
}
