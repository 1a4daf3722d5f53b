import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { KeiroError } from '@keiro/runtime/errors';
import type { Labels } from '@keiro/schemas';
import { CsvError, parse } from 'csv-parse';
import { readLines } from './capture-lines.ts';
import { columns, isColumn, reasons } from './import-columns.ts';

/** A row as it stands in a file, by the line on which it ends, or why it is none. Empty lines are no rows. */
export type SourceRow =
  | { readonly line: number; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly field: string; readonly reason: Labels };

/** A source whose rest can't be read: what a quotation mark that is never closed leaves of a CSV file. */
export class UnreadableRest extends KeiroError {
  readonly line: number;

  constructor(line: number) {
    const message = `from line ${String(line)} on the file is no CSV: a quotation mark is out of place, or a row is too long. What comes before it was read.`;
    super('unreadable-rest', message, { retryable: false });
    this.line = line;
  }
}

export const formats = ['csv', 'ndjson'] as const;
export type Format = (typeof formats)[number];
export const encodings = ['utf-8', 'shift_jis', 'euc-jp'] as const;
export type Encoding = (typeof encodings)[number];

/** Characters; no row of names, identifiers and a locator is as long. */
const longestRow = 65_536;

/** The rows of a file one after another, never more than a chunk of it in memory. */
export function readRows(path: string, format: Format, encoding: Encoding): AsyncGenerator<SourceRow> {
  return format === 'csv' ? readCsv(path, encoding) : readNdjson(path, encoding);
}

async function* readCsv(path: string, encoding: Encoding): AsyncGenerator<SourceRow> {
  let names: readonly string[] | undefined;
  for await (const { cells, line } of csvRecords(path, encoding)) {
    if (names === undefined) names = headerOf(cells);
    else if (cells.length === names.length) {
      // What is empty says nothing.
      const given = names.map((name, index) => [name, cells[index]] as const);
      yield { line, fields: Object.fromEntries(given.filter(([, value]) => value !== '')) };
    } else yield { line, field: '(row)', reason: reasons.columns };
  }
}

interface CsvRecord {
  readonly cells: string[];
  /** The one on which it ends. */
  readonly line: number;
}

/** As a stream the parser would throw away, with a fault, the records that it had read before it. */
async function* csvRecords(path: string, encoding: Encoding): AsyncGenerator<CsvRecord> {
  const read: CsvRecord[] = [];
  let line = 0;
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestRow,
    on_record: (cells: string[], { lines }) => {
      line = lines;
      read.push({ cells, line });
      return null;
    },
  });
  // The callbacks get it too.
  parser.on('error', () => undefined).resume();
  const feed = (text: string | undefined) =>
    new Promise<Error | null | undefined>((resolve) => {
      if (text === undefined) parser.end(resolve);
      else parser.write(text, resolve);
    });
  const give = function* (fault: Error | null | undefined): Generator<CsvRecord> {
    yield* read.splice(0);
    if (fault instanceof CsvError) throw new UnreadableRest(line + 1);
    if (fault) throw fault;
  };
  for await (const text of decoded(path, encoding)) yield* give(await feed(text));
  yield* give(await feed(undefined));
}

/** The first row of a file that has none of the names would be somebody's data: so no name is repeated here. */
function headerOf(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  const unknown = names.findIndex((name) => !isColumn(name));
  if (unknown !== -1) {
    throw refusal(
      `the first line names the columns, and column ${String(unknown + 1)} is none of ${columns.join(', ')}`,
    );
  }
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice !== -1) throw refusal(`column ${String(twice + 1)} has the name of another one`);
  return names;
}

async function* decoded(path: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      const others = encodings.filter((one) => one !== encoding).join(' or ');
      throw refusal(`the file is not in ${encoding}: is it in another encoding? --encoding ${others}`);
    }
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) yield decode(chunk);
  yield decode();
}

async function* readNdjson(path: string, encoding: Encoding): AsyncGenerator<SourceRow> {
  const file = await open(path, 'r');
  try {
    let line = 0;
    for await (const { bytes } of readLines(file, 0)) {
      line += 1;
      const read = bytes === undefined ? reasons.tooLong : jsonOf(bytes, encoding);
      if (read === undefined) continue;
      if ('ja' in read) yield { line, field: '(row)', reason: read };
      else yield { line, fields: read.fields };
    }
  } finally {
    await file.close();
  }
}

function jsonOf(
  bytes: Buffer,
  encoding: Encoding,
): { readonly fields: Record<string, unknown> } | Labels | undefined {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return reasons.encoding;
  }
  if (text.trim() === '') return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return reasons.json;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return reasons.object;
  const given = Object.entries(content).filter(([, value]) => value !== null && value !== '');
  return given.every(([name]) => isColumn(name))
    ? { fields: Object.fromEntries(given) }
    : reasons.unknownName;
}

const refusal = (message: string) => new KeiroError('unreadable', message, { retryable: false });
