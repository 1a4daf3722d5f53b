import { hash } from 'node:crypto';
import type { Category } from './events/index.ts';
import type { Life, Ref } from './refs.ts';

/* Retention is the same machine as a deletion with another reason: what has ended becomes tasks (APPI 22). */

/** Why a record is looked at again though nothing is known to end that day: somebody has to do something. */
export const retentionWaits = [
  /** Its cap has passed: a person decides. */
  'review',
  /** A floor whose own end is still open. */
  'open-floor',
  /** A legal hold. */
  'hold',
  /** A deletion of its person is under way. */
  'deletion',
  /** A holder that knows only whole persons still rightly holds something of this one. */
  'whole-person',
  /** The holder keeps it in one row with what has not ended. */
  'shared-row',
  /** A holder that is not registered (any more) reported a copy. */
  'unknown-holder',
  /** The policy version under which it was collected is not known. */
  'unknown-policy',
] as const;
export type RetentionWait = (typeof retentionWaits)[number];

/**
 * `due`, owner `request`: what has to be looked at on a day, in the order in which `_id` sorts. Insert-only; gone when
 * it was looked at. One document is of one batch of what was read: thousands of records cost a few documents, and
 * nothing is indexed but `_id`. A day only says when to look: what ends is decided from record and facts that day.
 */
export interface DueDocument {
  /** `<day>|<digest of the rest>`: the same once more is the same document. */
  readonly _id: string;
  /** `YYYY-MM-DD` in Asia/Tokyo. */
  readonly day: string;
  /** Ids of records. */
  readonly records: readonly string[];
  /** All that is under these refs: a fact has moved ends. */
  readonly refs: readonly Ref[];
  /** What it has been waiting for since the last look. */
  readonly wait?: RetentionWait;
  /** With a wait for a holder. */
  readonly holder?: string;
}

/** A `due` document of these, or none where there is nothing. Pure. */
export function dueOn(day: string, what: Partial<Omit<DueDocument, '_id' | 'day'>>): DueDocument[] {
  const records = [...new Set(what.records ?? [])].sort();
  const refs = [...new Set(what.refs ?? [])].sort();
  if (records.length + refs.length === 0) return [];
  const { wait, holder } = what;
  const digest = hash('sha256', JSON.stringify([records, refs, wait, holder]), 'hex').slice(0, 24);
  return [
    {
      _id: `${day}|${digest}`,
      day,
      records,
      refs,
      ...(wait === undefined ? {} : { wait }),
      ...(holder === undefined ? {} : { holder }),
    },
  ];
}

/** `retentionBatches`, owner `request`: what goes from lineage when the holders of a batch have proven theirs; then it goes. */
export interface RetentionBatchDocument {
  /** The request. */
  readonly _id: string;
  readonly lives: readonly Life[];
  /** Records of which all has ended. */
  readonly records: readonly string[];
  /** Ids of reports of copies that go, also of records that stay. */
  readonly copies: readonly string[];
  /**
   * By holder, where its copies are, sealed as it reported them: for holders of which nothing else has to be looked at,
   * so that whoever sweeps reads this one document and not every report once more.
   */
  readonly places?: Readonly<Record<string, readonly SealedPlace[]>>;
}

/** Where a holder keeps its copy of a record. */
export interface SealedPlace extends Life {
  readonly record: string;
  readonly locator: string;
}

/** What a request of type `retention` is about, in counts. */
export interface RetentionOf {
  /** Oldest day on which something of it was due. */
  readonly day: string;
  readonly records: number;
  readonly lives: number;
  readonly byCategory: Readonly<Partial<Record<Category, number>>>;
  /** Copies at recipients whose own data they are now; they are not told. */
  readonly notOurs: number;
  /** By holder of the category that reported no copy of them: it may have none, or may not have said so. */
  readonly unreported: Readonly<Record<string, number>>;
}

/** The request of a batch: the same records make the same. */
export function retentionId(records: readonly string[]): string {
  return `req-${hash('sha256', `retention\n${records.toSorted().join('\n')}`, 'hex').slice(0, 24)}`;
}

/** `retention`, owner `request`: one document, `sweep`, by which one process sweeps at a time. */
export interface RetentionStateDocument {
  readonly _id: 'sweep';
  readonly lease?: { readonly worker: string; readonly token: number; readonly until: Date };
  /** An operator has stopped it. */
  readonly paused?: { readonly at: Date; readonly by: string };
  readonly last?: { readonly at: Date; readonly records: number; readonly planned: number };
}

const dayMs = 86_400_000;
/** Japan's clocks have stood at +09:00 without a change since 1952. */
const japanMs = 9 * 3_600_000;

/** The first day in Japan (L1), `YYYY-MM-DD`, at whose beginning this instant has come: then it has ended for sure. Pure. */
export function dueDay(end: Date): string {
  const day = Math.floor((end.getTime() - 1 + japanMs) / dayMs) + 1;
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The day some days later. Pure. */
export const daysLater = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
