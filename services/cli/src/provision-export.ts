import { open, unlink, type FileHandle } from 'node:fs/promises';
import { KeiroError } from '@keiro/runtime/errors';
import {
  addPeriod,
  provisionExportAnswerSchema,
  provisionOpenResponseSchema,
  type ExportedProvision,
  type ProvisionExportAnswer,
} from '@keiro/schemas';
import type { Ask } from './ask.ts';
import { createProgress } from './import-progress.ts';
import { csvPart, provisionRow, type Identity } from './provision-rows.ts';
import { provisionWords as words } from './provision-words.ts';

export interface ExportRun {
  /** First and last day, `YYYY-MM-DD` in Asia/Tokyo. */
  readonly from: string;
  readonly to: string;
  readonly format: 'csv' | 'json';
  readonly out: string;
  /** Of the case; undefined: identities stay sealed. */
  readonly reference: string | undefined;
  readonly query: Ask;
  readonly keys: Ask;
  readonly terminal: NodeJS.WriteStream;
}

/**
 * Writes the records of a span of time into a new file that only its owner may read. A file that could not be finished
 * is removed. Answers how many records, and under which id the audit has it.
 */
export async function exportProvisions(run: ExportRun): Promise<{ records: number; export: string }> {
  const file = await create(run.out);
  const progress = createProgress(run.terminal);
  try {
    return await write(run, file, progress.show);
  } catch (error) {
    await unlink(run.out);
    throw error;
  } finally {
    progress.clear();
    await file.close();
  }
}

async function write(
  run: ExportRun,
  file: FileHandle,
  show: (records: number) => void,
): Promise<{ records: number; export: string }> {
  const body = {
    from: `${run.from}T00:00:00+09:00`,
    to: addPeriod(new Date(`${run.to}T00:00:00+09:00`), 'P1D').toISOString(),
  };
  let records = 0;
  let page: ProvisionExportAnswer | undefined;
  if (run.format === 'json') await file.writeFile('[');
  do {
    const cursor = page?.next;
    page = await run.query(
      { path: '/v1/provisions/export', body: { ...body, ...(cursor === undefined ? {} : { cursor }) } },
      provisionExportAnswerSchema,
    );
    const identities = await identitiesOf(run, page.provisions);
    const { labels } = page;
    const rows = page.provisions.map((one, position) => provisionRow(one, labels, identities[position]));
    if (run.format === 'csv') await file.writeFile(csvPart(rows, records === 0));
    else {
      const texts = rows.map(
        (row, position) => `${records + position === 0 ? '' : ','}\n${JSON.stringify(row)}`,
      );
      await file.writeFile(texts.join(''));
    }
    records += rows.length;
    show(records);
  } while (page.next !== undefined);
  if (run.format === 'json') await file.writeFile('\n]\n');
  return { records, export: page.export };
}

/** In the order of the records. */
async function identitiesOf(
  { keys, reference }: Pick<ExportRun, 'keys' | 'reference'>,
  provisions: readonly ExportedProvision[],
): Promise<Identity[]> {
  const sealed = provisions.flatMap(({ id, identity }) =>
    identity === undefined ? [] : [{ provision: id, ...identity }],
  );
  if (sealed.length === 0 || reference === undefined)
    return provisions.map(({ identity }) => (identity === undefined ? undefined : { not: words.notOpened }));
  const { results } = await keys(
    { path: '/v1/provisions/open', body: { for: 'regulator', reference, identities: sealed } },
    provisionOpenResponseSchema,
  );
  const byId = new Map(sealed.map(({ provision }, position) => [provision, results[position]]));
  return provisions.map(({ id, identity }): Identity => {
    if (identity === undefined) return undefined;
    const opened = byId.get(id);
    if (opened?.state === 'open') return { identifiers: opened.identifiers };
    return { not: words.destroyed };
  });
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const { code } = error as { code?: string };
    const why =
      code === 'EEXIST' ? 'there is a file of this name already: choose another one' : 'it cannot be created';
    throw new KeiroError('configuration', `--out: ${why}`, { retryable: false, cause: error });
  }
}
