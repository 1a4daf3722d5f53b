import { wrappedCollections, type KekEpoch, type KekStatus } from '@keiro/schemas';
import {
  collectionLabels,
  kekStateLabels,
  kekWords as words,
  obstacleLabels,
  warningLabels,
} from './kek-words.ts';
import { age, at, day, number, renderTable, say, type Language, type Paint } from './output.ts';

/** How the key-encryption keys stand, as a person reads it. Pure. */
export function kekLines(status: KekStatus, { lang, paint }: { lang: Language; paint: Paint }): string[] {
  const now = new Date(status.asOf);
  const told = (label: keyof typeof words): string => say(words[label], lang);
  const { rewrapped, unreadable } = status.progress;
  const backup = status.lastVerifiedBackup;
  const lines = [
    ...status.warnings.map((warning) => paint('yellow', `! ${say(warningLabels[warning], lang)}`)),
    `${paint('bold', told('title'))}  ${told('provider')}: ${status.provider}`,
    renderTable(
      [told('epoch'), told('state'), told('since'), told('by'), told('wrapped'), told('waitingFor')],
      status.epochs.map((epoch) => [
        String(epoch.epoch),
        say(kekStateLabels[epoch.state], lang),
        at(epoch.createdAt),
        epoch.by,
        documentsOf(epoch, lang),
        epoch.waitingFor.map((obstacle) => say(obstacleLabels[obstacle], lang)).join(', '),
      ]),
      paint,
    ).trimEnd(),
  ];
  if (rewrapped > 0 || unreadable > 0) {
    const bad = unreadable > 0 ? `  ${told('unreadable')}: ${number(unreadable)}` : '';
    lines.push(`${told('rewrapped')}: ${number(rewrapped)}${bad}`);
  }
  const instances = status.instances.map(
    ({ instance, epoch, heardAt }) =>
      `${instance.slice(0, 8)} (${told('epoch')} ${String(epoch)}, ${told('heard')} ${age(heardAt, now)})`,
  );
  lines.push(`${told('instances')}: ${instances.join(', ')}`);
  lines.push(
    `${told('backup')}: ${backup === undefined ? told('noBackup') : `${backup.reference}  ${told('takenAt')} ${at(backup.takenAt)}  ${backup.by}`}`,
  );
  lines.push(
    `${told('rotateBefore')}: ${day(status.rotateBefore)} (${String(status.maxDays)} ${told('days')})`,
  );
  return lines;
}

function documentsOf({ documents }: KekEpoch, lang: Language): string {
  const parts = wrappedCollections.flatMap((name) => {
    const n = documents[name];
    return n === 0 ? [] : [`${number(n)} ${say(collectionLabels[name], lang)}`];
  });
  return parts.length === 0 ? '0' : parts.join(', ');
}

/** Whether all that older epochs wrapped has been wrapped again. */
export const isWrappedAgain = (status: KekStatus): boolean =>
  status.epochs.every(
    ({ waitingFor }) => !waitingFor.includes('re-wrapping') && !waitingFor.includes('acknowledgement'),
  );
