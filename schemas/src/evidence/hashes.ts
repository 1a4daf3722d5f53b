import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical.ts';

/* Base64url in its one right spelling: with loose last bits two texts would stand for the same bytes. */

/** 32 bytes: a SHA-256 hash, or an Ed25519 public key. */
export const hashSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'wants 32 bytes in base64url');

/** 64 bytes: an Ed25519 signature. */
export const signatureSchema = z.string().regex(/^[A-Za-z0-9_-]{85}[AQgw]$/, 'wants 64 bytes in base64url');

/** SHA-256 over the canonical JSON of a value (base64url). */
export const digestOf = (value: unknown): string => hash('sha256', canonicalJson(value), 'base64url');
