import type { PassCounts, RestoreView } from '@keiro/schemas';
import { drWords, restoreStateWords } from './dr-words.ts';
import { align, at, clock, number, renderTable, say, type Language, type Paint } from './output.ts';
import { requestWord } from './words.ts';

/** One restore, as text. Pure. */
export function restoreText(view: RestoreView, lang: Language, paint: Paint): string {
  const told = (name: keyof typeof drWords) => say(drWords[name], lang);
  const from = view.snapshot === undefined ? '' : `  ${view.snapshot} (${view.site ?? ''})`;
  const lines = [
    `${paint('bold', view.id)}  ${view.holder}${from}  ${told('watermark')} ${at(view.watermark)} JST`,
    `${told('state')} ${paint(view.state === 'open' ? 'green' : 'red', say(restoreStateWords[view.state], lang))}` +
      (view.failure === undefined ? '' : `  ${view.failure.message}`),
    '',
    ...(view.check === undefined ? [] : decidedLines(view.check.decided)),
    ...looks(),
  ];
  const unjudged = (view.probe ?? view.replay ?? view.check)?.counts.unjudged ?? 0;
  if (unjudged > 0) lines.push('', paint('yellow', told('unjudgedWhy')));
  lines.push('', told(view.state === 'open' ? 'open' : 'closed'));
  const isToReplay = view.check !== undefined && (view.state === 'checked' || view.state === 'failed');
  if (isToReplay) lines.push(`${told('next')}: keiro dr replay ${view.id} --wait`);
  return lines.join('\n');

  function decidedLines(decided: NonNullable<RestoreView['check']>['decided']): string[] {
    if (decided.length === 0) return [told('noneDecided'), ''];
    const rows = decided.map(({ type, requests, persons, refs, replayed }) => [
      say(requestWord(type), lang),
      number(requests),
      number(persons),
      number(refs),
      replayed ? told('replayed') : paint('yellow', told('byHand')),
    ]);
    const header = [told('type'), told('requests'), told('persons'), told('refs'), ''];
    return [paint('bold', told('decided')), renderTable(header, rows, paint)];
  }

  function looks(): string[] {
    const rows = [
      ...(view.check === undefined
        ? []
        : [[told('checked'), clock(view.check.at), ...countsOf(view.check.counts)]]),
      ...(view.replay === undefined
        ? []
        : [
            [
              told('replay'),
              clock(view.replay.at),
              ...countsOf(view.replay.counts),
              `${told('removed')} ${number(total(view.replay.removed))}`,
              `${told('flagged')} ${number(total(view.replay.flagged))}`,
            ],
          ]),
      ...(view.probe === undefined
        ? []
        : [[told('probe'), clock(view.probe.at), ...countsOf(view.probe.counts)]]),
    ];
    return align(rows);
  }

  function countsOf({ rows, gone, flags, unjudged: unknown }: PassCounts): string[] {
    return [
      `${told('rows')} ${number(rows)}`,
      `${told('gone')} ${number(gone)}`,
      `${told('flags')} ${number(flags)}`,
      `${told('unjudged')} ${number(unknown)}`,
    ];
  }
}

/** One line of progress: what is under way, and of how many rows where that is known. Pure. */
export function progressText(view: RestoreView, lang: Language): string {
  const state = say(restoreStateWords[view.state], lang);
  if (view.now === undefined) return state;
  const known = view.now.pass === 'check' ? undefined : view.check?.counts.rows;
  const of = known === undefined ? '' : ` / ${number(known)}`;
  return `${state}  ${say(drWords.rows, lang)} ${number(view.now.counts.rows)}${of}`;
}

const total = (places: Readonly<Record<string, number>>) =>
  Object.values(places).reduce((sum, n) => sum + n, 0);
