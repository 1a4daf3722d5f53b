import { findingKinds, type Finding, type Found } from './findings.ts';
import type { Path, ReadText } from './places.ts';
import { rowIds, type RowId } from './rows.ts';

/** The rows that parts of the file are about, for what stands in no rule with a source of its own. */
const rowOfPart: Readonly<Record<string, RowId>> = {
  versions: 'V2',
  contact: 'Q1',
  fees: 'R8',
  scope: 'X1',
  entrusted: 'X2',
  transfers: 'T0',
  bases: 'T0',
  entrustment: 'T1',
  drSite: 'T3',
  jointUse: 'T4',
  analytics: 'G1',
  rights: 'R7',
  grounds: 'R9',
  clocks: 'R7',
  revision: 'V1',
  language: 'L2',
  jurisdiction: 'L1',
  law: 'I0',
  sections: 'L2',
};

/** The row of a place: that of the innermost rule around it, else of its clause or category, else of its part. */
export function clauseOf(content: unknown, path: Path): RowId {
  let row: RowId | undefined;
  let node: unknown = content;
  for (const key of path) {
    node = property(node, key);
    const own = property(property(node, 'source'), 'row');
    if (isRow(own)) row = own;
    else if (row === undefined && isRow(key)) row = key;
  }
  return row ?? rowOfPart[String(path[0])] ?? 'PM';
}

/** Findings with their message, clause and place, in the order of the text. */
export function locate(all: readonly Found[], text: ReadText): Finding[] {
  return all
    .map(({ code, path }): Finding => {
      const kind = findingKinds[code];
      const at = path.map(String).join('.');
      return {
        code,
        severity: kind.severity,
        clause: ('clause' in kind ? kind.clause : undefined) ?? clauseOf(text.content, path),
        message: { ja: kind.ja, en: kind.en },
        at,
        place: text.placeOf(path),
      };
    })
    .toSorted((a, b) => positionOf(a) - positionOf(b));
}

function positionOf({ place }: Finding): number {
  const [column = '0', line = '0'] = place.split(':').toReversed();
  return Number(line) * 10_000 + Number(column);
}

const isRow = (value: unknown): value is RowId => rowIds.some((id) => id === value);

/** A property of whatever was read; undefined where there is none. */
export function property(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
