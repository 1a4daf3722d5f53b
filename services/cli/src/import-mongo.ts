import { messageOf, KeiroError } from '@keiro/runtime/errors';
import { BSON, MongoClient, MongoServerError, type Document } from 'mongodb';
import { z } from 'zod';
import { columns, isColumn } from './import-columns.ts';
import type { SourceRow } from './import-rows.ts';

/** Documents that are fetched at once. */
const atOnce = 500;

/** What to read of a MongoDB, and which of a document's fields are columns. */
export interface CollectionQuery {
  readonly database: string;
  readonly collection: string;
  readonly filter: Document;
  /** By column: `$path` of a field, dots lead into it; any other text stands for itself. */
  readonly columns: Readonly<Record<string, string>>;
}

const columnsSchema = z.record(z.string(), z.string().min(1)).refine((all) => Object.keys(all).length > 0);
const filterSchema = z.record(z.string(), z.unknown());
/** What runs code on the server. */
const code = new Set(['$where', '$function', '$accumulator']);

/** Reads what was typed; throws a {@link KeiroError} that names the option and repeats nothing of a filter. */
export function collectionQuery(typed: {
  readonly collection: string;
  readonly filter?: string;
  readonly columns?: string;
}): CollectionQuery {
  const dot = typed.collection.indexOf('.');
  const [database, collection] = [typed.collection.slice(0, dot), typed.collection.slice(dot + 1)];
  if (dot < 1 || collection === '')
    throw refusal('--collection wants database and collection: shop.customers');
  const named = columnsSchema.safeParse(jsonOf(typed.columns ?? ''));
  if (!named.success)
    throw refusal(`--columns wants JSON like {"category": "C1", "member": "$_id", "locator": "$_id"}`);
  const unknown = Object.keys(named.data).find((name) => !isColumn(name));
  if (unknown !== undefined)
    throw refusal(`--columns has ${unknown}, which is none of ${columns.join(', ')}`);
  const filter = filterSchema.safeParse(jsonOf(typed.filter ?? '{}'));
  if (!filter.success) throw refusal('--filter wants a MongoDB filter in JSON: {"active": true}');
  if (runsCode(filter.data)) throw refusal('--filter may compare values, and runs no code on the server');
  return { database, collection, filter: valuesOf(filter.data), columns: named.data };
}

/** `{"$date": …}` and the like as the values they stand for. */
function valuesOf(filter: Document): Document {
  let values: Document;
  try {
    values = BSON.EJSON.deserialize(filter) as Document;
  } catch {
    throw refusal('--filter has a value that is none: {"$date": "2026-03-01T00:00:00Z"}, {"$oid": "…"}');
  }
  if (hasInvalidDate(values)) throw refusal('--filter has a date that is none: 2026-03-01T00:00:00Z');
  return values;
}

const hasInvalidDate = (value: unknown): boolean =>
  value instanceof Date
    ? Number.isNaN(value.getTime())
    : typeof value === 'object' && value !== null && Object.values(value).some(hasInvalidDate);

/** The documents as rows; `line` counts them in the order of `_id`. It only finds: whatever it is given, it writes nothing. */
export async function* readCollection(url: string, query: CollectionQuery): AsyncGenerator<SourceRow> {
  const client = connection(url);
  try {
    const paths = Object.values(query.columns).flatMap((from) =>
      from.startsWith('$') ? [from.slice(1)] : [],
    );
    const documents = client
      .db(query.database)
      .collection(query.collection)
      .find(query.filter, {
        // Nothing but what is asked for leaves the store.
        projection: { _id: 1, ...Object.fromEntries(topmost(paths).map((path) => [path, 1])) },
        sort: { _id: 1 },
        batchSize: atOnce,
      });
    let line = 0;
    for await (const document of documents)
      yield { line: (line += 1), fields: fieldsOf(document, query.columns) };
  } catch (error) {
    if (error instanceof KeiroError) throw error;
    // What MongoDB says besides may quote a document.
    const why =
      error instanceof MongoServerError ? `MongoDB refuses it (${String(error.code)})` : messageOf(error);
    throw refusal(`the collection can't be read: ${why}`);
  } finally {
    await client.close();
  }
}

function connection(url: string): MongoClient {
  try {
    return new MongoClient(url, { serverSelectionTimeoutMS: 5000, maxPoolSize: 1 });
  } catch {
    // The parser's message may hold the password.
    throw refusal('the address (--url-env) is none of a MongoDB: mongodb://host:port');
  }
}

/** Fields of a projection: one within another that is asked for as well would be refused; so would a place in a list. */
function topmost(paths: readonly string[]): string[] {
  const fields = paths.map((path) => path.replace(/\.\d+(?=\.|$).*/, ''));
  return [...new Set(fields)].filter(
    (field) => field !== '_id' && !fields.some((other) => field.startsWith(`${other}.`)),
  );
}

/** A document as the row of a file that its columns make. Pure. */
export function fieldsOf(document: Document, from: CollectionQuery['columns']): Record<string, unknown> {
  const given = Object.entries(from).map(([column, source]): [string, unknown] => [
    column,
    source.startsWith('$') ? textOf(valueAt(document, source.slice(1).split('.'))) : source,
  ]);
  return Object.fromEntries(
    given.filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}

const valueAt = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
  name === undefined
    ? value
    : typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? valueAt((value as Record<string, unknown>)[name], rest)
      : undefined;

/** MongoDB's own kinds of values as the texts that a file would have. */
function textOf(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString();
  if (value instanceof BSON.ObjectId) return value.toHexString();
  if (value instanceof BSON.UUID) return value.toString();
  if (value instanceof BSON.Long || value instanceof BSON.Decimal128) return value.toString();
  return value;
}

function runsCode(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inner]) => code.has(name) || runsCode(inner));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refusal = (message: string) => new KeiroError('unreadable', message, { retryable: false });
