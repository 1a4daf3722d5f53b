import { createHmac } from 'node:crypto';
import type { Ref, RefKind, SealRequest } from '@keiro/schemas';

/** Blind index of a normalised identifier: 24 bytes of HMAC-SHA256 over kind and value. */
export function refOf(pepper: Buffer, kind: RefKind, normalised: string): Ref {
  const digest = createHmac('sha256', pepper).update(`${kind}\0${normalised}`).digest();
  return `${kind}.${digest.subarray(0, 24).toString('base64url')}`;
}

/** What a person gives by own will: only that can start a new life after an erasure. */
type Asking = SealRequest['identifiers'][number]['type'];
const given: readonly Asking[] = ['registration', 'campaign', 'inquiry'];

/** Whether retention has ended the key of a life that nobody erased. Pure. */
export const isRetired = (one: {
  readonly wrapped: unknown;
  readonly generation: number;
  readonly erasedThrough: number;
  readonly retiredAt?: Date;
}): boolean => one.wrapped === null && one.retiredAt !== undefined && one.erasedThrough < one.generation;

/**
 * Whether an event starts the next life of a ref that was erased: it must be later than the erasure, and the
 * person must have given it. After retention any event does. Pure.
 */
export function mayRenew(
  past: { erasedAt?: Date | undefined; isRetired?: boolean },
  event: { type: Asking; time: Date },
): boolean {
  if (past.isRetired === true) return true;
  return given.includes(event.type) && (past.erasedAt === undefined || event.time > past.erasedAt);
}

/** Pseudo-group under whose key the identifier itself is kept. */
export const identifierGroup = 'identifier';
