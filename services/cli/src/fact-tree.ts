import type { LineageAnswer, LineageConsent } from '@keiro/schemas';
import { at, leaves, number, say, type Node } from './output.ts';
import type { TreeOptions } from './request-tree.ts';
import { factWord, meansWord, words } from './words.ts';

/** What happened to the person, newest first. Pure. */
export function factNodes({ facts }: LineageAnswer, { language, paint }: TreeOptions): Node[] {
  const left = facts.total - facts.shown.length;
  return [
    ...leaves(
      facts.shown.map(({ at: instant, kind, source, about }) => [
        at(instant),
        say(factWord(kind), language),
        source,
        about ?? '',
      ]),
    ),
    ...(left > 0 ? [{ text: paint('dim', `… ${say(words.more, language)} ${number(left)}`) }] : []),
  ];
}

/** What the person allowed, to whom, on which wording, and took back. Pure. */
export function consentNodes(answer: LineageAnswer, { language, paint }: TreeOptions): Node[] {
  const when = ({ given, withdrawn }: LineageConsent) => [
    given === undefined ? '' : `${say(words.given, language)} ${at(given.at)}`,
    withdrawn === undefined ? '' : paint('yellow', `${say(words.withdrawn, language)} ${at(withdrawn.at)}`),
  ];
  const named = ({ to, id }: LineageConsent) =>
    (to === 'purpose'
      ? answer.labels.purposes[id]
      : answer.holders.find((holder) => holder.id === id)?.name) ?? { ja: id, en: id };
  return leaves(
    answer.consents.map((consent) => [
      consent.id,
      say(named(consent), language),
      `${say(words.wording, language)} ${consent.wording}`,
      say(meansWord(consent.means), language),
      ...when(consent),
      consent.countsFor.length === 0 && consent.given !== undefined
        ? paint('dim', say(words.implied, language))
        : consent.countsFor.filter((use) => use !== 'purpose').join(', '),
    ]),
  );
}
