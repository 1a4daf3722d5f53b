import { randomBytes } from 'node:crypto';
import type { ConnectorConfig } from '@keiro/schemas';
import type { DirectiveDependencies } from '@keiro/erase/connectors/directive';
import type { Work } from '@keiro/erase/connectors/connector';

/** One item of a person in a store of the tests. */
export interface Row {
  readonly id: string;
  readonly member: string;
  readonly email: string;
  readonly generation: number;
  /** What is corrected and exported. */
  readonly name?: string;
  /** What a floor keeps. */
  readonly amount?: number;
}

/** A row as its store has it. */
export interface Scanned extends Pick<Row, 'id' | 'name' | 'amount'> {
  /** Empty where nothing says any more whose it is. */
  readonly member: string;
}

/** A downstream store on a real server, with a place of its own in it, and the configuration of its connector. */
export interface TestStore {
  readonly config: ConnectorConfig;
  /** Addresses and secrets that the configuration names. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it can tell: rows of a later generation, suspended purposes, where a locator points. */
  readonly knows: {
    readonly generations: boolean;
    readonly suspension: boolean;
    readonly locators: boolean;
    /** Absent: it can be asked what is left. */
    readonly nothing?: true;
    /** Absent: it corrects nothing, and cannot say what it holds by the names of fields. */
    readonly fields?: true;
    /** Takes one identifier of a kind in a request. */
    readonly oneByOne?: true;
    /** Without `fields`: it says what it holds all the same, in a form of its own. */
    readonly exports?: true;
  };
  /** What a connector that sends directives needs. */
  readonly directives?: DirectiveDependencies;
  /** What work at this store is bound to, where that is not any. */
  readonly bound?: Pick<Work, 'request' | 'holder' | 'directiveKey'>;
  put(rows: readonly Row[]): Promise<void>;
  /** Removes everything, as a restore does before it puts the old copy in place. */
  clear(): Promise<void>;
  /** Ids of the rows that are there. */
  ids(): Promise<string[]>;
  /** Every row that is there, read from the store itself: whose it is, by the member. */
  scan(): Promise<Scanned[]>;
  /** Removes these rows behind everybody's back. */
  take(ids: readonly string[]): Promise<void>;
  /** Suspended purposes by id of row. */
  suspended(): Promise<Record<string, string[]>>;
  /** A locator of a row in the store's own words, where that is not its id. */
  locator?(id: string): string;
  /** From now on it says that it did what it was told, and does nothing; absent where it can't be made to. */
  lie?(): Promise<unknown>;
  /** Ends the credentials that these settings hold. */
  expire?(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export const uniqueName = () => `test_${randomBytes(6).toString('hex')}`;

/** Without what is empty. */
export function scanned(row: {
  readonly id: string;
  readonly member?: unknown;
  readonly name?: unknown;
  readonly amount?: unknown;
}): Scanned {
  const { id, member, name, amount } = row;
  return {
    id,
    member: typeof member === 'string' ? member : '',
    ...(typeof name === 'string' ? { name } : {}),
    ...(amount === undefined || amount === null ? {} : { amount: Number(amount) }),
  };
}
