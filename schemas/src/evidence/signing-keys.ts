import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import { digestOf, hashSchema, signatureSchema } from './hashes.ts';

/** What a key said of the one that took its place: who trusts the first key can trust each later one. */
export const endorsementSchema = z.strictObject({ by: hashSchema, signature: signatureSchema });

/** The public half of a key that signs, or signed, evidence (S1). */
export const signingKeySchema = z.strictObject({
  /** RFC 7638 thumbprint of the key. */
  keyId: hashSchema,
  /** Ed25519 public key. */
  x: hashSchema,
  createdAt: z.iso.datetime(),
  /** Absent: the first one. */
  endorsement: endorsementSchema.optional(),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

/** GET /v1/audit/keys. Oldest first; a key that was replaced stays, to verify what it signed. */
export const signingKeysSchema = z.strictObject({
  active: hashSchema,
  keys: z.array(signingKeySchema).min(1),
});
export type SigningKeys = z.infer<typeof signingKeysSchema>;

export const keyIdOf = (x: string): string => digestOf({ crv: 'Ed25519', kty: 'OKP', x });

export const publicKeyOf = (x: string): KeyObject =>
  createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });

/** What the old key signs of the new one. */
export const endorsedText = ({ keyId, x, createdAt }: Omit<SigningKey, 'endorsement'>): string =>
  canonicalJson({ format: 'keiro-signing-key/1', keyId, x, createdAt });

export const isSigned = (text: string, signature: string, x: string): boolean =>
  verify(null, Buffer.from(text), publicKeyOf(x), Buffer.from(signature, 'base64url'));

/**
 * The keys that can be believed, by id: `trusted` themselves, and each that one of them has endorsed, in a row. A key
 * whose id is not its own is left out. Pure.
 */
export function believedKeys(
  trusted: readonly Pick<SigningKey, 'keyId' | 'x'>[],
  published: readonly SigningKey[],
): Map<string, string> {
  const believed = new Map(trusted.map(({ keyId, x }) => [keyId, x]));
  for (let known = -1; known !== believed.size;) {
    known = believed.size;
    for (const key of published) {
      const by = key.endorsement === undefined ? undefined : believed.get(key.endorsement.by);
      if (by === undefined || believed.has(key.keyId) || keyIdOf(key.x) !== key.keyId) continue;
      if (isSigned(endorsedText(key), key.endorsement?.signature ?? '', by)) believed.set(key.keyId, key.x);
    }
  }
  return believed;
}
