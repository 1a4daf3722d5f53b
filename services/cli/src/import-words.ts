import type { Labels } from '@keiro/schemas';

const word = (ja: string, en: string): Labels => ({ ja, en });

/** What an import says of itself, in Japanese and English (L2). */
export const importWords = {
  dryRun: word('試行', 'dry run'),
  rows: word('行', 'rows'),
  wouldRegister: word('登録できる', 'would be registered'),
  registered: word('登録した', 'registered'),
  before: word('以前に登録済み', 'registered before'),
  refused: word('拒否', 'refused'),
  erased: word('消去済みなのに保有', 'held although erased'),
  persons: word('人（第一の識別子で数えて）', 'persons, by their first identifier'),
  known: word('既知の識別子', 'identifiers known'),
  fresh: word('新しい識別子', 'identifiers new'),
  atLeast: word('以上', 'at least'),
  unknownCollected: word('取得日不明', 'collected: unknown'),
  beforeFirst: word('方針制定前', 'before the first policy'),
  pastEnd: word('保存期間を超過', 'past their end'),
  lines: word('行番号', 'lines'),
  empty: word('行がありません。', 'There is no row in it.'),
  state: word('進み具合の保存先', 'how far it came is kept in'),
} as const satisfies Record<string, Labels>;

export const nextSteps = {
  erased: (holder: string) =>
    word(
      `本人の情報は消去済みです。${holder} にこの行の削除を依頼し、確かめてください。登録はしていません。`,
      `Their persons were erased: have ${holder} delete these rows, and look again. They were not registered.`,
    ),
  refused: word(
    '行を直して、もう一度実行してください。登録済みの行は二重に登録されません。',
    'Mend these rows and run it again: what is registered is not registered twice.',
  ),
  looked: word(
    '試行が済みました。登録するには --dry-run を外して実行してください。',
    'Looked through. To register it, run it without --dry-run.',
  ),
  conflicts: word(
    '同じ行が以前と違う内容だったときは隔離されます: keiro quarantine list --reason conflicting-content',
    'A row that says something else than before is set aside: keiro quarantine list --reason conflicting-content',
  ),
  stopped: word(
    '途中で止まりました。もう一度実行すると続きから始まります。',
    'Stopped. Run again, it goes on from there.',
  ),
} as const;
