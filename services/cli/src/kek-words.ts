import type { KekObstacle, KekState, KekWarning, Labels, WrappedCollection } from '@keiro/schemas';

/** What the commands about keys say, in Japanese and English (L2). */
const word = (ja: string, en: string): Labels => ({ ja, en });

export const kekWords = {
  title: word('鍵暗号鍵', 'Key-encryption keys'),
  provider: word('保管', 'kept by'),
  epoch: word('世代', 'epoch'),
  state: word('状態', 'state'),
  since: word('作成', 'since'),
  by: word('実施者', 'by'),
  wrapped: word('包んでいる鍵', 'keys wrapped'),
  waitingFor: word('待っているもの', 'waits for'),
  instances: word('稼働中のインスタンス', 'Instances'),
  heard: word('最終確認', 'heard'),
  rewrapped: word('包み直した鍵', 'wrapped again'),
  unreadable: word('開けなかった鍵', 'not readable'),
  backup: word('確認済みのバックアップ', 'Verified backup'),
  noBackup: word('申告なし', 'none stated'),
  takenAt: word('取得', 'taken'),
  rotateBefore: word('次の更新期限', 'Rotate before'),
  days: word('日以内', 'days at most'),
  begun: word(
    '新しい世代を始めました。古い世代の鍵は順に包み直されます。',
    'A new epoch has begun. What older ones wrapped is being wrapped again.',
  ),
  wrappedAgain: word(
    '包み直しが終わりました。鍵データベースの新しいバックアップを取り、復元を確認してから keiro kek retire を実行してください。',
    'All is wrapped again. Take a backup of the keys database, verify that it restores, then run keiro kek retire.',
  ),
  retired: word(
    '世代を破棄しました。これより前のバックアップにある包まれた鍵は、もう開けません。',
    'The epoch is destroyed. The wrapped keys in backups from before can’t be opened any more.',
  ),
  askRotate: word('新しい世代を始めますか？', 'Begin a new epoch?'),
  askRetire: word(
    'この世代の鍵を破棄します。元に戻せません。続けますか？',
    'This destroys the key of the epoch for good. Go on?',
  ),
  holder: word('保有者', 'holder'),
  purpose: word('目的', 'purpose'),
  released: word('開示', 'released'),
  refused: word('拒否', 'refused'),
  minute: word('分', 'minute'),
  when: word('日時', 'at'),
  kind: word('種別', 'kind'),
  client: word('呼出元', 'client'),
  outcome: word('結果', 'outcome'),
  ref: word('参照', 'ref'),
  times: word('回数', 'times'),
  noReleases: word('この期間に鍵の開示はありません。', 'No key was asked for in this span of time.'),
  allOpened: word('拒否はありません。', 'Nothing was refused.'),
  leftOut: word('表示しきれないもの', 'left out'),
} as const;

export const kekStateLabels: Record<KekState, Labels> = {
  active: word('使用中', 'active'),
  retiring: word('退役中', 'retiring'),
  destroyed: word('破棄済み', 'destroyed'),
};

export const obstacleLabels: Record<KekObstacle, Labels> = {
  acknowledgement: word('全インスタンスの確認', 'every instance to acknowledge'),
  're-wrapping': word('包み直し', 'wrapping again'),
  backup: word('新しいバックアップの確認', 'a verified new backup'),
};

export const collectionLabels: Record<WrappedCollection, Labels> = {
  keys: word('本人', 'persons'),
  quarantineKeys: word('隔離', 'quarantine'),
  provisionKeys: word('提供記録', 'provisions'),
  reportKeys: word('保有報告', 'custody reports'),
  floorKeys: word('法定保存', 'kept by law'),
  sweeps: word('請求', 'requests'),
};

export const warningLabels: Record<KekWarning, Labels> = {
  'active-too-old': word(
    '使用中の世代が期限を過ぎています。keiro kek rotate を実行してください。',
    'The active epoch is older than it may become: run keiro kek rotate.',
  ),
  'retiring-too-old': word(
    '退役中の世代が期限を過ぎています。破棄するまで、古いバックアップの鍵が開けます。',
    'A retiring epoch is older than it may become: until it is destroyed, old backups can be opened.',
  ),
  unreadable: word(
    '開けない鍵があり、世代を終えられません。keys のログを確認してください。',
    'Some keys do not unwrap, so their epoch can’t end: see the log of keys.',
  ),
  'kek-still-there': word(
    '破棄済みの世代の鍵がまだ残っています。keiro kek retire を再度実行してください。',
    'The key of a destroyed epoch still exists: run keiro kek retire for it again.',
  ),
};

export const entryKindLabels: Record<'refused' | 'duty' | 'turned-away', Labels> = {
  refused: word('拒否', 'refused'),
  duty: word('本人への義務', 'duty'),
  'turned-away': word('権限外', 'turned away'),
};
