import { PoisonError, type Log, type Message } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import { daysLater, dueDay, dueOn, type DueDocument, type Ref, type Tagged } from '@keiro/schemas';
import { z } from 'zod';

/** The part of `lineage.tagged` that says when to look. */
const taggedPartSchema = z.object({
  record: z.string(),
  refs: z.array(z.object({ ref: z.string() })),
  groups: z.array(z.object({ end: z.string().optional(), cap: z.string().optional() })),
});
type TaggedPart = Pick<Tagged, 'record'> & {
  readonly groups: readonly Partial<Pick<Tagged['groups'][number], 'end' | 'cap'>>[];
};

/** Where nothing says when it ends, somebody looks after this many days. */
const unknownEndDays = 365;

/**
 * The days on which records have to be looked at: one document a day for all of them. Each group's own end, or its
 * cap while its start is open; what moves either is looked at when it comes. Pure.
 */
export function dueOf(records: readonly TaggedPart[], today: string): DueDocument[] {
  const byDay = new Map<string, string[]>();
  for (const { record, groups } of records) {
    const days = new Set(
      groups.map(({ end, cap }) => {
        const until = end ?? cap;
        return until === undefined ? daysLater(today, unknownEndDays) : dueDay(new Date(until));
      }),
    );
    for (const day of days) byDay.set(day, [...(byDay.get(day) ?? []), record]);
  }
  return [...byDay].flatMap(([day, ids]) => dueOn(day, { records: ids }));
}

/**
 * Fills `due` from what `tag` has kept. `lineage.tagged` comes after its record is stored, and a fact is looked at when
 * `tag` has kept it: of a record and a fact that come at the same time the later one sees the other.
 */
export function createDueFollower(deps: {
  readonly registry: Pick<Registry, 'decodeAll'>;
  readonly insert: (due: readonly DueDocument[]) => Promise<void>;
  /** Those of these refs under which there are facts that let a period begin. */
  readonly withClosingFacts: (refs: readonly Ref[]) => Promise<readonly Ref[]>;
  /** Resolves when `tag` has kept the facts up to this message. */
  readonly kept: (last: Message) => Promise<void>;
  readonly today: () => string;
  readonly log: Log;
}) {
  const { insert, log } = deps;
  return {
    async tagged(messages: readonly Message[]): Promise<void> {
      const decoded = await deps.registry.decodeAll(messages.map(({ value }) => value));
      const records = decoded.flatMap((one, position) => {
        const parsed = one instanceof PoisonError ? undefined : taggedPartSchema.safeParse(one.value);
        if (parsed?.success === true) return [parsed.data];
        const { partition, offset } = messages[position] ?? {};
        log.error({ partition, offset }, 'a message of lineage.tagged is no record');
        return [];
      });
      const today = deps.today();
      const open = records.filter(({ groups }) => groups.some(({ end }) => end === undefined));
      const refs = [...new Set(open.flatMap((one) => one.refs.map(({ ref }) => ref)))];
      const closed = new Set(refs.length === 0 ? [] : await deps.withClosingFacts(refs));
      // Its fact came first: what ends by that is looked at now.
      const late = open.filter((one) => one.refs.some(({ ref }) => closed.has(ref)));
      await insert([
        ...dueOf(records, today),
        ...dueOn(today, { records: late.map(({ record }) => record) }),
      ]);
    },

    /** All of the person is looked at: what a fact closes, and when that ends, is decided there. */
    async facts(messages: readonly Message[]): Promise<void> {
      const last = messages.at(-1);
      if (last === undefined) return;
      await deps.kept(last);
      const refs = [...new Set(messages.flatMap(({ key }) => key ?? []))];
      const closing = await deps.withClosingFacts(refs);
      await insert(dueOn(deps.today(), { refs: closing }));
    },
  };
}
