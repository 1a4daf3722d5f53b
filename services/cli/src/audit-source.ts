import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '@keiro/runtime/config';
import {
  certificateListSchema,
  certificateSchema,
  chainHeadSchema,
  chainStateSchema,
  segmentAnswerSchema,
  segmentListSchema,
  signingKeysSchema,
  type Certificate,
  type ChainHead,
  type SegmentAnswer,
  type SigningKeys,
} from '@keiro/schemas';
import { z } from 'zod';
import { asking } from './ask.ts';

/** Where an audit chain is read from: the running services, or a folder on a machine that has none. */
export interface AuditSource {
  keys(): Promise<SigningKeys>;
  /** In order, from the one after `after`. */
  segments(after?: number): AsyncIterable<SegmentAnswer>;
  /** Certificates whose issue is sealed in a segment. */
  certificates(segment: SegmentAnswer): Promise<Certificate[]>;
  /** The head before the first segment that there is; absent where that is number 1. */
  readonly before?: ChainHead;
  /** How many entries wait to be sealed, and why none is; absent in a folder. */
  state?(): Promise<z.infer<typeof chainStateSchema>>;
}

export function serverSource(): AuditSource {
  const request = asking('request');
  const numbersAfter = async (after: number): Promise<number[]> => {
    const path = `/v1/audit/segments?after=${String(after)}`;
    return (await request({ path }, segmentListSchema)).segments.map(({ head }) => head.number);
  };
  const state = () => request({ path: '/v1/audit/state' }, chainStateSchema);
  return {
    keys: () => asking('keys')({ path: '/v1/audit/keys' }, signingKeysSchema),
    state,
    async *segments(after = 0) {
      const last = (await state()).head?.number ?? 0;
      for (let seen = after; seen < last;) {
        const numbers = await numbersAfter(seen);
        for (const number of numbers)
          yield await request({ path: `/v1/audit/segments/${String(number)}` }, segmentAnswerSchema);
        // A page without any is a gap, which the check names.
        seen = numbers.at(-1) ?? seen + 200;
      }
    },
    async certificates({ segment, entries }) {
      if (!entries.some(({ action }) => action === 'certificate.issued')) return [];
      const path = `/v1/audit/segments/${String(segment.head.number)}/certificates`;
      return (await request({ path }, certificateListSchema)).certificates;
    },
  };
}

/** What `keiro audit bundle` writes about the part of the chain that it holds. */
export const bundleChainSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  writtenAt: z.iso.datetime(),
  /** Absent where the first segment is number 1. */
  before: chainHeadSchema.optional(),
  head: chainHeadSchema.optional(),
});

export function folderSource(folder: string): AuditSource {
  const { before } = readJsonFile(join(folder, 'chain.json'), bundleChainSchema);
  return {
    ...(before === undefined ? {} : { before }),
    keys: () => Promise.resolve(readJsonFile(join(folder, 'keys.json'), signingKeysSchema)),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *segments() {
      for (const name of readdirSync(join(folder, 'segments')).toSorted())
        yield readJsonFile(join(folder, 'segments', name), segmentAnswerSchema);
    },
    certificates({ entries }) {
      const ids = entries.flatMap(({ action, about }) =>
        action === 'certificate.issued' ? (about ?? []) : [],
      );
      const files = ids
        .map((id) => join(folder, 'certificates', `${id}.json`))
        .filter((file) => existsSync(file));
      return Promise.resolve(files.map((file) => readJsonFile(file, certificateSchema)));
    },
  };
}

/** Heads by number, of a file with one a line. */
export function readHeads(file: string): Map<number, string> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const { number, hash } = chainHeadSchema.parse(JSON.parse(line));
      return [number, hash];
    }),
  );
}
