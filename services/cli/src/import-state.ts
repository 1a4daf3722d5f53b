import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readJsonFile } from '@keiro/runtime/config';
import { z } from 'zod';

const stateSchema = z.strictObject({
  version: z.literal(1),
  holder: z.string(),
  /** SHA-256 of the file: a file that was changed is another one. */
  file: z.string(),
  /** The file was gone through with --dry-run. */
  looked: z.boolean(),
  /** Rows that Keiro has, or that were refused: where the next run goes on. */
  rows: z.int().min(0),
  /** Lines that were found held although erased in those rows, as ranges. */
  erased: z.array(z.tuple([z.int(), z.int()])),
});
export type ImportState = z.infer<typeof stateSchema>;

/** How far an earlier run came with this very file for this holder. */
export function readImportState(path: string, holder: string, file: string): ImportState {
  const fresh: ImportState = { version: 1, holder, file, looked: false, rows: 0, erased: [] };
  if (!existsSync(path)) return fresh;
  const known = readJsonFile(path, stateSchema);
  return known.holder === holder && known.file === file ? known : fresh;
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('base64url');
}
