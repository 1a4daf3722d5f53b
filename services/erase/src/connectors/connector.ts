import { KeiroError } from '@keiro/runtime';
import type {
  Confirmed,
  ExportedItem,
  FieldChange,
  IdentifierKind,
  Life,
  Remains,
  Waiting,
} from '@keiro/schemas';
import type { Signed, Verdict } from '../opendsr/trust.ts';

/** One identifier of the person in clear, in memory for the time of one attempt. */
export interface SweptLife extends Life {
  readonly kind: string;
  /** Normalised. */
  readonly value: string;
}

/** What one attempt at one holder has to do. */
export interface Work {
  readonly request: string;
  readonly task: string;
  readonly holder: string;
  /** From 1. */
  readonly attempt: number;
  /** The attempt that first asked what this one asks again: a holder that knows it answers the same. Absent: this one. */
  readonly round?: number;
  readonly lives: readonly SweptLife[];
  /**
   * There are no lives: what the locators name goes and nothing is looked for by identifier. Rows of a later
   * generation than this stay.
   */
  readonly locatorsUpTo?: number;
  /** Where the holder said that it keeps copies, in its own words. */
  readonly locators: readonly string[];
  /** The same of the stores that replicate to it, by store. */
  readonly replicated: Readonly<Record<string, readonly string[]>>;
  /** Which of several calls this is, the places being too many for one; absent: the first. */
  readonly page?: number;
  /** Purposes that are suspended now; none after a whole resume. */
  readonly purposes: readonly string[];
  /**
   * Fields of the policy that a floor keeps, `subject` for the identifiers themselves: an erasure narrows rows that
   * have them, and the probe expects just that. Absent or empty: nothing is kept.
   */
  readonly keep?: readonly string[];
  /** Of a holder over several stores: those of them in which `keep` holds; absent: in all. */
  readonly keepIn?: readonly string[];
  /** Beside `keep`: places of what no floor keeps. They go whole, before the rest (see `worksOf`). */
  readonly whole?: Pick<Work, 'locators' | 'replicated'>;
  /** Which of several works of one attempt it is, for who tells it by a name. */
  readonly pass?: string;
  /** Seals what the holder is told by directive. */
  readonly directiveKey?: Buffer;
  /** Aborted when the task is no longer this worker's. */
  readonly signal: AbortSignal;
  /** Says at once what was removed or flagged, so that an attempt which fails halfway reports what it did. */
  readonly count: (place: string, n: number) => void;
  /** Says that a holder at which nobody can look has taken one identifier, whose data up to this moment end. */
  readonly told: (upTo: Date) => void;
  /** Says what an erasure leaves on purpose: rows of which a floor keeps columns, or that got a pseudonym. */
  readonly remains: (what: Remains) => void;
  /** When the task was made; absent: now. */
  readonly submittedAt?: Date;
  /** What an earlier attempt asked of the holder and has no answer to yet: the same is waited for, not asked anew. */
  readonly waiting?: Pick<Waiting, 'attempt' | 'step' | 'since' | 'expected'>;
  /** Says what the holder itself gives its word for. It is no probe. */
  readonly confirmed?: (word: Confirmed) => void;
}

/**
 * One kind of holder. Every call can be made again: what is gone already counts 0, and is no error. A connector
 * throws {@link ConnectorError} or its driver's own error, which is never shown as it is (`describeFailure`).
 */
export interface Connector {
  /**
   * Removes every row, key or message of these lives, by identifier and by locator, or does with it what the
   * holder's configuration or a floor (`work.keep`) says instead.
   */
  erase(work: Work): Promise<void>;
  /**
   * How much an erasure would remove or empty now, by place as it counts them and each row once: so that it is known
   * before, should the answer be lost. Absent where only the holder could say: it gives its first answer again.
   */
  present?(work: Work): Promise<Counts>;
  /** R5: marks the person's rows with `work.purposes`; says why where the holder can't. */
  suspend(work: Work): Promise<Flagging>;
  /** The same, with what is left of the suspension. */
  resume(work: Work): Promise<Flagging>;
  /**
   * Looks again, by identifier and by locator: how many are there that an erasure would still change; undefined
   * where nobody can look.
   */
  probe(work: Work): Promise<number | undefined>;
  /** R2, R3: sets fields of the person's rows and reads them back. A value is never part of an error. */
  correct(work: Work, changes: readonly FieldChange[]): Promise<Correction>;
  /** R1: all that it has of the person, each row once, in chunks of bounded size, read as they are asked for. */
  export(work: Work): AsyncIterable<ExportChunk>;
  /** Who may read what is registered, where the holder can list that. */
  readers?(): Promise<DatabaseUser[]>;
  /** Every row that it holds, in batches. Absent: this kind of holder can't list what it holds. */
  scan?(scan: Scan): AsyncIterable<ScannedBatch>;
  /** Whether the holder itself sent these bytes, which nobody has read yet. Absent: it sends none. */
  checkCallback?(signed: Signed, bytes: Buffer): Promise<Verdict>;
  close(): Promise<void>;
}

