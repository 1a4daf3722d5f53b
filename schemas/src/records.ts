import { hash } from 'node:crypto';
import { lifeKey, type Life } from './refs.ts';

/**
 * Record id: the primary ref in its generation, and a digest of source and event id, so that a retry of the
 * same event is the same record whoever sends it again.
 */
export function recordId(primary: Life, source: string, eventId: string): string {
  const digest = hash('sha256', `${source}\n${eventId}`, 'base64url').slice(0, 22);
  return `${lifeKey(primary)}/${digest}`;
}
