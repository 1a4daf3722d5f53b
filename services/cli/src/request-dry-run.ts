import type { DeletionDryRun, Labels } from '@keiro/schemas';
import { keptText } from './kept-words.ts';
import { at, say, type Language } from './output.ts';

const word = (ja: string, en: string): Labels => ({ ja, en });
const texts = {
  nothing: word('試行：何も変更していません', 'Dry run: nothing was changed'),
  refs: word('鍵を破棄する識別子', 'identifiers whose keys would be destroyed'),
  shared: word('共有のため対象外（要確認）', 'shared with others: left alone, for review'),
  records: word('記録', 'records'),
  copies: word('所在の報告', 'copies reported'),
  unreported: word('報告なし：識別子で探索', 'none reported: looked for by identifier'),
  told: word('通知のみ（確認の手段なし）', 'told, no control'),
  floor: word('法令により保存', 'a law keeps'),
  keeps: word('残す項目', 'would keep'),
  keepsByHand: word(
    '一部だけの消去ができないため担当者が対応',
    'can’t be told a part: a person would have to see to it',
  ),
  hold: word('保全のため消去を待つ', 'erasing would wait for the hold'),
  undo: word('取下げ可能な期限', 'could be taken back until'),
  snapshot: word('複製に残る', 'stays in images of'),
  open: word('期限不明', 'no known end'),
};

const counts = (some: Readonly<Record<string, number>>): string =>
  Object.entries(some)
    .map(([category, n]) => `${category} ${String(n)}`)
    .join(', ');

/** What a deletion would do, as a person reads it. Pure. */
export function dryRunLines(answer: DeletionDryRun, lang: Language): string[] {
  const end = (until: string | undefined) =>
    until === undefined ? say(texts.open, lang) : `${at(until)} JST`;
  return [
    say(texts.nothing, lang),
    `${say(texts.refs, lang)}: ${String(answer.refs)}`,
    ...(answer.ambiguous === 0 ? [] : [`${say(texts.shared, lang)}: ${String(answer.ambiguous)}`]),
    `${say(texts.records, lang)}: ${counts(answer.records) || '0'}`,
    ...answer.holders.map(({ holder, copies, unreported, control, keeps = [], keepsByHand }) => {
      const what = unreported ? say(texts.unreported, lang) : `${say(texts.copies, lang)} ${counts(copies)}`;
      const kept = keeps.length === 0 ? '' : `  ${say(texts.keeps, lang)}: ${keeps.join(', ')}`;
      const byHand = keepsByHand === true ? `  (${say(texts.keepsByHand, lang)})` : '';
      return `  ${holder}: ${what}${control ? '' : `  (${say(texts.told, lang)})`}${kept}${byHand}`;
    }),
    ...answer.floors.map((one) => `${say(texts.floor, lang)}: ${keptText(one, lang)}`),
    ...answer.holds.map((hold) => `${say(texts.hold, lang)}: ${hold.case}, ${end(hold.until)}`),
    ...answer.snapshots.map(
      ({ holder, store, snapshots, until }) =>
        `${say(texts.snapshot, lang)} ${holder} / ${store} ×${String(snapshots)}, ${end(until)}`,
    ),
    ...(answer.undoUntil === undefined ? [] : [`${say(texts.undo, lang)}: ${end(answer.undoUntil)}`]),
  ];
}