/** Rows, keys or versions by place. */
export type Counts = Readonly<Record<string, number>>;

/** One who can log in to a holder's database and may read registered tables. */
export interface DatabaseUser {
  readonly role: string;
  readonly database: string;
  /** Reads everything, whatever was granted. */
  readonly superuser: boolean;
  readonly reads: readonly string[];
  /** Connections at the moment. */
  readonly connected: number;
}

export interface Scan {
  /** Goes on after the batch that gave this; from the beginning when absent. */
  readonly from?: string;
  readonly signal: AbortSignal;
}

/** A row or a key as a scan sees it. Its values are in clear, for as long as its batch is looked at. */
export interface ScannedRow {
  /** As the holder has them. */
  readonly identifiers: readonly { readonly kind: IdentifierKind; readonly value: string }[];
  /** Absent where the holder does not tell lives apart. */
  readonly generation?: number;
  /** Flag of suspended purposes; absent where the holder has no place for it. */
  readonly suspended?: readonly string[];
}

export interface ScannedBatch {
  /** As erasing counts it. */
  readonly place: string;
  readonly rows: readonly ScannedRow[];
  /**
   * Where to go on, so many of these rows having been removed. Positions only: it is kept in clear. Asked once, of
   * each batch in turn.
   */
  readonly after: (removed: number) => string;
}

export interface Flagging {
  readonly unsupported?: string;
}

export interface Correction {
  /** Rows that were changed. */
  readonly changed: number;
  /** Rows that hold something else when they are read again. */
  readonly differing: number;
  /** Fields that this holder has no place for. */
  readonly missing: readonly string[];
}

/** Some of what a holder has of a person; `unsupported` where it, or a part of it, can't say. */
export interface ExportChunk {
  readonly items: readonly ExportedItem[];
  readonly unsupported?: string;
}

/** Rows, documents or keys in one chunk of an export, at most. */
export const exportChunk = 200;

/** A holder did not do what it was asked. The message names places and codes, never a value. */
export class ConnectorError extends KeiroError {
  constructor(code: string, message: string) {
    super(code, message, { retryable: true });
  }
}

/** The holder is at it, or cannot do it before a certain day: no failure, and looked at again by itself. */
export class WaitingError extends ConnectorError {
  /** When to look again. */
  readonly until: Date;
  readonly expected: Date | undefined;
  /** When the holder was asked; absent: now. */
  readonly since: Date | undefined;

  constructor(
    message: string,
    { until, expected, since }: { until: Date; expected?: Date | undefined; since?: Date | undefined },
  ) {
    super('waiting', message);
    this.until = until;
    this.expected = expected;
    this.since = since;
  }
}

/** How many identifiers or locators go into one statement: a longer list costs some servers its square. */
const chunkSize = 100;

export function* chunksOf<T>(values: readonly T[], size = chunkSize): Generator<T[]> {
  for (let from = 0; from < values.length; from += size) yield values.slice(from, from + size);
}

/** Identifiers by the column or field that holds them. */
export function valuesByColumn(
  identifiers: Readonly<Partial<Record<string, string>>>,
  lives: readonly SweptLife[],
): [column: string, values: string[]][] {
  const columns = new Map<string, Set<string>>();
  for (const { kind, value } of lives) {
    const column = identifiers[kind];
    if (column === undefined) continue;
    const values = columns.get(column) ?? new Set();
    columns.set(column, values.add(value));
  }
  return [...columns].map(([column, values]) => [column, [...values]]);
}

/**
 * Rows of a later generation than any of these lives are of a person who has registered anew, and stay. Taken
 * over all lives, because a row carries the generation of the ref that it was written under, which need not be
 * the one by which it is found.
 */
export function newestGeneration({
  lives,
  locatorsUpTo = 0,
}: {
  readonly lives: readonly Life[];
  readonly locatorsUpTo?: number;
}): number {
  return Math.max(locatorsUpTo, ...lives.map(({ generation }) => generation));
}
