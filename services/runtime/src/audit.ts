import type { ClientSession, Db } from 'mongodb';
import { detailDigestOf, type AuditDocument, type AuditEntry } from '@keiro/schemas';

/** Appends to the audit, in the transaction of what the entries are about where there is one. */
export async function appendAudit(
  db: Db,
  entries: readonly AuditEntry[],
  session?: ClientSession,
): Promise<void> {
  await db
    .collection<AuditDocument>('audit')
    .insertMany(entries.map(toAuditDocument), { ...(session && { session }) });
}

/** Pure. The digest does not depend on the order of keys, which a store may change. */
export function toAuditDocument(entry: AuditEntry): AuditDocument {
  return { ...entry, detailDigest: detailDigestOf(entry.detail) };
}
