import type { Labels, RetentionWait } from '@keiro/schemas';

/** What retention prints, Japanese first (L2). */
export const texts = {
  asOf: { ja: '時点', en: 'as of' },
  due: { ja: '期限到来・未処理', en: 'due, not done' },
  lag: { ja: '遅れ', en: 'behind' },
  last: { ja: '前回の処理', en: 'last sweep' },
  never: { ja: 'まだありません', en: 'none yet' },
  running: { ja: '稼働中', en: 'running' },
  paused: { ja: '停止中', en: 'paused' },
  state: { ja: '状態', en: 'state' },
  underWay: { ja: '処理中', en: 'under way' },
  failed: { ja: '担当者の対応が必要', en: 'waits for an operator' },
  waiting: { ja: '待機', en: 'waiting' },
  nothing: { ja: 'この期間に終わるものはありません。', en: 'Nothing ends in this time.' },
  day: { ja: '日', en: 'day' },
  category: { ja: '区分', en: 'category' },
  ends: { ja: '終了', en: 'end' },
  partly: { ja: '一部終了', en: 'in part' },
  holders: { ja: '写しの保有先', en: 'copies at' },
  floors: { ja: '法定保存', en: 'kept by law' },
  openFloor: { ja: '期限未定', en: 'end open' },
  open: { ja: '起算日が未到来', en: 'no start yet' },
  cut: {
    ja: '件数が多いため途中までです。日数を減らしてください。',
    en: 'There is more than this looks at: ask for fewer days.',
  },
  goes: { ja: '消去される記録', en: 'records that would go' },
  stays: { ja: '残る記録', en: 'records that stay' },
  unreported: { ja: '写しの報告がない保有先', en: 'holders that reported no copy' },
  notOurs: { ja: '第三者の写し（対象外）', en: 'copies of third parties, not told' },
  dryRun: { ja: '何も変更していません。', en: 'Nothing was changed.' },
  started: { ja: '保存期間の処理を再開しました。', en: 'The sweep goes on.' },
  stopped: { ja: '保存期間の処理を停止しました。', en: 'The sweep is paused; what is under way ends.' },
  rebuilt: { ja: '件の記録の期日を計算し直しました。', en: 'records: their days were worked out anew.' },
  next: {
    ja: '次: keiro tasks retry で再試行',
    en: 'next: keiro tasks retry',
  },
} as const satisfies Record<string, Labels>;

export const waitLabels: Record<RetentionWait | 'later', Labels> = {
  review: { ja: '見直し待ち', en: 'review' },
  'open-floor': { ja: '法定保存（期限未定）', en: 'kept by law, end open' },
  hold: { ja: '保全中', en: 'legal hold' },
  deletion: { ja: '削除請求の完了待ち', en: 'a deletion is under way' },
  'whole-person': { ja: '本人単位でのみ消去可能', en: 'holder knows whole persons only' },
  'shared-row': { ja: '他の記録と同じ行', en: 'in one row with what has not ended' },
  'unknown-holder': { ja: '未登録の保有先', en: 'holder is not registered' },
  'unknown-policy': { ja: 'ポリシー版不明', en: 'policy version unknown' },
  later: { ja: '期限前', en: 'not yet' },
};
