import type { Labels } from '../policy/labels.ts';
import type { RowId } from '../policy/rows.ts';

interface Said extends Labels {
  /** The row that refuses, where the basis does not say so itself. */
  readonly row?: RowId;
  readonly articles: readonly string[];
}

const said = (ja: string, en: string, articles: readonly string[], row?: RowId): Said => ({
  ja,
  en,
  articles,
  ...(row === undefined ? {} : { row }),
});

/** Why nothing may be handed over, as the person who asked reads it. */
export const transferRefusals = {
  'unknown-holder': said(
    '登録のない相手です。先に保管先として登録してください。',
    'nobody registered under this name: register the holder first',
    ['APPI 27(1)'],
    'T0',
  ),
  'no-basis': said(
    '登録にある根拠では、この相手への提供を認められません。',
    'the basis is not one that carries this holder: see its entry in the register',
    ['APPI 27(1)'],
  ),
  'beyond-category': said(
    '登録にない区分の情報です。',
    'a category that the holder is not registered for',
    ['APPI 27(1)'],
    'T0',
  ),
  'beyond-purpose': said(
    '登録または方針の利用目的の範囲を超えています。',
    'beyond the purposes that the register and the policy give for it',
    ['APPI 18(1)'],
  ),
  erased: said(
    '本人の情報は消去されています。',
    'the person has been erased: nothing is left to hand over',
    ['APPI 22'],
    'R4',
  ),
  hidden: said('本人の情報を消去している途中です。', 'a deletion is under way', ['APPI 22'], 'R4'),
  suspended: said(
    '本人がこの目的での利用を停止しています。',
    'the person has suspended use for this purpose',
    ['APPI 35'],
    'R5',
  ),
  denied: said(
    '本人がこの相手への提供を拒んでいます。',
    'the person denies this third party the use',
    ['APPI 35(3)'],
    'R6',
  ),
  'fed-by-browser-only': said(
    'アクセス解析の相手へは、当社のサーバーから送りません（停止の選択を損なうため）。',
    'analytics is fed by the browser’s own tag alone: a server that forwards goes round the opt-out',
    ['APPI 31(1)'],
    'G1',
  ),
  'evidence-missing': said(
    'この根拠に必要な記録が足りません。',
    'what this basis must have on record is missing',
    [],
  ),
  'consent-missing': said(
    'この相手への提供について、本人の同意の記録がありません。',
    'no consent of the person towards this recipient is on record',
    ['APPI 27(1)'],
    'TA',
  ),
  'consent-withdrawn': said(
    '本人が同意を撤回しています。',
    'the person has withdrawn consent',
    ['APPI 27(1)'],
    'TA',
  ),
  'consent-implied': said(
    'サイトの利用をもってする同意は、提供の同意に当たりません。',
    'that use of a site implies it counts as no consent to a provision',
    ['APPI 27(1)'],
    'TA',
  ),
  'consent-uninformed': said(
    '外国にある相手について、国名・その国の制度・相手の措置が本人に知らされていません。',
    'the person was not told of that country, its system and the recipient’s measures',
    ['APPI 28(2)'],
    'TA',
  ),
  'consent-of-article-31': said(
    '相手がクッキー等を個人データとして取得することへの、本人の同意の記録がありません。',
    'no consent is on record to the recipient’s holding cookies and the like as personal data',
    ['APPI 31(1)'],
    'TA',
  ),
  'terms-violation-alone': said(
    '方針4(1)Bはこの提供を認めていますが、個人情報保護法27条にその例外はありません。法令、同意を得がたい生命・身体・財産の保護、または事前の同意が併せて必要です。',
    'the policy permits it (4(1)B), but APPI 27 has no such exception: a law, or life, body or property with consent hard to obtain, or prior consent must stand beside it',
    ['APPI 27(1)'],
    'TB',
  ),
  'filing-missing': said(
    '27条2項の提供には、届出が先に必要です。',
    'a provision under 27(2) needs its filing first',
    ['APPI 27(2)'],
    'TF',
  ),
  'article-not-abroad': said(
    '27条2項は、外国にある者への提供には使えません。',
    '27(2) does not carry a provision abroad',
    ['APPI 28(1)'],
    'TF',
  ),
  'items-beyond-inquiry': said(
    '照会された項目に含まれない情報です。',
    'not among the items that were inquired for',
    ['APPI 27(1)'],
    'TF',
  ),
  'successor-differs': said(
    '承継の相手ではありません。',
    'not the one who takes the business over',
    ['APPI 27(5)(ii)'],
    'TE',
  ),
  'before-succession': said(
    '承継の日の前です。',
    'before the day of the succession',
    ['APPI 27(5)(ii)'],
    'TE',
  ),
  'beyond-succession': said(
    '承継する事業の情報ではないか、承継前の利用目的を超えています。',
    'not of the business that is transferred, or beyond the purposes from before',
    ['APPI 27(5)(ii)', 'APPI 18(2)'],
    'TE',
  ),
  'qualification-missing': said('適格性の審査の記録がありません。', 'nobody has examined its qualification', [
    'APPI 25',
  ]),
  'qualification-failed': said('適格性の審査に通っていません。', 'its qualification was found wanting', [
    'APPI 25',
  ]),
  'qualification-lapsed': said(
    '適格性の審査の期限が過ぎています。',
    'the examination of its qualification is overdue',
    ['APPI 25'],
  ),
  'contract-missing': said('契約の記録がありません。', 'no contract for safe management is on record', [
    'APPI 25',
  ]),
  'contract-unsafe': said('契約に安全管理の条項がありません。', 'its contract has no safety clauses', [
    'APPI 25',
  ]),
  'contract-not-begun': said('契約の期間が始まっていません。', 'its contract has not begun', ['APPI 25']),
  'contract-ended': said('契約の期間が終わっています。', 'its contract has ended', ['APPI 25']),
  'safety-measures-missing': said(
    '安全管理措置の記録がありません。',
    'its safety measures are not on record',
    ['APPI 23', 'APPI 25'],
  ),
  'announcement-incomplete': said(
    '共同利用の公表事項が揃っていません。',
    'its announcement of joint use lacks an item',
    ['APPI 27(5)(iii)'],
    'T4',
  ),
  'announcement-later': said(
    '共同利用の公表が提供より前ではありません。',
    'joint use was not announced before the transfer',
    ['APPI 27(5)(iii)'],
    'T4',
  ),
  'operator-unknown': said(
    '海外拠点を誰が運営するかの記録がありません。',
    'who operates the site abroad is not on record: that decides whether it is a third party',
    ['APPI 28(1)'],
    'T3',
  ),
  'abroad-without-basis': said(
    '外国にある者への提供の根拠がありません。',
    'abroad without consent, a designated country or an equivalent system',
    ['APPI 28(1)'],
  ),
  'country-not-designated': said('指定された国ではありません。', 'not a designated country', ['APPI 28(1)']),
  'measures-missing': said(
    '相手の体制（相当措置）または相手国の制度の記録がありません。',
    'the recipient’s equivalent measures, or its country’s system, are not on record',
    ['APPI 28(1)', 'APPI 28(3)'],
  ),
  'abroad-review-lapsed': said(
    '相当措置の定期的な確認の期限が過ぎています。確認できるまで提供を止めます。',
    'the periodic check of the equivalent system is overdue: nothing goes there until it is made',
    ['APPI 28(3)'],
  ),
} as const satisfies Record<string, Said>;
export type TransferRefusal = keyof typeof transferRefusals;

export const saidOf = (reason: TransferRefusal): Said => transferRefusals[reason];
