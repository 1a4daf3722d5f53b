import { whileUnavailable, type Log, type Producer } from '@keiro/runtime';
import type { Encode } from '@keiro/runtime/registry';
import { importTopic } from '@keiro/schemas';
import { chunksBySize, type KeysClient, type ProveReports } from '@keiro/sdk';
import { isOfErased, lookUp, nameOf, obtainKeys } from './import-lives.ts';
import { UnreadableRest, type SourceRow } from './import-rows.ts';
import { LineList } from './line-list.ts';
import { readRow, type ImportRow, type RowContext } from './import-row.ts';
import { rowMessages, type ImportHolder } from './import-seal.ts';
import type { ImportState } from './import-state.ts';
import type { ImportTally } from './import-tally.ts';

export interface ImportRun {
  readonly rows: AsyncIterable<SourceRow>;
  readonly holder: ImportHolder;
  readonly context: Omit<RowContext, 'holder'>;
  readonly keys: Pick<KeysClient, 'lookup' | 'seal' | 'custodyKeys'>;
  /** Absent in a dry run: then nothing is made and nothing sent. */
  readonly send?: {
    readonly producer: Pick<Producer, 'send'>;
    readonly encode: { readonly record: Encode; readonly copy: Encode };
    /** In the holder's name. */
    readonly prove: ProveReports;
  };
  /** How far an earlier run came. */
  readonly state: ImportState;
  /** Called when Kafka has all up to there. */
  readonly commit: (state: ImportState) => Promise<void>;
  readonly tally: ImportTally;
  readonly onProgress: () => void;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
}

/** Rows that are under way at once: all that is ever in memory. */
const batchRows = 500;
/** How long an outage may last before the run ends with what it has. */
const giveUpAfterMs = 600_000;

/**
 * Goes through the rows, batch by batch: what is wrong with them is noted, the others are registered, or counted in a
 * dry run. A batch that was cut off is sent again by the next run, under the same ids. False where the signal stopped it.
 */
export async function runImport(run: ImportRun): Promise<boolean> {
  const { tally, state } = run;
  const known = run.send === undefined ? 0 : state.rows;
  const foundBefore = new LineList(run.send === undefined ? [] : state.erased);
  tally.erased.addAll(foundBefore);
  let batch: ImportRow[] = [];

  const settle = async (): Promise<void> => {
    await whileUnavailable({ what: 'Keiro', log: run.log, signal: run.signal, giveUpAfterMs }, () =>
      settleBatch(batch, run),
    );
    batch = [];
    if (run.send !== undefined && tally.rows > known)
      await run.commit({ ...state, rows: tally.rows, erased: tally.erased.ranges() });
    run.onProgress();
  };

  try {
    for await (const source of run.rows) {
      if (run.signal.aborted) return false;
      tally.rows += 1;
      const read =
        'fields' in source
          ? readRow(source.line, source.fields, { ...run.context, holder: run.holder })
          : [source];
      if (!('identifiers' in read)) tally.refuse(source.line, read);
      else if (tally.rows <= known) tally.before += foundBefore.has(source.line) ? 0 : 1;
      else batch.push(read);
      if (batch.length >= batchRows) await settle();
    }
  } catch (error) {
    // What comes before a fault of the file is as good as any.
    if (error instanceof UnreadableRest) await settle();
    throw error;
  }
  await settle();
  return true;
}

async function settleBatch(rows: readonly ImportRow[], run: ImportRun): Promise<void> {
  const { keys, holder, tally, context, send } = run;
  const known = await lookUp(rows, keys);
  const isErased = (row: ImportRow) => isOfErased(row, known);
  const live = rows.filter((row) => !isErased(row));
  const keysOf = send === undefined ? undefined : await obtainKeys(live, holder.id, context.now, keys);
  const ready = keysOf === undefined ? live : live.filter((row) => keysOf.has(row));

  if (send !== undefined && keysOf !== undefined) {
    const messages = [...keysOf].map(([row, rowKeys]) =>
      rowMessages(row, rowKeys, holder, context.now, run.random(12), send.encode),
    );
    // The record before its copy: nobody sees a copy of nothing for longer than need be.
    const copies = messages.map(({ copy }) => copy);
    for (const [topic, part] of [
      [importTopic, messages.map(({ record }) => record)],
      ['custody.copies', await send.prove('custody.copies', copies)],
    ] as const) {
      for (const chunk of chunksBySize(part, ({ value }) => value?.length ?? 0))
        await send.producer.send([{ topic, messages: chunk }]);
    }
  }
  // Counted last: an outage repeats all that is above.
  const counted = new Set(ready);
  for (const row of rows) {
    if (counted.has(row)) tally.count(row, (identifier) => known.get(nameOf(identifier)) !== null);
    else tally.erased.add(row.line);
  }
}
