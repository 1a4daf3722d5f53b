import type { DrAnswer, Outlived } from '@keiro/schemas';
import { drWords, erasedNoEnd, erasedUntil, erasedUntilOverwritten, restoreStateWords } from './dr-words.ts';
import { age, at, day, number, renderTable, say, type Language, type Paint } from './output.ts';

/** `keiro dr status`, as text. Pure. */
export function drStatusText(answer: DrAnswer, lang: Language, paint: Paint): string {
  const told = (name: keyof typeof drWords) => say(drWords[name], lang);
  const parts = [
    ...(answer.sites.length === 0 ? [told('noSite')] : answer.sites.map(siteText)),
    answer.outlived.length === 0 ? told('noneOutlived') : outlivedText(),
    answer.closed.length === 0 ? told('noGate') : closedText(),
    ...(answer.cut ? [paint('yellow', told('cut'))] : []),
  ];
  return parts.join('\n\n').replaceAll(/\n{3,}/g, '\n\n');

  function siteText({ holder, name, country, basis, abroad, stores }: DrAnswer['sites'][number]): string {
    const why = [basis, ...(abroad === undefined ? [] : [abroad])].join(', ');
    const title = paint('bold', `${holder}  ${say(name, lang)}  ${country}  ${told('basis')}: ${why}`);
    if (stores.length === 0) return `${title}\n${told('noStore')}`;
    const now = new Date(answer.asOf);
    const rows = stores.map(({ store, newest, alive, immutable, nextExpiry }) => [
      store,
      newest === undefined ? told('nothingYet') : at(newest.watermark),
      newest === undefined ? '' : age(newest.watermark, now),
      number(alive),
      number(immutable),
      newest === undefined ? '' : number(newest.rows),
      nextExpiry === undefined ? (alive === 0 ? '' : told('noEnd')) : day(nextExpiry),
    ]);
    const header = ['store', 'watermark', 'lag', 'snapshots', 'immutable', 'rows', 'nextExpiry'] as const;
    return `${title}\n${renderTable(header.map(told), rows, paint)}`;
  }

  function outlivedText(): string {
    const rows = answer.outlived.map((one) => [
      one.request,
      at(one.doneAt),
      one.holder,
      one.store,
      number(one.snapshots),
      say(endOf(one), lang),
    ]);
    const header = ['request', 'done', 'site', 'store', 'snapshots', 'ends'] as const;
    return `${paint('bold', told('outlived'))}\n${renderTable(header.map(told), rows, paint)}`;
  }

  function closedText(): string {
    const rows = answer.closed.map(({ restore, holder, state, watermark, declaredAt }) => [
      restore,
      holder,
      paint('red', say(restoreStateWords[state], lang)),
      at(watermark),
      at(declaredAt),
    ]);
    const header = ['restore', 'holder', 'state', 'watermark', 'since'] as const;
    return `${paint('bold', told('gates'))}\n${renderTable(header.map(told), rows, paint)}`;
  }
}

function endOf({ until, mutable }: Outlived) {
  if (until !== undefined) return erasedUntil(day(until));
  return mutable ? erasedUntilOverwritten : erasedNoEnd;
}
