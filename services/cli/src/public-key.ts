import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { keyIdOf } from '@keiro/schemas';
import { z } from 'zod';

/** What is needed of a JWK (RFC 8037), and of a key as `keiro audit keys` prints it. */
const keySchema = z.object({ x: z.string().regex(/^[\w-]{43}$/), crv: z.literal('Ed25519').optional() });
const fileSchema = z.union([z.object({ keys: z.array(keySchema).min(1) }), keySchema]);

/**
 * Ed25519 public keys of a file that the caller trusts: PEM, a JWK, a set of them, or what `keiro audit keys` wrote.
 */
export function readPublicKeys(path: string): { keyId: string; x: string }[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(path, `cannot be read (${messageOf(error)})`);
  }
  return (text.includes('-----BEGIN') ? [fromPem(text, path)] : fromJson(text, path)).map((x) => ({
    keyId: keyIdOf(x),
    x,
  }));
}

function fromPem(text: string, path: string): string {
  try {
    const { x, crv } = createPublicKey(text).export({ format: 'jwk' });
    if (crv === 'Ed25519' && x !== undefined) return x;
  } catch (error) {
    throw unusable(path, 'holds no public key', error);
  }
  throw unusable(path, 'holds a key that is not Ed25519');
}

function fromJson(text: string, path: string): string[] {
  try {
    const file = fileSchema.parse(JSON.parse(text));
    return 'keys' in file ? file.keys.map(({ x }) => x) : [file.x];
  } catch (error) {
    throw unusable(path, 'holds no Ed25519 public key as PEM, JWK or the output of keiro audit keys', error);
  }
}

const unusable = (path: string, why: string, cause?: unknown) =>
  new KeiroError('configuration', `--public-key: ${path} ${why}`, { retryable: false, cause });
