import { createHash } from 'node:crypto';
import type { Category, Identifier, Labels } from '@keiro/schemas';
import type { ImportRow } from './import-row.ts';
import { LineList } from './line-list.ts';

/** Identifiers that are told apart, about 60 MB of them; beyond that the counts say `at least`. */
const mostKnown = 1_000_000;

interface OfCategory {
  rows: number;
  unknownCollected: number;
  beforeFirst: number;
  pastEnd: number;
}

/** What became of the rows of a source, or would: counts, and numbers of lines, never a value. */
export class ImportTally {
  rows = 0;
  /** Registered now; in a dry run, those that would be. */
  imported = 0;
  /** Registered by an earlier run. */
  before = 0;
  persons = 0;
  refs = { known: 0, new: 0 };
  /** There were more identifiers than are told apart. */
  isAtLeast = false;
  readonly categories = new Map<Category, OfCategory>();
  /** Held although their person was erased. */
  readonly erased = new LineList();
  readonly refused = new Map<
    string,
    { readonly field: string; readonly reason: Labels; readonly lines: LineList }
  >();
  refusedRows = 0;
  readonly #seen = new Set<string>();

  refuse(line: number, faults: readonly { readonly field: string; readonly reason: Labels }[]): void {
    this.refusedRows += 1;
    for (const { field, reason } of faults) {
      const key = `${field} ${reason.en}`;
      let one = this.refused.get(key);
      if (one === undefined) this.refused.set(key, (one = { field, reason, lines: new LineList() }));
      one.lines.add(line);
    }
  }

  /** A row that is in order, with which of its identifiers `keys` has seen before. */
  count(row: ImportRow, isKnown: (identifier: Identifier) => boolean): void {
    this.imported += 1;
    this.#addTo(row);
    for (const [position, identifier] of row.identifiers.entries()) {
      if (!this.#isNew(identifier)) continue;
      if (position === 0) this.persons += 1;
      if (isKnown(identifier)) this.refs.known += 1;
      else this.refs.new += 1;
    }
  }

  #addTo({ category, collected, version, isPastEnd }: ImportRow): void {
    const one = this.categories.get(category) ?? { rows: 0, unknownCollected: 0, beforeFirst: 0, pastEnd: 0 };
    this.categories.set(category, one);
    one.rows += 1;
    if (collected === undefined) one.unknownCollected += 1;
    if (version === 'before-first') one.beforeFirst += 1;
    if (isPastEnd) one.pastEnd += 1;
  }

  #isNew({ kind, value }: Identifier): boolean {
    const digest = createHash('sha256').update(`${kind}\n${value}`).digest('base64').slice(0, 16);
    if (this.#seen.has(digest)) return false;
    if (this.#seen.size >= mostKnown) {
      this.isAtLeast = true;
      return false;
    }
    this.#seen.add(digest);
    return true;
  }
}
