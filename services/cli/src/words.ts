import type { Labels } from '@keiro/schemas';

/** What the reading commands say, in Japanese and English (L2). Names of the policy come with each answer. */
const word = (ja: string, en: string): Labels => ({ ja, en });

export const words = {
  lineage: word('系譜', 'Lineage'),
  person: word('本人', 'Person'),
  records: word('記録', 'Records'),
  copies: word('所在', 'copies'),
  facts: word('出来事', 'Facts'),
  consents: word('同意', 'Consents'),
  given: word('付与', 'given'),
  withdrawn: word('撤回', 'withdrawn'),
  denied: word('提供停止', 'denied to'),
  implied: word('同意とは扱わない', 'counts as no consent'),
  wording: word('文言', 'wording'),
  byConsent: word('同意による', 'by consent'),
  review: word('確認待ち', 'for review'),
  sensitive: word('要配慮', 'sensitive'),
  transfers: word('提供・委託・移転', 'Transfers'),
  requests: word('請求', 'Requests'),
  quarantine: word('隔離', 'Quarantine'),
  notes: word('注記', 'Notes'),
  generation: word('世代', 'generation'),
  purposes: word('目的', 'for'),
  ends: word('終期', 'ends'),
  cap: word('遅くとも', 'at the latest'),
  floor: word('法定保存', 'kept by law'),
  policy: word('方針', 'policy'),
  basis: word('根拠', 'basis'),
  own: word('自社', 'own'),
  fromSnapshot: word('スナップショット', 'snapshot'),
  until: word('まで', 'until'),
  none: word('なし', 'none'),
  more: word('ほか', 'more'),
  received: word('受付', 'received'),
  due: word('期限', 'due'),
  done: word('完了', 'done'),
  steps: word('経過', 'steps'),
  affected: word('処理', 'affected'),
  unanswered: word('うち応答未着（処理前に有、後に無）', 'of these unanswered: there before, gone after'),
  probe: word('再確認', 'probe'),
  told: word('依頼済み、確認の手段なし', 'told, no control: data end up to'),
  closedByHand: word('手作業で完了（再確認なし）', 'closed by hand, no probe'),
  confirmed: word('処理者の署名付きの回答のみ（再確認なし）', 'the processor’s signed word alone, no probe:'),
  confirmedUnsigned: word(
    '処理者の回答のみ（署名・再確認なし）',
    'the processor’s word alone, unsigned, no probe:',
  ),
  waitsForHolder: word('相手の処理待ち', 'waits for the holder since'),
  retention: word('保持期間のロック中（消去していない）', 'locked for retention, not erased'),
  'legal-hold': word('リーガルホールド中（消去していない）', 'under a legal hold, not erased'),
  'mfa-delete': word('多要素認証による削除保護（消去していない）', 'protected by MFA delete, not erased'),
  kept: word('法令により保存', 'kept because a law says so'),
  erasedBut: word('消去済み。ただし法令により保存', 'erased, but kept because a law says so'),
  restErased: word('法令により保存していた分も消去', 'what a law had kept is erased too'),
  noEndYet: word('期限未定', 'no end yet'),
  nobodyKeeps: word(
    '保存する保有者の登録がないため保存されない',
    'not kept: nobody is registered who has to keep it',
  ),
  pseudonymised: word('仮名化（消去ではない）', 'pseudonymised, not erased'),
  byTag: word('ブラウザーのタグから', 'by the browser’s tag'),
  found: word('残り', 'found'),
  attempt: word('試行', 'attempt'),
  suspended: word('利用停止', 'suspended for'),
  allPurposes: word('すべての目的', 'every purpose'),
  tenant: word('受託', 'entrusted by'),
  imported: word('導入前から保有', 'held before Keiro'),
  collectedUnknown: word('取得日不明', 'collected: unknown'),
  beforeFirstPolicy: word('方針制定前', 'before the first policy'),
  again: word('消去後に再び報告', 'reported again after erasure'),
  state: word('状態', 'state'),
  reason: word('理由', 'reason'),
  detail: word('詳細', 'detail'),
  since: word('日時', 'since'),
  endingSoon: word(
    '14日以内に期間満了（!）。それまでに解除または破棄しなければ、内容は消去されます',
    'end within 14 days (!): unless they are released or discarded by then, their content is destroyed',
  ),
  setAsideBy: word('隔離元', 'set aside by'),
  message: word('メッセージ', 'message'),
  type: word('種別', 'type'),
  ref: word('参照', 'ref'),
  record: word('記録', 'record'),
  settled: word('処置', 'settled'),
  became: word('結果', 'became'),
  discardedFor: word('破棄理由', 'discarded'),
  note: word('整理番号', 'note'),
  next: word('次の対応', 'next step'),
  forReview: word('確認待ち', 'For review'),
  couldBe: word('該当しうる人', 'could be of'),
  members: word('会員', 'members'),
  others: word('会員以外', 'others'),
  cut: word('切り離しました。', 'Cut.'),
  restored: word('切り離しを取り消しました。', 'Restored.'),
  asBefore: word('以前から', 'as before'),
  together: word('両者は同一人物とされています。', 'The two are of one person.'),
  apart: word('両者は同一人物とされていません。', 'The two are not of one person.'),
  anotherWay: word('別の経路で結び付いています。次に切り離す経路', 'They meet another way, to be cut next'),
  stillShared: word('複数の人に共通しています（確認待ち）', 'Several could have it, for review'),
  nextActor: word('次の対応者', 'next'),
  overdue: word('期限超過', 'overdue'),
  ground: word('根拠', 'ground'),
  refusedParts: word('対象', 'of it'),
  fee: word('手数料', 'fee'),
  paid: word('支払済み', 'paid'),
  missing: word('不足', 'missing'),
  sent: word('送付済み', 'sent'),
  notSent: word('未送付', 'not sent'),
  noNotices: word('未送付の通知はありません。', 'No notice is waiting to be sent.'),
  readBack: word('読み直し', 'read back'),
  differing: word('不一致', 'differing'),
  exported: word('取得', 'handed over'),
  fieldsSet: word('訂正・追加の項目', 'fields to be set'),
  rests: word('請求の根拠', 'rests on'),
  theLaw: word('法律', 'the law'),
  thePolicy: word('方針の約束', 'the policy’s own promise'),
  asOf: word('時点', 'as of'),
  standingDiffers: word(
    '停止・消去の状態が識別子ごとに異なります。必要な請求を改めて送ってください。',
    'What is suspended or erased is not the same for all of the person: send the request again where it should be.',
  ),
} as const;

