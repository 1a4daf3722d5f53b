import type { OutgoingMessage } from '@keiro/runtime';
import type { Encode } from '@keiro/runtime/registry';
import {
  importSource,
  importType,
  isPurpose,
  purposesOf,
  recordId,
  toHeaders,
  type CopyReport,
  type HoldersAnswer,
  type ImportWire,
  type Life,
} from '@keiro/schemas';
import { contentDigest, locatorAssociated, seal } from '@keiro/sdk';
import { canonicalJson } from '@keiro/sdk/emitter-seal';
import type { ImportRow } from './import-row.ts';

/** Whose the rows are, as the register has it. */
export type ImportHolder = Pick<HoldersAnswer['holders'][number], 'id' | 'kind' | 'categories' | 'purposes'>;

/** What `keys` gave for one row. */
export interface RowKeys {
  /** The primary first. */
  readonly lives: readonly [Life, ...Life[]];
  /** The primary's, of this source alone. */
  readonly digestKey: Buffer;
  /** The primary's for this holder; only where the row has a locator. */
  readonly locatorKey?: Buffer;
}

export interface RowMessages {
  readonly record: OutgoingMessage;
  readonly copy: OutgoingMessage;
}

/**
 * A row as Kafka gets it: the record for `tag`, the copy for `transfer`. Which record it is follows from the holder,
 * the category and the locator (or, where there is none, from all that the row says), under a key of the person: so a
 * second import finds the first one's record, and nobody can guess a locator from an id. Pure.
 */
export function rowMessages(
  row: ImportRow,
  { lives, digestKey, locatorKey }: RowKeys,
  holder: ImportHolder,
  now: Date,
  iv: Buffer,
  encode: { readonly record: Encode; readonly copy: Encode },
): RowMessages {
  const { category, locator, collected, policy, scope } = row;
  const [primary] = lives;
  const identity = canonicalJson(locator === undefined ? row.said : { holder: holder.id, category, locator });
  const id = `im-${contentDigest(digestKey, `identity\n${identity}`)}`;
  const record = recordId(primary, importSource, id);
  const time = (collected ?? now).toISOString();
  const wire: ImportWire = {
    holder: holder.id,
    refs: [...lives],
    category,
    present: [...row.present],
    conditions: row.conditions,
    collected: collected === undefined ? 'unknown' : 'known',
    version: row.version,
    site: row.site,
    scope,
    digest: contentDigest(digestKey, `content\n${canonicalJson(row.said)}`),
  };
  const report: CopyReport = {
    holder: holder.id,
    action: 'held',
    record,
    ...primary,
    category,
    groups: [...row.groups],
    purpose: scope.kind === 'entrusted' ? `entrusted:${scope.tenant}` : purposeOf(row, holder),
    ...(locator === undefined || locatorKey === undefined
      ? {}
      : { locator: seal(locatorKey, Buffer.from(locator), locatorAssociated(holder.id, record), iv) }),
    // A store of ours had it since then, and so had its snapshots; when another got it nobody can tell any more.
    at: holder.kind === 'store' ? time : now.toISOString(),
  };
  const headers = toHeaders({
    id,
    source: importSource,
    type: importType,
    time,
    policyversion: policy.version,
  });
  return {
    record: { key: primary.ref, headers, value: encode.record(wire) },
    copy: { key: record, value: encode.copy(report) },
  };
}

/** The first of the holder's purposes that the policy gives the record; where it gives none, the holder's first. */
function purposeOf(row: ImportRow, { purposes }: ImportHolder): string {
  const allowed = new Set(row.groups.flatMap((group) => purposesOf(row.policy, group, row.conditions)));
  return (
    purposes.find((purpose) => isPurpose(purpose) && allowed.has(purpose)) ?? purposes[0] ?? 'membership'
  );
}
