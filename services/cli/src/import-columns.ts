import { identifierKinds, type Labels } from '@keiro/schemas';

/** What a row of an import may say: column of a CSV file, field of an NDJSON one. */
export const columns = [
  'category',
  ...identifierKinds,
  'locator',
  'collected',
  'fields',
  'site',
  'policy',
  'tenant',
  'marketingOptIn',
  'cookieKind',
] as const;
type Column = (typeof columns)[number];

export const isColumn = (name: string): name is Column => columns.some((known) => known === name);

const word = (ja: string, en: string): Labels => ({ ja, en });

/** Why a row is refused. Names what is wanted, and never what was there. */
export const reasons = {
  columns: word('列の数が見出しと違います', 'has another number of columns than the header'),
  tooLong: word('長すぎます', 'is too long'),
  encoding: word('文字コードが違います', 'is not in the encoding of the file'),
  json: word('JSONではありません', 'is not JSON'),
  object: word('JSONのオブジェクトではありません', 'is not a JSON object'),
  unknownName: word('知らない名前の項目があります', 'has a field whose name is not known'),
  category: word('C1 から C7 のどれかです', 'is one of C1 to C7'),
  notRegistered: word('保有者の登録にこの区分がありません', 'is not in the holder’s register entry'),
  nobody: word('識別子が一つもありません', 'has no identifier'),
  identifier: word('この種類の識別子ではありません', 'can’t be an identifier of this kind'),
  locator: word('3,000バイト以内の文字列です', 'is a text of at most 3,000 bytes'),
  collected: word('2026-03-01 のような日付か RFC 3339 の日時です', 'is a date like 2026-03-01, or RFC 3339'),
  future: word('未来の日時です', 'is in the future'),
  fields: word(
    'この区分の項目名を空白で区切って並べます',
    'are names of fields of the category, apart by spaces',
  ),
  site: word('自社のサイトのホスト名です（KEIRO_SITES）', 'is the host name of a site of ours (KEIRO_SITES)'),
  policy: word('方針の版です', 'is a version of the policy'),
  policyLater: word('取得の日にはまだ発効していません', 'took effect only after `collected`'),
  tenant: word('委託元のIDです（小文字・数字・-）', 'is the id of a tenant: lower case, digits and -'),
  marketingOptIn: word('true か false です', 'is true or false'),
  cookieKind: word('session、feature、analytics のどれかです', 'is one of session, feature, analytics'),
  condition: word('方針の条件に必要です', 'is wanted: the policy’s conditions ask for it'),
  noPurpose: word('方針に利用目的がありません', 'has no purpose in the policy'),
  card: word('カード番号を含むようです', 'seems to hold a card number, which is never kept'),
  unsafe: word('制御文字または壊れた文字を含みます', 'holds a control character or a broken one'),
} as const satisfies Record<string, Labels>;
