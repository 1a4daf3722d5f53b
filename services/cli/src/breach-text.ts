import {
  breachCauseLabels,
  type BreachAnswer,
  type BreachClassId,
  type BreachTally,
  type BreachVerdict,
  type Labels,
} from '@keiro/schemas';
import { align, at, number, painter, say, type Language } from './output.ts';
import { kindWord } from './words.ts';

const word = (ja: string, en: string): Labels => ({ ja, en });

const verdicts: Readonly<Record<BreachVerdict, Labels>> = {
  yes: word('該当', 'yes'),
  possible: word('該当しうる（要判断）', 'possible: a person decides'),
  no: word('非該当', 'no'),
};
const classes: Readonly<Record<BreachClassId, Labels>> = {
  sensitive: word('要配慮個人情報', 'sensitive data'),
  'property-damage': word('財産的被害のおそれ', 'property damage'),
  'improper-purpose': word('不正の目的のおそれ', 'improper purpose'),
  'more-than-1000': word('1,000人超', 'more than 1,000 persons'),
};
const encryptions: Readonly<Record<BreachAnswer['places'][number]['encryption'], Labels>> = {
  plaintext: word('平文', 'plaintext'),
  'sealed-keys-apart': word('暗号化・鍵は別保管で無事', 'sealed, keys apart and untouched'),
  'sealed-keys-touched': word('暗号化・鍵にも影響', 'sealed, keys touched'),
  'sealed-keys-unknown': word('暗号化・鍵の状態は不明', 'sealed, keys unknown'),
};
const texts = {
  title: word('漏えい等の評価', 'Assessment of a breach'),
  reportable: word('報告義務', 'reportable'),
  excluded: word('除外', 'excluded'),
  persons: word('本人', 'persons'),
  records: word('記録', 'records'),
  unattributed: word('識別子なし', 'without identifier'),
  countries: word('所在国', 'countries'),
  exposed: word('対象', 'exposed'),
  tenant: word('受託', 'entrusted by'),
  places: word('発生場所', 'places'),
  deadlines: word('期限（東京）', 'deadlines (Tokyo)'),
  preliminary: word('速報', 'preliminary report'),
  final: word('確報', 'final report'),
  promptly: word('速やかに。目安', 'promptly; taken for'),
  secondary: word('日数は二次資料による', 'days from secondary sources'),
  snapshots: word('予備拠点のスナップショット', 'snapshots at a recovery site'),
  until: word('まで', 'until'),
  toTell: word('通知する本人', 'persons to tell'),
  noContact: word('連絡先なし', 'no contact'),
  more: word('ほか', 'more'),
  nobody: word('該当なし', 'nobody'),
} as const;

/** An assessment as a person reads it. Pure. */
export function breachLines(answer: BreachAnswer, lang: Language, terminal = false): string[] {
  const paint = painter(terminal);
  const s = (labels: Labels) => say(labels, lang);
  const head = (labels: Labels) => ['', paint('bold', s(labels))];
  const { exposed, excluded, deadlines } = answer;
  const secondary = deadlines.final.mark === 'V' ? '' : `  (${s(texts.secondary)})`;
  return [
    paint('bold', `${s(texts.title)}  ${at(answer.window.from)} – ${at(answer.window.to)}`),
    ...align([
      [
        s(texts.reportable),
        paint(answer.reportable === 'no' ? 'green' : 'red', s(verdicts[answer.reportable])),
      ],
      [s(breachCauseLabels[answer.cause]), ''],
      ...answer.classes.map(({ id, item, applies, why }) => [
        `  (${String(item)}) ${s(classes[id])}`,
        s(verdicts[applies]),
        s(why),
      ]),
    ]),
    ...head(texts.deadlines),
    ...align([
      [
        `  ${s(texts.preliminary)}`,
        `${s(texts.promptly)} ${at(deadlines.preliminary.from)} – ${at(deadlines.preliminary.by)}`,
      ],
      [`  ${s(texts.final)}`, `${at(deadlines.final.by)}${secondary}`],
    ]),
    ...head(texts.exposed),
    ...tallyLines(exposed, answer, s),
    ...(excluded.records === 0 ? [] : [...head(texts.excluded), ...tallyLines(excluded, answer, s)]),
    ...answer.tenants.flatMap((tally) => [
      '',
      `${s(texts.tenant)} ${tally.tenant}`,
      ...tallyLines(tally, answer, s),
    ]),
    ...head(texts.places),
    ...align(
      answer.places.map(({ id, name, country, encryption, records }) => [
        `  ${id}`,
        name === undefined ? '' : s(name),
        country ?? '',
        s(encryptions[encryption]),
        number(records),
      ]),
    ),
    ...(answer.snapshots.length === 0
      ? []
      : [
          ...head(texts.snapshots),
          ...align(
            answer.snapshots.map((one) => [
              `  ${one.holder} ${one.country ?? ''}`,
              `${one.store} ${one.snapshot}`,
              one.expiresAt === undefined ? '' : `${s(texts.until)} ${at(one.expiresAt)}`,
              number(one.records),
            ]),
          ),
        ]),
    ...personLines(answer, s, head(texts.toTell)),
    ...(answer.notes.length === 0 ? [] : ['']),
    ...answer.notes.map((note) => `※ ${s(note)}`),
  ];
}

function tallyLines(tally: BreachTally, { labels }: BreachAnswer, s: (labels: Labels) => string): string[] {
  const { atLeast, atMost } = tally.persons;
  const persons = atLeast === atMost ? number(atLeast) : `${number(atLeast)} – ${number(atMost)}`;
  const named = (table: Readonly<Record<string, Labels>>, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([id, n]) => [
      `  ${id}`,
      table[id] === undefined ? '' : s(table[id]),
      number(n),
    ]);
  return [
    ...align([
      [`  ${s(texts.persons)}`, persons],
      [`  ${s(texts.records)}`, number(tally.records)],
      ...(tally.unattributed === 0 ? [] : [[`  ${s(texts.unattributed)}`, number(tally.unattributed)]]),
    ]),
    ...align([...named(labels.categories, tally.categories), ...named(labels.groups, tally.groups)]),
  ];
}

function personLines(answer: BreachAnswer, s: (labels: Labels) => string, head: readonly string[]): string[] {
  const { persons, page } = answer;
  if (page.total === 0) return [...head, `  ${s(texts.nobody)}`];
  const more = page.total - persons.length;
  return [
    ...head,
    ...align(
      persons.map(({ ref, kind, records, contacts }) => [
        `  ${s(kindWord(kind))}`,
        ref,
        number(records),
        contacts.length === 0 ? s(texts.noContact) : contacts.map((one) => s(kindWord(one))).join(', '),
      ]),
    ),
    ...(more > 0 ? [`  ${s(texts.more)} ${number(more)}`] : []),
  ];
}
