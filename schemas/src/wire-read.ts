import { z } from 'zod';
import { catalogue, type EventType } from './events/index.ts';
import { isRef } from './refs.ts';
import { sealedUnderSchema, wireSchemas, type WireValue } from './wire.ts';

/**
 * A decoded value as its wire schema accepts it, or undefined. Every reader does this for every event, so that what is
 * as nearly all are is seen by a check that makes no garbage, in a fraction of the time. The schema alone refuses: what
 * the check is not sure of is put to it.
 */
export function readWire(type: EventType, decoded: unknown): WireValue | undefined {
  if (isPlain(decoded) && catalogue[type].readableSchema.safeParse(decoded.readable).success) return decoded;
  const parsed = wireSchemas[type].safeParse(decoded);
  return parsed.success ? parsed.data : undefined;
}

/** Whether the schema is sure to accept all but `readable`: everything that it says, for an event of a user of ours. */
function isPlain(value: unknown): value is WireValue {
  if (!isObject(value) || countOf(value) !== 8) return false;
  const { refs, sealedUnder, site, scope, readable, present, sealed, digest } = value;
  return (
    isList(refs, 8) &&
    refs.length > 0 &&
    refs.every(isLife) &&
    sealedUnder === sealedUnderSchema.enum.person &&
    typeof site === 'string' &&
    site.length <= 253 &&
    z.regexes.hostname.test(site) &&
    isObject(scope) &&
    countOf(scope) === 1 &&
    scope['kind'] === 'ours' &&
    isObject(readable) &&
    isList(present, 64) &&
    present.every(isName) &&
    isList(sealed, 16) &&
    sealed.every(isSealed) &&
    typeof digest === 'string' &&
    digestPattern.test(digest)
  );
}

const digestPattern = /^[A-Za-z0-9_-]{22}$/;

const isLife = (life: unknown): boolean =>
  isObject(life) &&
  countOf(life) === 2 &&
  isRef(life['ref']) &&
  Number.isSafeInteger(life['generation']) &&
  Number(life['generation']) >= 1;

const isName = (name: unknown): boolean => typeof name === 'string' && name.length <= 64;

const isSealed = (one: unknown): boolean =>
  isObject(one) &&
  countOf(one) === 2 &&
  typeof one['group'] === 'string' &&
  typeof one['blob'] === 'string' &&
  isBase64(one['blob']);

const scratch = Buffer.allocUnsafeSlow(16_384);

/**
 * By decoding it, which is five times as quick as an expression on what looks random: what is no base64 is left out, so
 * that fewer bytes come of it than its length says. `-` and `_` would be taken, too.
 */
function isBase64(text: string): boolean {
  const { length } = text;
  if (length % 4 !== 0 || length > scratch.length || text.includes('-') || text.includes('_')) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return scratch.write(text, 'base64') === (length / 4) * 3 - padding;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown, most: number): value is unknown[] =>
  Array.isArray(value) && value.length <= most;

/** Own keys of what JSON made; without a list of them. */
function countOf(value: object): number {
  let count = 0;
  for (const name in value) if (Object.hasOwn(value, name)) count += 1;
  return count;
}
