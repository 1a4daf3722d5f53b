import type { Labels } from './labels.ts';
import type { Path } from './places.ts';
import type { RowId } from './rows.ts';

export type Severity = 'error' | 'warning';

interface Kind extends Labels {
  readonly severity: Severity;
  /** The row that asks for it, where that is not the one of the rule it was found in. */
  readonly clause?: RowId;
}

const error = (ja: string, en: string, clause?: RowId): Kind => ({
  severity: 'error',
  ja,
  en,
  ...(clause === undefined ? {} : { clause }),
});

/** Everything that can be found in a policy file or in a register of holders beside it, and what is said of it. */
export const findingKinds = {
  'not-yaml': error('YAMLとして読めません。', 'is not YAML', 'I0'),
  'wrong-shape': error('値がないか、形が正しくありません。', 'is missing or not of the right kind'),
  'unknown-key': error('知らない項目です。', 'is no key that is known here'),
  'unknown-name': error('どこにも定義されていない名前です。', 'names something that is defined nowhere'),
  'bad-period': error('期間はISO 8601で書きます（例：P30D）。', 'is no ISO 8601 period such as P30D'),
  'bad-date': error('日付はYYYY-MM-DDで書きます。', 'is no date as YYYY-MM-DD'),
  'no-japanese': error('日本語の文がありません。', 'has no Japanese text', 'L2'),
  'no-english': error('英語の文がありません。', 'has no English text', 'L2'),
  'missing-clause': error('この条項の文がありません。', 'is a row without a clause'),
  'category-without-purpose': error(
    '利用目的のない情報を取得しています。',
    'is collected and serves no purpose',
  ),
  'purpose-without-end': error('利用の終わりが決まっていません。', 'has a purpose and no end'),
  'start-may-never-come': error(
    '起算点が来ないことがあるため、上限が必要です。',
    'has a start that may never come, and no cap',
  ),
  'quarantine-without-end': error(
    '隔離した情報をいつまで残すかが決まっていません。',
    'says nothing of how long what is set aside may stay',
  ),
  'erased-stay-longer': error(
    '消去後に届いた情報を、ほかの隔離情報より長く残すことはできません。',
    'keeps what came after an erasure longer than all else that is set aside',
  ),
  'purpose-unserved': error(
    'この目的に使う情報がなく、その旨の記載もありません。',
    'is a purpose that no category serves, and does not say so',
  ),
  'purpose-served': error(
    '使う情報がないと書かれていますが、あります。',
    'says that no category serves it, and one does',
  ),
  'field-without-purpose': error(
    '取得している項目が、どの利用目的にもありません。',
    'leaves out a field that is collected, which no purpose needs',
  ),
  'unknown-field': error('取得していない項目です。', 'is no field that is collected there'),
  'floor-without-law': error('保存を命じる法令の記載がありません。', 'is kept without a law that says so'),
  'right-without-clock': error('回答の期限がありません。', 'is a right without a clock', 'R7'),
  'fee-not-allowed': error(
    '手数料は開示についてだけ認められます。',
    'may cost nothing: only disclosure may',
    'R8',
  ),
  'joint-use-incomplete': error(
    '共同利用の公表事項（目的・相手・項目・管理者）が足りません。',
    'is joint use without its announced items',
    'T4',
  ),
  'processor-unchecked': error(
    '委託先の適格性の審査または契約がありません。',
    'is a processor without qualification or contract',
    'T1',
  ),
  'overseas-without-basis': error(
    '外国にある者への提供の根拠がありません。',
    'is abroad without a basis for that',
    'T3',
  ),
  'safety-measures-missing': error(
    '安全管理措置の記載がありません。',
    'says nothing of safety measures',
    'T1',
  ),
  'floor-without-columns': error(
    '法令により保存する項目がどこにあるか書かれていないため、削除の際に担当者の対応が必要になります。',
    'has to keep something for a law and does not say where it holds it, so that each deletion would wait for an operator',
    'R4',
  ),
  'site-without-operator': error(
    '海外拠点を誰が運営するかの記載がありません。',
    'is a site abroad that does not say who runs it',
    'T3',
  ),
  'measures-unknown': error(
    '相手国の制度または相当措置の記載がありません。',
    'is abroad without the country’s system or the equivalent measures',
    'T3',
  ),
  lapsed: error('期限が過ぎています。', 'has lapsed'),
  'not-a-register': error('保管先の一覧ではありません。', 'is no list of holders', 'T1'),
  'dates-out-of-order': error('日付の順序が正しくありません。', 'has its dates out of order', 'V1'),
  'version-without-rules': error(
    'この版の規則がこのファイルにありません。',
    'has no rules in this file',
    'V2',
  ),
  'blank-contact': error('問い合わせ窓口が空欄です。', 'is blank: questions and complaints go nowhere', 'Q1'),
  'capture-before-registration': {
    severity: 'warning',
    clause: 'C3',
    ja: '方針は登録された利用者について述べていますが、登録前のクッキーも取得します。',
    en: 'speaks of registered users, while cookie events are taken before sign-up',
  },
} as const satisfies Record<string, Kind>;
export type FindingCode = keyof typeof findingKinds;

/** What a careful lawyer would say about one place in a file. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Row of the policy that it is about. */
  readonly clause: RowId;
  readonly message: Labels;
  /** Keys from the root, joined by dots. Never a value. */
  readonly at: string;
  /** `FILE:LINE:COL` */
  readonly place: string;
}

/** One line for people: place, what, under which clause, and where in the file. */
export function describeFinding({ place, severity, code, clause, at, message }: Finding): string {
  return `${place} ${severity} ${code} (${clause}) ${at}: ${message.ja} ${message.en}`;
}

/** A finding before it is told where in the text it is. */
export interface Found {
  readonly code: FindingCode;
  readonly path: Path;
}

export const found = (code: FindingCode, ...path: Path): Found => ({ code, path });
