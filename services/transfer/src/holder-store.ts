import { insertNew, toAuditDocument } from '@keiro/runtime';
import type {
  AuditDocument,
  AuditEntry,
  Holder,
  HolderDocument,
  HolderVersionDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { versionSaying } from './version.ts';

/**
 * The register of holders. A change is one document in `holderVersions`, whose id is taken by whoever is first;
 * `holders` has the newest of each and is made of it, so that a crash between the two is mended by the next change.
 */
export interface HolderStore {
  all(): Promise<HolderDocument[]>;
  find(id: string): Promise<HolderDocument | null>;
  /** Newest first. */
  versionsOf(id: string): Promise<HolderVersionDocument[]>;
  /** Registers or changes a holder; the same content again is no change. `registeredAt` stays; nobody is removed. */
  register(holder: Holder, by: string, at: Date): Promise<{ version: number; changed: boolean }>;
}

export function openHolderStore(db: Db): HolderStore {
  const holders = db.collection<HolderDocument>('holders');
  const versions = db.collection<HolderVersionDocument>('holderVersions');

  const versionsOf = (id: string) => versions.find({ holder: id }).sort({ version: -1 }).toArray();

  /** Makes `holders` say what a version says, unless it says something newer. */
  async function settle({ content, version, at }: HolderVersionDocument): Promise<void> {
    for (;;) {
      const before = await holders.findOne({ _id: content.id });
      if ((before?.version ?? 0) >= version) return;
      const document = { ...content, registeredAt: before?.registeredAt ?? at, version, changedAt: at };
      if (before === null) {
        if ((await insertNew(holders, [{ ...document, _id: content.id }])).length === 0) return;
        continue;
      }
      const unchanged =
        before.version === undefined ? { version: { $exists: false } } : { version: before.version };
      // Replaced as a whole, so that what the register no longer says is no longer there.
      const { matchedCount } = await holders.replaceOne({ _id: content.id, ...unchanged }, document);
      if (matchedCount === 1) return;
    }
  }

  async function enter(next: HolderVersionDocument): Promise<void> {
    const { holder, version, at, by, digest, changed } = next;
    const entry: AuditEntry = {
      _id: `holder/${holder}/${String(version)}`,
      at,
      by,
      action: version === 1 ? 'holder.registered' : 'holder.changed',
      about: [holder],
      detail: { version, digest, changed },
    };
    await insertNew(db.collection<AuditDocument>('audit'), [toAuditDocument(entry)]);
  }

  return {
    all: () => holders.find().sort({ _id: 1 }).toArray(),
    find: (id) => holders.findOne({ _id: id }),
    versionsOf,

    async register(holder, by, at) {
      for (;;) {
        const last = (await versionsOf(holder.id))[0];
        const version = versionSaying(holder, last, by, at);
        if (version !== last && (await insertNew(versions, [version])).length > 0) continue;
        // Also of one that was there: whoever wrote it may have been cut off before the rest.
        await enter(version);
        await settle(version);
        return { version: version.version, changed: version !== last };
      }
    },
  };
}
