import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Finding {
  readonly file: string;
  /** Position of the needle in the list given; never the needle itself. */
  readonly needle: number;
  readonly how: 'raw' | 'decompressed';
}

/**
 * Every place below a folder where the bytes of one of the needles stand, in any form of {@link patternsOf}, and inside
 * the compressed batches of Kafka's segments.
 */
export function searchFolder(folder: string, needles: readonly string[]): Finding[] {
  const patterns = needles.map(patternsOf);
  return filesBelow(folder).flatMap((file) => {
    const bytes = readFileSync(file);
    const inside = file.endsWith('.log') ? batchesOf(bytes) : [];
    return patterns.flatMap((one, needle): Finding[] => [
      ...(one.some((pattern) => bytes.includes(pattern)) ? [{ file, needle, how: 'raw' as const }] : []),
      ...(one.some((pattern) => inside.some((batch) => batch.includes(pattern)))
        ? [{ file, needle, how: 'decompressed' as const }]
        : []),
    ]);
  });
}

/** In UTF-8, in UTF-16, in hex, as a URL and as JSON may escape it, and in base64 at each of its three alignments. */
export function patternsOf(needle: string): Buffer[] {
  const utf8 = Buffer.from(needle);
  const hex = utf8.toString('hex');
  const encoded = encodeURIComponent(needle);
  const escaped = JSON.stringify(needle)
    .slice(1, -1)
    .replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const base64 = base64PatternsOf(utf8).map(String);
  const texts = [
    hex,
    hex.toUpperCase(),
    encoded,
    encoded.toLowerCase(),
    escaped,
    ...base64,
    // The alphabet of URLs.
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  const others = [...new Set(texts)].filter((text) => text !== needle);
  return [utf8, Buffer.from(needle, 'utf16le'), ...others.map((text) => Buffer.from(text))];
}

/** What of a base64 text is certain wherever the value stands in what was encoded. */
function base64PatternsOf(value: Buffer): Buffer[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
    const from = shift === 0 ? 0 : 4;
    const certain = Math.floor((value.length + shift) / 3) * 4;
    return Buffer.from(encoded.slice(from, certain));
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size > 0);
}

const batchHeaderBytes = 61;
const gzip = 1;

/** The records of each gzip batch in a Kafka segment (message format 2), decompressed. */
function batchesOf(segment: Buffer): Buffer[] {
  const batches: Buffer[] = [];
  let position = 0;
  while (position + batchHeaderBytes <= segment.length) {
    const length = segment.readInt32BE(position + 8);
    const end = position + 12 + length;
    if (segment[position + 16] !== 2 || length <= 0 || end > segment.length) break;
    const compression = segment.readInt16BE(position + 21) & 7;
    if (compression === gzip) batches.push(gunzipSync(segment.subarray(position + batchHeaderBytes, end)));
    position = end;
  }
  return batches;
}
