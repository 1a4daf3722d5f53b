import type { Labels, RestoreState } from '@keiro/schemas';

const word = (ja: string, en: string): Labels => ({ ja, en });

/** What `keiro dr` says (L2). */
export const drWords = {
  store: word('ストア', 'store'),
  watermark: word('反映時点', 'watermark'),
  lag: word('遅れ', 'lag'),
  snapshots: word('スナップショット', 'snapshots'),
  immutable: word('うち変更不可', 'immutable'),
  rows: word('行', 'rows'),
  nextExpiry: word('次の終期', 'next end'),
  nothingYet: word('報告なし', 'nothing reported'),
  noEnd: word('不明', 'unknown'),
  basis: word('根拠', 'basis'),
  noSite: word('災害対策拠点は登録されていません。', 'No DR site is registered.'),
  noStore: word('この拠点に複製されるストアはありません。', 'No store replicates to this site.'),
  outlived: word('消去後も残るスナップショット', 'Snapshots that outlive a deletion'),
  noneOutlived: word('消去後も残るスナップショットはありません。', 'No snapshot outlives a deletion.'),
  request: word('請求', 'request'),
  done: word('完了', 'done'),
  site: word('拠点', 'site'),
  ends: word('終期', 'ends'),
  cut: word(
    'これより古い削除・スナップショットは調べていません。',
    'Older deletions or snapshots were not looked at.',
  ),
  gates: word('閉じているゲート', 'Closed gates'),
  noGate: word('閉じているゲートはありません。', 'No gate is closed.'),
  restore: word('復元', 'restore'),
  holder: word('保有者', 'holder'),
  state: word('状態', 'state'),
  since: word('届出', 'declared'),
  decided: word('反映時点より後の決定', 'Decided after the watermark'),
  noneDecided: word('反映時点より後の決定はありません。', 'Nothing was decided after the watermark.'),
  persons: word('本人', 'persons'),
  requests: word('請求', 'requests'),
  refs: word('参照', 'refs'),
  type: word('種別', 'type'),
  replayed: word('再適用', 'replayed'),
  byHand: word('手作業で再実施', 'to be repeated by hand'),
  gone: word('終わった世代の行', 'of ended lives'),
  flags: word('停止の印の相違', 'wrong flags'),
  unjudged: word('判定不能', 'cannot be judged'),
  unjudgedWhy: word(
    '判定不能な行には Keiro の知る識別子がありません。Keiro は誰のものか答えられません。',
    'Rows that cannot be judged carry no identifier that Keiro knows: it cannot say whose they are.',
  ),
  checked: word('復元後の確認', 'check'),
  replay: word('再適用', 'replay'),
  probe: word('再確認', 'probe'),
  removed: word('削除', 'removed'),
  flagged: word('印を修正', 'flagged'),
  next: word('次の手順', 'next'),
  open: word('ゲートは開いています。', 'The gate is open.'),
  closed: word('ゲートは閉じています。', 'The gate is closed.'),
  goesOn: word('処理は続きます', 'it goes on by itself'),
} as const;

/** The day on which a deletion is whole (invariant 5). */
export const erasedUntil = (day: string): Labels =>
  word(`消去済み（スナップショットは ${day} まで）`, `erased, snapshots until ${day}`);
export const erasedNoEnd: Labels = word(
  '消去済み（スナップショットの終期は不明）',
  'erased, snapshots with no known end',
);
export const erasedUntilOverwritten: Labels = word(
  '消去済み（次のスナップショットで上書きされるまで）',
  'erased, in the replica until the next snapshot',
);

export const restoreStateWords: Readonly<Record<RestoreState, Labels>> = {
  closed: word('確認中', 'being counted'),
  checked: word('確認済み', 'checked'),
  replaying: word('再適用中', 'replaying'),
  probing: word('再確認中', 'probing'),
  open: word('開放', 'open'),
  failed: word('失敗', 'failed'),
  superseded: word('新しい復元に置換', 'superseded'),
};
