import { z } from 'zod';

/**
 * A ref is the blind index of one identifier: `<kind>.<digest>`, where the digest is the first 24 bytes of
 * HMAC-SHA256(pepper, kind and normalised value) in base64url. Only the keys service can compute one.
 *
 * `unattributed` is not an identifier of a person: it names a source and a day, so that an event without
 * any identifier still has a key of its own that retention can destroy.
 */
export const refKinds = ['member', 'email', 'phone', 'payer', 'cookie', 'device', 'unattributed'] as const;
export type RefKind = (typeof refKinds)[number];

const refPattern = new RegExp(`^(${refKinds.join('|')})\\.[A-Za-z0-9_-]{32}$`);
export const refSchema = z.string().regex(refPattern, 'not a ref');
export type Ref = string;

export const isRef = (value: unknown): value is Ref => typeof value === 'string' && refPattern.test(value);

/** A ref in one of its lives. Erasure ends a generation; a person who registers anew starts the next one. */
export const lifeSchema = z.strictObject({ ref: refSchema, generation: z.int().min(1) });
export type Life = z.infer<typeof lifeSchema>;

export function kindOfRef(ref: Ref): RefKind {
  return ref.slice(0, ref.indexOf('.')) as RefKind;
}

export function lifeKey(life: Life): string {
  return `${life.ref}#${String(life.generation)}`;
}

/** Inverse of {@link lifeKey}. */
export function parseLifeKey(key: string): Life {
  const at = key.lastIndexOf('#');
  return { ref: key.slice(0, at), generation: Number(key.slice(at + 1)) };
}
