import {
  acquisitionLabels,
  dayInJapan,
  periodText,
  type ExportedProvision,
  type Identifier,
  type Labels,
  type ProvisionLabels,
} from '@keiro/schemas';
import { stringify } from 'csv-stringify/sync';
import { consentMeansLabels, keepingLabels } from './provision-words.ts';
import { kindWord } from './words.ts';

/** Who a record is about: opened, or why not. */
export type Identity = { readonly identifiers: readonly Identifier[] } | { readonly not: Labels } | undefined;

type Cell = (one: ExportedProvision, labels: ProvisionLabels, identity: Identity) => string;

const named = (table: Readonly<Record<string, Labels>>, id: string | undefined): string =>
  id === undefined ? '' : (table[id]?.ja ?? id);
const day = (instant: string): string => dayInJapan(new Date(instant));

/** What an authority gets: the columns by their Japanese heads, in this order. */
const columns: Readonly<Record<string, Cell>> = {
  提供年月日: ({ at }) => day(at),
  区分: ({ direction }) => (direction === 'provided' ? '提供' : '受領'),
  '提供先・提供元': ({ party }) => party.name.ja,
  国: ({ party }) => party.country ?? '',
  本人: (_one, _labels, identity) => whoOf(identity),
  提供した項目: ({ groups }, labels) => groups.map((group) => named(labels.groups, group)).join('、'),
  利用目的: ({ purpose }, labels) => named(labels.purposes, purpose),
  本人の同意: ({ consent }) =>
    consent === undefined
      ? ''
      : `${day(consent.at)} 文言 ${consent.wording}（${named(consentMeansLabels, consent.means)}）`,
  根拠: ({ basis, beside }, labels) =>
    [basis, beside].flatMap((id) => (id === undefined ? [] : named(labels.bases, id))).join('、'),
  根拠条文: ({ articles }) => articles.map(lawOf).join('、'),
  記録の要否: ({ record }) => (record.kind === 'none' ? '不要' : '要'),
  記録の条文: ({ record }) => record.articles.map(lawOf).join('、'),
  記録を要しない理由: ({ record }) => (record.kind === 'none' ? record.message.ja : ''),
  取得の経緯: ({ acquired }) => (acquired === undefined ? '' : acquisitionLabels[acquired].ja),
  記録年月日: ({ recordedAt }) => day(recordedAt),
  保存期間: ({ kept }) => `${keepingLabels[kept.as].ja}${periodText(kept.period, 'ja')}`,
  保存期限: ({ kept }) => day(kept.until),
  記録番号: ({ id }) => id,
};
export const provisionHeads: readonly string[] = Object.keys(columns);

/** `APPI 29(1)` as the Japanese text is cited. */
function lawOf(article: string): string {
  const found = /^APPI (\d+)(?:\((\d+)\))?(?:\(([ivx]+)\))?$/.exec(article);
  if (found === null) return article;
  const [, number = '', paragraph, item] = found;
  const items = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];
  return `個人情報保護法${number}条${paragraph === undefined ? '' : `${paragraph}項`}${item === undefined ? '' : `${String(items.indexOf(item) + 1)}号`}`;
}

function whoOf(identity: Identity): string {
  if (identity === undefined) return '';
  if ('not' in identity) return identity.not.ja;
  return identity.identifiers.map(({ kind, value }) => `${kindWord(kind).ja}：${value}`).join('、');
}

/** One record, by the Japanese heads. Pure. */
export function provisionRow(
  one: ExportedProvision,
  labels: ProvisionLabels,
  identity: Identity,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(columns).map(([head, cell]) => [head, cell(one, labels, identity)]),
  );
}

/**
 * Rows as CSV (RFC 4180, UTF-8). The first part has the byte order mark by which Excel knows the encoding, and the heads. What a
 * spreadsheet would take for a formula gets an apostrophe before it. Pure.
 */
export const csvPart = (rows: readonly Readonly<Record<string, string>>[], isFirst: boolean): string =>
  stringify([...rows], {
    bom: isFirst,
    header: isFirst,
    columns: [...provisionHeads],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
