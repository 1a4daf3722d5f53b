import { insertNew } from '@keiro/runtime';
import { reportKeyOf } from '@keiro/sdk';
import { Binary, type Collection, type Db } from 'mongodb';
import type { Keks } from './keks.ts';
import { ownerOf } from './owners.ts';
import { wrappedOf } from './store.ts';

/** `reportKeys`: one document, the master of all. */
interface MasterDocument {
  readonly _id: string;
  readonly epoch: number;
  readonly wrapped: Binary;
  readonly createdAt: Date;
}

/** The keys with which holders prove custody reports. They say nothing about a person, and no erasure touches them. */
export interface ReportKeys {
  /** Makes the master when first asked. */
  keyOf(holder: string): Promise<Buffer>;
}

const id = 'custody';

export function createReportKeys(deps: {
  db: Db;
  keks: Keks;
  random: (bytes: number) => Buffer;
  now: () => Date;
}): ReportKeys {
  const { keks, random, now } = deps;
  const masters: Collection<MasterDocument> = deps.db.collection('reportKeys');
  // The master never changes: a rotation only wraps it anew.
  let master: Buffer | undefined;

  async function load(): Promise<Buffer> {
    let found = await masters.findOne({ _id: id });
    if (found === null) {
      await keks.wrapping((wrap) => {
        const { epoch, bytes } = wrap(random(32), ownerOf.reports(id), random(12));
        return insertNew(masters, [{ _id: id, epoch, wrapped: new Binary(bytes), createdAt: now() }]);
      });
      // Whoever came first has made it.
      found = await masters.findOne({ _id: id });
    }
    if (found === null) throw new Error('the master of report keys was made and is not there');
    return keks.unwrap(wrappedOf(found), ownerOf.reports(id));
  }

  return {
    async keyOf(holder) {
      master ??= await load();
      return reportKeyOf(master, holder);
    },
  };
}
