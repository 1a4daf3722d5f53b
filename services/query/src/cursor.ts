import { ProblemError } from '@keiro/runtime';

/** Where a page ended: records are read newest first, those of one instant by id. */
export interface Cursor {
  readonly time: Date;
  readonly id: string;
}

export function writeCursor(last: { readonly time: Date; readonly _id: string }): string {
  return Buffer.from(`${String(last.time.getTime())}|${last._id}`).toString('base64url');
}

/** Throws 400 for what no answer of ours contained. */
export function readCursor(text: string): Cursor {
  const [, millis, id] = /^(\d{1,15})\|(.{1,256})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (millis === undefined || id === undefined) {
    throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', [
      { field: 'cursor', code: 'invalid', message: 'is not the cursor of an answer' },
    ]);
  }
  return { time: new Date(Number(millis)), id };
}
