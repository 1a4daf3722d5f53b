import type { CertificateContent, CertifiedReceipt, Labels } from '@keiro/schemas';

/** What a certificate says to the person, in Japanese and English (L2). */
const word = (ja: string, en: string): Labels => ({ ja, en });

export const certificateWords = {
  title: word('請求への対応に関する証明書', 'Certificate of what was done about a request'),
  request: word('請求の内容', 'The request'),
  id: word('証明書番号', 'Certificate'),
  requestId: word('請求番号', 'Request'),
  type: word('請求の種類', 'Kind of request'),
  ground: word('根拠', 'Ground'),
  purposes: word('対象の利用目的', 'Purposes'),
  allPurposes: word('すべての目的', 'every purpose'),
  receivedAt: word('受付日時', 'Received'),
  dueAt: word('対応期限', 'Due'),
  doneAt: word('完了日時', 'Done'),
  late: word('（期限後）', '(after it was due)'),
  issuedAt: word('発行日時', 'Issued'),
  identifiers: word('対象の識別子の数', 'Identifiers covered'),
  shared: word(
    '他の方と共通のため対象外とした識別子の数',
    'Identifiers left alone because others share them',
  ),
  outcome: word('結果', 'Outcome'),
  holders: word('保有者ごとの結果', 'What each holder did'),
  holder: word('保有者', 'Holder'),
  result: word('結果', 'Result'),
  affected: word('処理件数', 'Affected'),
  unanswered: word(
    'うち、処理前に存在し処理後になくなったもの（応答は未着）',
    'of these, there before and gone after, no answer having come:',
  ),
  sweptAt: word('処理日時', 'Carried out'),
  proof: word('確認', 'Proof'),
  probe: word('再確認で残存なし', 'a second look found nothing'),
  toldUpTo: word('依頼済み。データの終了日', 'told; its data end up to'),
  noHolder: word('対象の保有者はありません。', 'No holder had to act.'),
  snapshots: word('残っているスナップショット', 'Snapshots that still hold it'),
  site: word('保管場所', 'Where'),
  store: word('元のストア', 'Of the store'),
  takenAt: word('取得日時', 'Taken'),
  until: word('終了日時', 'Ends'),
  unknown: word('不明', 'not known'),
  snapshotsText: word(
    '書き換えできないスナップショットには、期限まで情報が残ります。最後のものが終了した後に、2通目の証明書を発行します。',
    'Snapshots that nobody can change hold it until they end. A second certificate is issued when the last of them has.',
  ),
  keyBackups: word(
    '破棄した鍵（暗号化済み）を含むバックアップが開けなくなる日時',
    'Backups of the destroyed keys, wrapped, can be opened no more from',
  ),
  kept: word('法令により保存している情報', 'What the law makes us keep'),
  keptText: word(
    '保存期間が終わり次第消去し、その後に次の証明書を発行します。',
    'It is erased when its period ends, and a further certificate is issued then.',
  ),
  keptWhat: word('情報', 'What'),
  keptWhy: word('根拠', 'Why'),
  keptWhere: word('保有者', 'Where'),
  open: word('期限未定（起算日が未到来）', 'no end yet: its period has not begun'),
  closes: word('この証明書は次の証明書を完結させます', 'This certificate closes'),
  supersedes: word('この証明書は次の証明書に代わるものです', 'This certificate supersedes'),
  digest: word('そのハッシュ値', 'its digest'),
  verify: word('検証の方法', 'How to verify it'),
  verifyText: word(
    'この書面は読みやすくした写しです。証明書の本体は電子署名付きの JSON ファイルで、公開鍵だけを使い、次のコマンドで検証できます。',
    'This is a readable copy. The certificate itself is a JSON file with an electronic signature, verified with the public key alone by this command.',
  ),
  segment: word('監査記録の区間', 'Segment of the audit chain'),
  receiptsRoot: word('受領記録のルートハッシュ', 'Root over the receipts'),
  prevails: word(
    '日本語版と英語版に相違があるときは、日本語版が優先します。',
    'Where the two differ, the Japanese text prevails.',
  ),
} as const;

