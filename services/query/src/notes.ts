import type { LineageAnswer, LineageNote } from '@keiro/schemas';
import type { Loaded } from './loaded.ts';
import type { Remains } from './provision-view.ts';

type Code = LineageNote['code'];
type Draft = Omit<LineageAnswer, 'notes'>;

/**
 * What the reader must know to read an answer rightly (A1): what is missing from it, what has not been answered,
 * what is not the person's own. In Japanese first (L2). Pure.
 */
export function notesOf(answer: Draft, loaded: Loaded, asOf: Date, remains?: Remains): LineageNote[] {
  const notes: LineageNote[] = [];
  const say = (applies: boolean, code: Code, ja: string, en: string) => {
    if (applies) notes.push({ code, ja, en });
  };
  const { person, progress, page } = answer;
  const known = person.refs.length > 0;
  const shared = loaded.person.startIsAmbiguous;

  say(
    !known,
    'nothing-held',
    'この識別子で保有している情報はありません。',
    'Nothing is held under this identifier.',
  );
  say(
    known && !shared && page.total === 0,
    'no-records',
    'この識別子は登録されていますが、記録はまだありません。',
    'The identifier is known, but there is no record under it.',
  );
  say(
    shared,
    'shared-identifier',
    `この識別子は複数の会員に共通しているため、特定の個人には結び付けていません。記録 ${n(loaded.shared)} 件は確認待ちです。`,
    `Several members share this identifier, so it is tied to none of them. Records that wait for review: ${n(loaded.shared)}.`,
  );
  say(
    !shared && person.ambiguous.length > 0,
    'ambiguous-refs',
    `複数の会員に共通する識別子 ${n(person.ambiguous.length)} 件と、その記録 ${n(loaded.shared)} 件は含めていません（確認待ち）。`,
    `Left out for review, because several members share them: identifiers ${n(person.ambiguous.length)}, records ${n(loaded.shared)}.`,
  );
  behind(progress, say);
  pending(answer, say);

  const copies = answer.records.flatMap((record) => record.copies);
  const back = copies.filter((copy) => copy.afterErasure === true).length;
  say(
    back > 0,
    'copies-after-erasure',
    `消去の確認後に ${n(back)} 件の複製が再び報告されています。`,
    `Copies reported again after their erasure had been proven: ${n(back)}.`,
  );
  const images = copies.filter(
    ({ derivedFrom, state, request }) =>
      derivedFrom?.mutable === false && state === 'held' && request !== undefined,
  );
  const until = images
    .map((copy) => copy.until ?? '')
    .toSorted()
    .at(-1);
  say(
    images.length > 0,
    'snapshots-until',
    `書き換えできないスナップショットに ${n(images.length)} 件が残っています（${day(until, '期限不明')}まで）。`,
    `Copies in snapshots that cannot be changed: ${n(images.length)} (until ${day(until, 'an unknown day')}).`,
  );
  const strangers = answer.holders.filter((holder) => holder.kind === undefined).map(({ id }) => id);
  say(
    strangers.length > 0,
    'holders-unregistered',
    `登録されていない保有者: ${strangers.join('、')}`,
    `Holders that are not registered: ${strangers.join(', ')}`,
  );
  say(
    answer.quarantined.total > 0,
    'quarantined',
    `${n(answer.quarantined.total)} 件が隔離されています。`,
    `Messages in quarantine: ${n(answer.quarantined.total)}.`,
  );
  const ended = answer.records
    .filter(({ state }) => state !== 'erased' && state !== 'erasing')
    .flatMap((record) => record.groups)
    .filter((group) => lastDay(group) <= asOf.toISOString()).length;
  say(
    ended > 0,
    'past-end',
    `保存期間を過ぎた項目群が ${n(ended)} 件あります。`,
    `Field groups held past their retention end: ${n(ended)}.`,
  );
  kept(remains, say);
  byLaw(answer.standing.kept ?? [], say);
  say(
    page.total > page.shown,
    'more-records',
    `記録 ${n(page.total)} 件のうち ${n(page.shown)} 件を表示しています。`,
    `Records shown: ${n(page.shown)} of ${n(page.total)}.`,
  );
  say(
    loaded.snapshotsCut,
    'older-snapshots-left-out',
    'スナップショットが多いため、古いものは確認していません。',
    'There are many snapshots: the oldest were not looked at.',
  );
  say(
    true,
    'unattributed',
    '識別子のない記録（アドレスとパスのみ）は、個人からは検索できません。',
    'Records without any identifier (an address and a path) cannot be found by person.',
  );
  return notes;
}

