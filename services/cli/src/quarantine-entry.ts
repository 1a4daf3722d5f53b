import {
  discardReasonLabels,
  quarantineAddress,
  quarantineStateLabels,
  type QuarantineEntry,
} from '@keiro/schemas';
import { age, align, at, day, say, type Language } from './output.ts';
import { words } from './words.ts';

/** Path of an entry at `tag`. An id that is none leads nowhere, and the service says so. */
export const entryPath = (id: string) => `/v1/quarantine/${encodeURIComponent(quarantineAddress(id))}`;

const soonMs = 14 * 86_400_000;

/** The day on which an entry ends, in Tokyo, with a mark where that is within 14 days. Pure. */
export const endText = (endsAt: string, now: Date) =>
  `${day(endsAt)}${Date.parse(endsAt) - now.getTime() <= soonMs ? ' !' : ''}`;

/** One entry as a person reads it. Pure. */
export function entryLines(entry: QuarantineEntry, language: Language): string[] {
  const { settled } = entry;
  const told = (labels: { ja: string; en: string }) => say(labels, language);
  const rows: [{ ja: string; en: string }, string | undefined][] = [
    [words.state, told(quarantineStateLabels[entry.state])],
    [words.reason, `${entry.reason}  ${told(entry.why)}`],
    [words.detail, entry.detail],
    [words.since, `${at(entry.at)} JST  (${age(entry.at, new Date(entry.asOf))})`],
    [words.ends, entry.endsAt === undefined ? undefined : endText(entry.endsAt, new Date(entry.asOf))],
    [words.setAsideBy, entry.by],
    [words.message, `${entry.topic} ${String(entry.partition)}@${entry.offset}`],
    [words.type, entry.type],
    [words.ref, entry.ref],
    [words.record, entry.record],
    [words.settled, settled === undefined ? undefined : `${at(settled.at)} JST  ${settled.by}`],
    [words.became, settled?.became],
    [
      words.discardedFor,
      settled?.reason === undefined ? undefined : told(discardReasonLabels[settled.reason]),
    ],
    [words.note, settled?.note],
    [words.next, entry.next === undefined ? undefined : told(entry.next)],
  ];
  const shown = rows.flatMap(([label, value]) => (value === undefined ? [] : [[`  ${told(label)}`, value]]));
  return [entry.id, ...align(shown)];
}
