import type { ExportedItem } from '@keiro/schemas';
import { ConnectorError, exportChunk } from '../connectors/connector.ts';
import { plain, plainFields } from '../connectors/plain.ts';

/** A pack of one person at one processor; what is larger has to be asked for by hand. */
const resultsLimit = 16 * 1024 * 1024;

/**
 * What a processor gives of a person. The specification leaves the form of the results to it: JSON is told apart into
 * items, whatever else it is comes as it is, in base64.
 */
export async function itemsOf(response: Response): Promise<ExportedItem[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.byteLength;
    if (size > resultsLimit)
      throw new ConnectorError('results', 'the results are larger than 16 MB: fetch them by hand');
    chunks.push(bytes);
  }
  const bytes = Buffer.concat(chunks);
  return itemsIn(bytes, response.headers.get('content-type') ?? 'application/octet-stream');
}

/** Pure. */
export function itemsIn(bytes: Buffer, type: string): ExportedItem[] {
  const place = 'results';
  const parsed = jsonOf(bytes.toString());
  if (parsed === undefined) return [{ place, fields: { type, content: bytes.toString('base64') } }];
  const { results } = (parsed ?? {}) as { results?: unknown };
  const list = Array.isArray(parsed) ? parsed : Array.isArray(results) ? results : [parsed];
  return list.map((one: unknown) => ({
    place,
    fields:
      typeof one === 'object' && one !== null && !Array.isArray(one)
        ? plainFields(one)
        : { value: plain(one) },
  }));
}

export function* inChunks(items: readonly ExportedItem[]): Generator<{ items: ExportedItem[] }> {
  for (let from = 0; from < items.length; from += exportChunk)
    yield { items: items.slice(from, from + exportChunk) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
