import type { Labels } from './labels.ts';

/**
 * What the published policy and its duties are made of, one row each: the ids that rules cite as their source.
 * The texts are renderings of our own; where the two differ, the Japanese one counts (L2).
 */
export const clauses = {
  I0: {
    section: '前文',
    ja: '法令・指針・国際基準の遵守',
    en: 'Law, guidelines and international standards',
  },
  D1: { section: '1', ja: '個人情報の範囲と照合', en: 'What is personal, alone or combined' },
  C1: { section: '2(1)', ja: '会員登録で取得する情報', en: 'Collected at registration' },
  C2: { section: '2(1)', ja: '登録後に入力される情報', en: 'Entered later for use of the services' },
  C3: { section: '2(2)A', ja: 'クッキー', en: 'Cookies' },
  C4: { section: '2(2)B', ja: 'IPアドレス・端末・ログ', en: 'Addresses, devices and logs' },
  C5: { section: '2(3)', ja: '決済情報', en: 'Payment information' },
  C6: { section: '2(3)', ja: 'キャンペーンでの連絡先・住所', en: 'Contacts given in promotions' },
  C7: { section: '2(3)', ja: '問い合わせでの連絡先', en: 'Contacts given in inquiries' },
  P1: {
    section: '3(1)',
    ja: '会員登録・本人確認・不正利用の防止',
    en: 'Membership, identity, misuse prevention',
  },
  P2: { section: '3(2)', ja: 'サービスの運営', en: 'Running the services' },
  P3: { section: '3(3)', ja: '有料サービスの決済等', en: 'Payment of paid services' },
  P4: { section: '3(4)', ja: '統計・新サービス開発・広告', en: 'Statistics, development, marketing' },
  PM: { section: '3', ja: '情報区分と利用目的の対応', en: 'Which category serves which purpose' },
  T0: { section: '4(1)', ja: '第三者提供の原則禁止', en: 'No provision without a basis' },
  TA: { section: '4(1)A', ja: '同意', en: 'Consent' },
  TB: { section: '4(1)B', ja: '規約違反', en: 'Breach of the terms of use' },
  TC: { section: '4(1)C', ja: '生命・身体・財産の保護', en: 'Life, body or property' },
  TD: { section: '4(1)D', ja: '公的機関への協力', en: 'Cooperation with public bodies' },
  TE: { section: '4(1)E', ja: '事業の承継', en: 'Succession of the business' },
  TF: { section: '4(1)F', ja: '法令に基づく場合', en: 'Cases allowed by law' },
  T1: { section: '4(2)', ja: '委託先の選定と監督', en: 'Choice and supervision of processors' },
  T2: { section: '4(2)', ja: '関連会社による管理', en: 'Management by the affiliate' },
  T3: { section: '4(2)', ja: '海外の災害復旧拠点', en: 'Disaster-recovery site abroad' },
  T4: { section: '4(3)', ja: '共同利用', en: 'Joint use' },
  S1: { section: '5', ja: '安全管理', en: 'Safety management' },
  R1: { section: '6', ja: '開示', en: 'Disclosure' },
  R2: { section: '6', ja: '訂正', en: 'Correction' },
  R3: { section: '6', ja: '追加', en: 'Addition' },
  R4: { section: '6', ja: '削除', en: 'Deletion' },
  R5: { section: '6', ja: '利用停止', en: 'Suspension of use' },
  R6: { section: '6', ja: '第三者提供の停止', en: 'Stop of third-party use' },
  R7: { section: '6', ja: '対応の期限', en: 'Time limit of answers' },
  R8: { section: '6', ja: '開示手数料', en: 'Fee for disclosure' },
  R9: { section: '6(1)–(4)', ja: '開示の制限', en: 'Limits of disclosure' },
  G1: { section: '7', ja: 'アクセス解析', en: 'Web analytics' },
  X1: { section: '8', ja: '他社サイトへの不適用', en: 'Not for sites of others' },
  X2: { section: '8', ja: '顧客が管理する利用者への不適用', en: 'Not for users that a customer controls' },
  V1: { section: '9', ja: '改定と公表', en: 'Revision and its announcement' },
  V2: { section: '末尾', ja: '制定日と改定日', en: 'Dates of establishment and amendment' },
  Q1: { section: '10', ja: '問い合わせ窓口', en: 'Contact for questions and complaints' },
  L1: { section: '11', ja: '準拠法と管轄', en: 'Governing law and court' },
  L2: { section: '11', ja: '日本語版の優先', en: 'The Japanese text prevails' },
  A1: { section: '全体', ja: '日々の運用', en: 'Daily work' },
} as const satisfies Record<string, Labels & { readonly section: string }>;

export type RowId = keyof typeof clauses;
export const rowIds = Object.keys(clauses) as [RowId, ...RowId[]];
