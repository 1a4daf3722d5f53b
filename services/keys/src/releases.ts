import { ProblemError } from '@keiro/runtime';
import type { Db } from 'mongodb';
import type { ReleaseCount, ReleasesAnswer } from '@keiro/schemas';
import { z } from 'zod';
import type { KeyAuditDocument } from './key-audit.ts';

const hourMs = 3_600_000;
const longestMs = 7 * 24 * hourMs;

const instant = z.iso
  .datetime({ offset: true, error: 'wants a date and time, e.g. 2026-03-01T09:00:00+09:00' })
  .transform((text) => new Date(text));
const querySchema = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(5000).default(500),
});
export interface ReleasesQuery {
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

const minuteOf = (at: Date): Date => new Date(Math.floor(at.getTime() / 60_000) * 60_000);

/** From the begin of a minute, because releases are counted so: the hour before `to` unless told, seven days at most; `to` is now unless told. Throws 400 naming the field. */
export function releasesQuery(query: Readonly<Record<string, string>>, now: Date): ReleasesQuery {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) {
    throw new ProblemError(
      400,
      'invalid-query',
      'the question is not as it should be',
      parsed.error.issues.map(({ path, code, message }) => ({
        field: path.join('.') || '(query)',
        code,
        message,
      })),
    );
  }
  const { limit, to = now, from = new Date(to.getTime() - hourMs) } = parsed.data;
  const span = to.getTime() - from.getTime();
  if (span > 0 && span <= longestMs) return { from: minuteOf(from), to, limit };
  throw new ProblemError(400, 'invalid-query', 'the question is not as it should be', [
    { field: 'from', code: 'out_of_range', message: 'is before `to`, by seven days at most' },
  ]);
}

/** What was released and refused in a span of time. */
export async function readReleases(db: Db, asked: ReleasesQuery, now: Date): Promise<ReleasesAnswer> {
  const cursor = db
    .collection<KeyAuditDocument>('keyAudit')
    .find({ at: { $gte: asked.from, $lt: asked.to }, kind: { $ne: 'decision' } }, { sort: { at: -1 } });
  const summary = summarise(asked.limit);
  for await (const document of cursor) summary.add(document);
  return {
    asOf: now.toISOString(),
    from: asked.from.toISOString(),
    to: asked.to.toISOString(),
    ...summary.result(),
  };
}

type Summary = Pick<ReleasesAnswer, 'totals' | 'minutes' | 'entries' | 'leftOut'>;

/** Adds up documents as they come, the newest first, and keeps no more than `limit` minutes and entries. Pure. */
export function summarise(limit: number): { add(document: KeyAuditDocument): void; result(): Summary } {
  const totals = new Map<string, ReleaseCount>();
  const minutes = new Map<string, Summary['minutes'][number]>();
  const entries: Summary['entries'] = [];
  const leftOut = { minutes: new Set<string>(), entries: 0 };

  function addLine(at: Date, line: ReleaseCount): void {
    const name = `${line.holder}\n${line.purpose}`;
    merge(totals, name, line, { holder: line.holder, purpose: line.purpose, released: 0, refused: {} });
    const minute = at.toISOString();
    const byMinute = `${minute}\n${name}`;
    if (minutes.size < limit || minutes.has(byMinute)) {
      merge(minutes, byMinute, line, { ...line, minute, released: 0, refused: {} });
    } else leftOut.minutes.add(byMinute);
  }

  return {
    add(document) {
      if (document.kind === 'count') for (const line of document.lines) addLine(document.at, line);
      else if (document.kind !== 'decision') {
        const { _id, at, ...entry } = document;
        if (entries.length < limit) entries.push({ at: at.toISOString(), ...entry });
        else leftOut.entries += 1;
      }
    },
    result: () => ({
      totals: [...totals.values()],
      minutes: [...minutes.values()],
      entries,
      leftOut: { minutes: leftOut.minutes.size, entries: leftOut.entries },
    }),
  };
}

function merge<T extends ReleaseCount>(
  into: Map<string, T>,
  name: string,
  line: ReleaseCount,
  zero: T,
): void {
  const sum = into.get(name) ?? zero;
  const refused = { ...sum.refused };
  for (const [reason, n] of Object.entries(line.refused)) refused[reason] = (refused[reason] ?? 0) + n;
  into.set(name, { ...sum, released: sum.released + line.released, refused });
}
