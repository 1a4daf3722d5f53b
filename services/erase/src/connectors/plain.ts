import { types } from 'node:util';
import type { ExportedItem } from '@keiro/schemas';

type Json = ExportedItem['fields'][string];

/** A driver's value as plain JSON, nothing of it lost: instants as ISO 8601, bytes in base64, large numbers as text. */
export function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return typeof value === 'bigint' ? String(value) : null;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (Array.isArray(value)) return value.map((one) => plain(one));
  // MongoDB's own types: bytes first, the others (ids, decimals, long integers) have a text of their own.
  const { _bsontype: bson } = value as { _bsontype?: unknown };
  if (bson === 'Binary') return plain((value as { buffer: unknown }).buffer);
  if (typeof bson === 'string') return (value as { toString: () => string }).toString();
  return plainFields(value);
}

export function plainFields(value: object): Record<string, Json> {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