const outcomes: Readonly<Record<CertificateContent['outcome'], Labels>> = {
  erased: word(
    '消去しました。確認できるすべての保有者で、残っていないことを再確認しました。',
    'Erased: a second look at every holder where one can look found nothing.',
  ),
  'erased-snapshots': word(
    '消去しました。ただし、下記のスナップショットには期限まで残ります。',
    'Erased, but the snapshots below hold it until they end.',
  ),
  'erased-kept': word(
    '消去しました。ただし、法令により保存が必要な下記の情報は、期限まで他の目的に使わずに保存します。',
    'Erased, but for what the law makes us keep: it is listed below, and used for nothing else until its period ends.',
  ),
  told: word(
    '保有者に削除を依頼しました。実施を確認する手段はありません。',
    'The holders were told; there is no way to look whether it was done.',
  ),
  remains: word(
    '消去しました。ただし、法令・ロック・仮名化により意図して残したものがあります（各受領に記載）。',
    'Erased but for what was left on purpose, for a law, under a lock or a pseudonym: see each receipt.',
  ),
  answered: word('お応えしました。', 'Answered.'),
  'in-force': word('データの読み取り時に適用されています。', 'In force wherever the data are read.'),
  returned: word(
    '根拠なく保有されていた複製を消去し、残っていないことを再確認しました。',
    'The copy that was held without a basis is gone: a second look found nothing.',
  ),
  ended: word('別の手続により不要になり終了しました。', 'Ended because something else made it pointless.'),
  refused: word('お応えできませんでした。', 'Refused.'),
  withdrawn: word('取り下げられました。', 'Withdrawn.'),
};

const receiptOutcomes: Readonly<Record<CertifiedReceipt['outcome'], Labels>> = {
  erased: word('消去済み', 'erased'),
  remains: word('一部を意図して保持', 'some left on purpose'),
  corrected: word('訂正済み（再読で確認）', 'corrected, and read back'),
  exported: word('開示用に取得', 'handed over for disclosure'),
  'nothing-held': word('保有なし', 'nothing was held'),
  told: word('依頼済み（確認の手段なし）', 'told, no control'),
  flagged: word('反映済み', 'flagged'),
  unsupported: word('保有者側では対応不可', 'not possible at the holder'),
  ended: word('不要になり終了', 'ended'),
};

const types: Readonly<Record<string, Labels>> = {
  deletion: word('削除', 'deletion'),
  suspension: word('利用停止', 'suspension of use'),
  resume: word('利用再開', 'resumption of use'),
  return: word('利用停止と返還・消去', 'stop and return'),
  disclosure: word('開示', 'disclosure'),
  'provision-disclosure': word('第三者提供記録の開示', 'disclosure of provision records'),
  'overseas-measures': word('外国での措置の情報提供', 'measures abroad'),
  'purpose-notice': word('利用目的の通知', 'notice of purpose'),
  correction: word('訂正', 'correction'),
  addition: word('追加', 'addition'),
  'third-party-denial': word('第三者提供の停止', 'denial of third-party use'),
  question: word('問い合わせ・苦情', 'question or complaint'),
  retention: word('保存期間満了による消去', 'erasure at the end of retention'),
};

const grounds: Readonly<Record<string, Labels>> = {
  law: word('法令', 'the law'),
  policy: word('プライバシーポリシーの約束', "the policy's own promise"),
  'consent-withdrawn': word('同意の撤回', 'a consent that was withdrawn'),
  'consent-given': word('同意', 'a consent that was given'),
};

/** A word for an id; one that has none stands for itself. */
const of = (table: Readonly<Record<string, Labels>>) => (id: string) => table[id] ?? { ja: id, en: id };
export const outcomeWord = of(outcomes);
export const receiptOutcomeWord = of(receiptOutcomes);
export const typeWord = of(types);
export const groundWord = of(grounds);