type Say = (applies: boolean, code: Code, ja: string, en: string) => void;

function behind({ tag, transfer }: Draft['progress'], say: Say): void {
  say(
    tag === null || transfer === null,
    'progress-unknown',
    '取り込みの進み具合を確認できません（Kafka が応答していません）。最新の出来事が欠けている場合があります。',
    'How far the pipeline is cannot be told (Kafka does not answer): the newest events may be missing.',
  );
  say(
    (tag ?? 0) > 0,
    'tag-behind',
    `まだ記録されていない出来事が ${n(tag ?? 0)} 件あります（全体）。`,
    `Events, of all persons, that are not recorded yet: ${n(tag ?? 0)}.`,
  );
  say(
    (transfer ?? 0) > 0,
    'transfer-behind',
    `まだ反映されていない複製の報告が ${n(transfer ?? 0)} 件あります（全体）。`,
    `Custody reports, of all persons, that are not taken in yet: ${n(transfer ?? 0)}.`,
  );
}

/** APPI 29, 30: what an erasure leaves, and for how long. */
function kept(remains: Remains | undefined, say: Say): void {
  const until = day(remains?.until.toISOString(), '');
  const { article } = remains ?? {};
  say(
    remains !== undefined,
    'provisions-kept',
    `提供の記録が ${n(remains?.count ?? 0)} 件あり、消去後も ${until} まで保存されます${article === undefined ? '' : `（${article.ja}）`}。`,
    `Records of provision, kept after an erasure too, the last until ${until}${article === undefined ? '' : ` (${article.en})`}: ${n(remains?.count ?? 0)}.`,
  );
}

/** R4: what an erasure has not erased, and for how long. */
function byLaw(left: NonNullable<Draft['standing']['kept']>, say: Say): void {
  const says = (of: 'ja' | 'en', unknown: string) =>
    left
      .map(({ label, law, until }) => `${label[of]} (${law}, ${day(until, unknown)})`)
      .join(of === 'ja' ? '、' : '; ');
  say(
    left.length > 0,
    'kept-by-law',
    `消去済みですが、次の情報は法令により期限まで保存しています：${says('ja', '期限未定')}`,
    `Erased, but for what a law makes us keep until then: ${says('en', 'no end yet')}`,
  );
}

function pending(answer: Draft, say: Say): void {
  const tasks = answer.requests.flatMap((request) => request.tasks);
  const holders = (state: (name: string) => boolean) =>
    [...new Set(tasks.filter((task) => state(task.state)).map((task) => task.holder))].sort();
  const waiting = holders((state) => state === 'pending' || state === 'running');
  const failed = holders((state) => state === 'failed');
  say(
    waiting.length > 0,
    'holders-pending',
    `まだ回答のない保有者: ${waiting.join('、')}`,
    `Holders that have not answered: ${waiting.join(', ')}`,
  );
  say(
    failed.length > 0,
    'tasks-failed',
    `担当者の対応が必要な保有者: ${failed.join('、')}`,
    `Holders where an operator is needed: ${failed.join(', ')}`,
  );
}

/** The latest end that stands; a group without one never compares as past. */
function lastDay(group: Draft['records'][number]['groups'][number]): string {
  const ends = [group.end ?? group.cap, group.floor?.until].filter((end) => end !== undefined);
  return group.floor !== undefined && group.floor.until === undefined ? '9' : (ends.toSorted().at(-1) ?? '9');
}

const n = (number: number) => number.toLocaleString('en-US');
/** Days are days in Tokyo (L1). */
const tokyo = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', dateStyle: 'short' });
const day = (instant: string | undefined, unknown: string) =>
  instant === undefined || instant === '' ? unknown : tokyo.format(new Date(instant));
