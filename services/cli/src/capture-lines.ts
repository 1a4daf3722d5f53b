import type { FileHandle } from 'node:fs/promises';
import { longestLine } from './access-log.ts';

/** A line of a file, without its end. */
export interface FileLine {
  /** Bytes; undefined for a line that is too long to be one. */
  readonly bytes: Buffer | undefined;
  /** Where it begins and where the next one does. */
  readonly offset: number;
  readonly next: number;
  /** False for the last one of a file that does not end in a line break: it may be half written. */
  readonly isComplete: boolean;
}

const chunkBytes = 65_536;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Reads lines from a position to what is the end of the file when it gets there. */
export async function* readLines(file: FileHandle, from: number): AsyncGenerator<FileLine> {
  const chunk = Buffer.alloc(chunkBytes);
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let lineStart = from;
  let position = from;

  const finish = (next: number, isComplete: boolean): FileLine => {
    const bytes = begunBytes > longestLine ? undefined : withoutReturn(Buffer.concat(begun));
    const line = { bytes, offset: lineStart, next, isComplete };
    begun = [];
    begunBytes = 0;
    lineStart = next;
    return line;
  };
  const keep = (part: Buffer): void => {
    // Of an endless line nothing is kept but its length.
    if (begunBytes <= longestLine) begun.push(Buffer.from(part));
    begunBytes += part.length;
  };

  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
    if (bytesRead === 0) break;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, bytesRead).indexOf(lineFeed, start);
      if (end === -1) break;
      keep(chunk.subarray(start, end));
      yield finish(position + end + 1, true);
      start = end + 1;
    }
    keep(chunk.subarray(start, bytesRead));
    position += bytesRead;
  }
  if (begunBytes > 0) yield finish(position, false);
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}
