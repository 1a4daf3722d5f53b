import type { ExportDocument, ExportedItem } from '@keiro/schemas';
import { exportedItemSchema } from '@keiro/schemas';
import { open, seal } from '@keiro/sdk';
import type { Db } from 'mongodb';
import { z } from 'zod';

/** What holders have of a person, sealed chunk by chunk under the request's own key, until the pack is made (R1). */
export interface ExportStore {
  /** Takes what one attempt hands over; what an earlier one left goes. */
  begin(of: ExportOf): Promise<void>;
  add(of: ExportOf, n: number, items: readonly ExportedItem[], sealing: Sealing): Promise<void>;
  /** In the order in which they came. */
  read(of: ExportOf, key: Buffer): Promise<ExportedItem[]>;
  remove(requests: readonly string[]): Promise<void>;
  /** Requests of which something is kept. */
  requests(): Promise<string[]>;
}

export interface ExportOf {
  readonly request: string;
  readonly task: string;
  readonly token: number;
}

interface Sealing {
  readonly key: Buffer;
  /** 12 random bytes. */
  readonly iv: Buffer;
  readonly at: Date;
}

export function openExportStore(db: Db): ExportStore {
  const exports = db.collection<ExportDocument>('exports');
  const idOf = ({ task, token }: ExportOf, n: number) =>
    `${task}/${String(token)}/${String(n).padStart(6, '0')}`;
  return {
    async begin({ request, task, token }) {
      await exports.deleteMany({ request, task, token: { $lte: token } });
    },
    async add(of, n, items, { key, iv, at }) {
      const _id = idOf(of, n);
      const sealed = seal(key, Buffer.from(JSON.stringify(items)), _id, iv);
      await exports.insertOne({ _id, ...of, items: items.length, sealed, at });
    },
    async read({ request, task, token }, key) {
      const found = await exports.find({ request, task, token }).toArray();
      return found
        .toSorted((a, b) => (a._id < b._id ? -1 : 1))
        .flatMap(({ _id, sealed }) =>
          z.array(exportedItemSchema).parse(JSON.parse(open(key, sealed, _id).toString())),
        );
    },
    async remove(requests) {
      await exports.deleteMany({ request: { $in: [...requests] } });
    },
    requests: () => exports.distinct('request'),
  };
}