/** Of a period whose start has not come. */
export const openUntil = (start: Labels): Labels => word(`${start.ja}待ち`, `open until ${start.en}`);

const kinds: Record<string, Labels> = {
  member: word('会員', 'member'),
  email: word('メール', 'e-mail'),
  phone: word('電話', 'phone'),
  payer: word('支払者', 'payer'),
  cookie: word('クッキー', 'cookie'),
  device: word('端末', 'device'),
  unattributed: word('識別子なし', 'unattributed'),
};

const states: Record<string, Labels> = {
  unknown: word('該当なし', 'unknown'),
  live: word('有効', 'live'),
  suspended: word('利用停止中', 'suspended'),
  hidden: word('削除手続中', 'being deleted'),
  erased: word('消去済み', 'erased'),
  shared: word('共有（確認待ち）', 'shared, for review'),
  held: word('保有', 'held'),
  withheld: word('留保', 'withheld'),
  removed: word('削除済み', 'removed'),
  erasing: word('消去中', 'erasing'),
  told: word('削除を依頼済み（確認の手段なし）', 'told, no control'),
  kept: word('消去済み（法令による保存分を除く）', 'erased but for what a law keeps'),
  accepted: word('受理', 'accepted'),
  hiding: word('遮断中', 'hiding'),
  'undo-window': word('取下げ期間中（遮断済み）', 'hidden; can still be taken back'),
  'on-hold': word('保全のため消去待ち（遮断済み）', 'hidden; erasing waits for a legal hold'),
  shredding: word('鍵の破棄', 'shredding'),
  'carrying-out': word('実施中', 'carrying out'),
  'waiting-for-operator': word('担当者待ち', 'waiting for an operator'),
  'waiting-for-holder': word('保有者の対応待ち', 'waiting for a holder'),
  'checking-identity': word('本人確認中', 'identity being checked'),
  incomplete: word('不足あり', 'incomplete'),
  'in-review': word('審査中', 'in review'),
  'awaiting-fee': word('手数料待ち', 'awaiting the fee'),
  refused: word('拒否', 'refused'),
  lapsed: word('失効', 'lapsed'),
  withdrawn: word('取下げ', 'withdrawn'),
  pending: word('待機', 'pending'),
  running: word('実行中', 'running'),
  'by-hand': word('手作業待ち', 'to be done by hand'),
  done: word('完了', 'done'),
  failed: word('失敗', 'failed'),
};

