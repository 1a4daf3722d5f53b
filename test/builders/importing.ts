import { randomBytes } from 'node:crypto';
import { writeState } from '@keiro/cli/capture-state';
import { readRows } from '@keiro/cli/import-rows';
import { runImport } from '@keiro/cli/import-run';
import { digestOf, readImportState } from '@keiro/cli/import-state';
import { ImportTally } from '@keiro/cli/import-tally';
import { createLog, type Producer } from '@keiro/runtime';
import { importSubject, shippedPolicies } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { env } from './environment.ts';
import { categoryOf, type FiveHolders, type HolderId } from './five-holders.ts';
import { provenBy } from './reporting.ts';

/** `keiro import HOLDER FILE` within this process, which saves seconds each; `producer` may fail on purpose. */
export async function importHere(
  { pipeline }: Pick<FiveHolders, 'pipeline'>,
  holder: HolderId,
  file: string,
  producer: Pick<Producer, 'send'> = pipeline.producer,
): Promise<ImportTally> {
  const tally = new ImportTally();
  const stateFile = `${file}.${holder}.keiro-state`;
  const { registry } = pipeline;
  const [record, copy] = await Promise.all([
    registry.encoder(importSubject),
    registry.encoder('custody.copies-value'),
  ]);
  await runImport({
    rows: readRows(file, file.endsWith('.csv') ? 'csv' : 'ndjson', 'utf-8'),
    holder: { id: holder, kind: 'store', categories: [categoryOf(holder)], purposes: ['service'] },
    context: { sites: ['www.demo.example'], policies: shippedPolicies(), now: new Date() },
    keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_IMPORT') }),
    send: {
      producer,
      encode: { record, copy },
      prove: (topic, messages) => provenBy(holder, topic, messages),
    },
    state: readImportState(stateFile, holder, await digestOf(file)),
    commit: (state) => writeState(stateFile, state),
    tally,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    log: createLog('test-import', 'error'),
    random: randomBytes,
  });
  return tally;
}
