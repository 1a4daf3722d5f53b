import type { Labels } from '../policy/labels.ts';
import type { RowId } from '../policy/rows.ts';
import type { RecordWanted } from './provision.ts';
import { saidOf, type TransferRefusal } from './refusals.ts';
import type { Basis } from './transfer.ts';

export type Side = 'home' | 'abroad';

/** May be handed over: why, by which articles, and what the law wants written down about it. */
export interface Authorised {
  readonly allowed: true;
  readonly basis: Basis;
  /** TB: what carries it in truth. */
  readonly beside?: Basis;
  readonly side: Side;
  readonly articles: readonly string[];
  readonly record: RecordWanted;
}

export interface NotAuthorised {
  readonly allowed: false;
  readonly reason: TransferRefusal;
  readonly row: RowId;
  readonly articles: readonly string[];
  readonly message: Labels;
  /** Of `evidence-missing`: the names of what is. */
  readonly missing?: readonly string[];
}
export type TransferVerdict = Authorised | NotAuthorised;

/** `row` where the refusal itself belongs to no row of its own. */
export function refuse(
  reason: TransferRefusal,
  row: RowId,
  more: { missing?: readonly string[]; articles?: readonly string[] } = {},
): NotAuthorised {
  const { ja, en, articles, row: ofReason } = saidOf(reason);
  return {
    allowed: false,
    reason,
    row: ofReason ?? row,
    articles: more.articles ?? articles,
    message: { ja, en },
    ...(more.missing === undefined ? {} : { missing: more.missing }),
  };
}