const steps: Record<string, Labels> = {
  ...states,
  // Decided and in force, not proven: the receipts say when that is so.
  erased: word('消去の発効', 'erasure in force'),
  hidden: word('遮断済み', 'hidden'),
  planned: word('計画確定', 'planned'),
  replanned: word('計画変更', 'replanned'),
  reopened: word('再開', 'reopened'),
  gathered: word('保有内容の取得済み', 'gathered'),
  prepared: word('準備済み', 'prepared'),
  shredded: word('鍵の破棄済み', 'shredded'),
  'in-force': word('発効', 'in force'),
  'hold-placed': word('保全の指定', 'hold placed'),
  'undo-ended': word('取下げ期間終了', 'undo window over'),
  'floor-ended': word('法定保存の終了分を消去', 'what a law no longer keeps is erased'),
  'hold-ended': word('保全の解除', 'hold over'),
  overtaken: word('不要になり終了', 'overtaken'),
};

const requestTypes: Record<string, Labels> = {
  deletion: word('削除', 'deletion'),
  suspension: word('利用停止', 'suspension'),
  resume: word('利用再開', 'resume'),
  return: word('利用停止と返還・消去', 'stop and return'),
  retention: word('期間満了による消去', 'end of retention'),
  disclosure: word('開示', 'disclosure'),
  'provision-disclosure': word('第三者提供記録の開示', 'disclosure of provisions'),
  'overseas-measures': word('外国での措置', 'measures abroad'),
  'purpose-notice': word('利用目的の通知', 'notice of purposes'),
  correction: word('訂正', 'correction'),
  addition: word('追加', 'addition'),
  'third-party-denial': word('第三者利用の停止', 'denial of third parties’ use'),
  question: word('質問・苦情', 'question or complaint'),
};

const actors: Record<string, Labels> = {
  person: word('本人', 'the person'),
  compliance: word('個人情報窓口', 'compliance'),
  operator: word('担当者', 'an operator'),
  system: word('システム', 'the system'),
  holder: word('保有者', 'a holder'),
};

const directives: Record<string, Labels> = {
  erase: word('消去', 'erase'),
  suspend: word('停止', 'suspend'),
  resume: word('再開', 'resume'),
  correct: word('訂正・追加', 'correct'),
  export: word('開示のための取得', 'export'),
};

const holderKinds: Record<string, Labels> = {
  store: word('ストア', 'store'),
  processor: word('委託先', 'processor'),
  affiliate: word('関連会社', 'affiliate'),
  'dr-site': word('災害対策拠点', 'DR site'),
  'third-party': word('第三者', 'third party'),
  'joint-user': word('共同利用者', 'joint user'),
  analytics: word('解析', 'analytics'),
};

const factKinds: Record<string, Labels> = {
  'account-closed': word('退会', 'account closed'),
  'contract-ended': word('契約終了', 'contract ended'),
  'draw-or-delivery': word('抽選・発送', 'draw or delivery'),
  'inquiry-closed': word('問い合わせ完了', 'inquiry closed'),
  used: word('利用', 'used'),
  'consent-given': word('同意', 'consent given'),
  'consent-withdrawn': word('同意の撤回', 'consent withdrawn'),
  unlinked: word('連携解除', 'unlinked'),
};

const means: Record<string, Labels> = {
  form: word('フォーム', 'form'),
  banner: word('バナー', 'banner'),
  contract: word('契約', 'contract'),
  'implied-by-use': word('利用による', 'implied by use'),
};

/** A word for an id; an id that has none stands for itself, so that nothing new is ever hidden. */
const of = (table: Record<string, Labels>) => (id: string) => table[id] ?? { ja: id, en: id };

export const kindWord = of(kinds);
export const stateWord = of(states);
export const stepWord = of(steps);
export const requestWord = of(requestTypes);
export const actorWord = of(actors);
export const directiveWord = of(directives);
export const holderKindWord = of(holderKinds);
export const factWord = of(factKinds);
export const meansWord = of(means);
