import { hash } from 'node:crypto';
import { lifeKey, type Life } from './refs.ts';

/** Digest of source and event id: 22 characters of base64url. */
export function eventDigest(source: string, eventId: string): string {
  return hash('sha256', `${source}\n${eventId}`, 'base64url').slice(0, 22);
}

/**
 * Record id: the primary ref in its generation, and a digest of source and event id, so that a retry of the
 * same event is the same record whoever sends it again.
 */
export function recordId(primary: Life, source: string, eventId: string): string {
  return `${lifeKey(primary)}/${eventDigest(source, eventId)}`;
}

/** The {@link eventDigest} in a record id. */
export function digestOfRecord(record: string): string {
  return record.slice(record.lastIndexOf('/') + 1);
}
