import type { ViolationView } from '@keiro/schemas';
import { number, say, type Language } from './output.ts';
import { stateWord, words } from './words.ts';

/** How far "stop and return" is: pending, done with what the probe found, failed. Pure. */
export function directiveCell({ copy, directive, closed }: ViolationView, language: Language): string {
  if (copy === undefined) return '-';
  if (directive === undefined)
    return closed === undefined ? say({ ja: '発出前', en: 'not issued yet' }, language) : '-';
  const { state, receipt } = directive;
  const probe =
    state === 'done' && receipt?.probe !== undefined
      ? [`${say(words.found, language)} ${number(receipt.probe.found)}`]
      : [];
  return [say(stateWord(state), language), ...probe].join(', ');
}

/** What went wrong with a directive, and what an operator does next. Pure. */
export function adviceLines(
  violations: readonly ViolationView[],
  open: number,
  language: Language,
): string[] {
  const failed = violations.flatMap(({ id, closed, directive }) =>
    closed === undefined && directive?.state === 'failed'
      ? [`${id}  ${say(stateWord('failed'), language)}: ${directive.error ?? ''}  (${directive.task})`]
      : [],
  );
  const byHand = violations.some(
    ({ copy, directive }) => copy === undefined || directive?.state === 'failed',
  );
  return [
    ...failed,
    say(
      {
        ja: `未処理 ${number(open)} 件。保管先には利用の停止と返還・消去を指示済みです。完了（残り 0）したら keiro violations close ID --reason returned-or-erased`,
        en: `${number(open)} open. The holders are told to stop and to return or erase the copies; once that is done (found 0): keiro violations close ID --reason returned-or-erased`,
      },
      language,
    ),
    ...(byHand
      ? [
          say(
            {
              ja: '指示が失敗した写しとスナップショットは、保管先に直接求めてください。写しは保管先の削除報告の後に閉じられます。指示を出し直すには keiro tasks retry TASK',
              en: 'Where the directive failed, and for snapshots, ask the holder yourself; a copy can be closed once its holder has reported the removal. To send a directive again: keiro tasks retry TASK',
            },
            language,
          ),
        ]
      : []),
  ];
}
