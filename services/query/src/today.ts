import {
  dayInJapan,
  lapses,
  quarantineReasonLabels,
  urgencies,
  type DrAnswer,
  type HolderDocument,
  type Labels,
  type Policy,
  type QuarantineAnswer,
  type ReaderView,
  type RequestState,
  type TodayAnswer,
  type TodayItem,
} from '@keiro/schemas';
import { groupBy } from '@keiro/runtime/group-by';
import type { TodayStore } from './today-store.ts';

type Loaded = Awaited<ReturnType<TodayStore['load']>>;

/** All that the day's list is made of. */
export interface Situation extends Loaded {
  readonly holders: readonly HolderDocument[];
  readonly readers: readonly ReaderView[];
  readonly quarantine: Pick<QuarantineAnswer, 'byReason' | 'endingSoon' | 'total' | 'oldest'>;
  readonly dr: Pick<DrAnswer, 'outlived' | 'closed'>;
}

const dayMs = 86_400_000;
/** A request is told of so long before its last day. */
const soonMs = 5 * dayMs;
/** Whoever has to ask for more time needs some. */
const holdSoonMs = 14 * dayMs;

const words = (ja: string, en: string): Labels => ({ ja, en });
const plural = (n: number, one: string, many: string): string => `${String(n)} ${n === 1 ? one : many}`;

/** A1: what waits for a person, and what a person has to know, most urgent first, then by its time. Pure. */
export function today(situation: Situation, policy: Policy, now: Date): TodayAnswer {
  const items = [
    ...requestItems(situation, now),
    ...noticeItems(situation),
    ...taskItems(situation),
    ...pauseItems(situation),
    ...holdItems(situation, now),
    ...retentionItems(situation, now),
    ...violationItems(situation),
    ...lapseItems(situation, policy, now),
    ...gateItems(situation),
    ...readerItems(situation),
    ...quarantineItems(situation),
    ...snapshotItems(situation, now),
  ].sort(
    (a, b) =>
      urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency) ||
      time(a) - time(b) ||
      a.kind.localeCompare(b.kind) ||
      (a.about ?? '').localeCompare(b.about ?? ''),
  );
  return {
    asOf: now.toISOString(),
    counts: Object.fromEntries(
      urgencies.map((one) => [one, items.filter(({ urgency }) => urgency === one).length]),
    ) as TodayAnswer['counts'],
    cut: situation.cut,
    items,
  };
}

/** What has no time comes after all that has one. */
const time = ({ due }: TodayItem): number => (due === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(due));

/** R7: the clock of each open request, and those that stand still until somebody acts. */
function requestItems({ requests }: Situation, now: Date): TodayItem[] {
  return requests.flatMap(({ _id, type, state, dueAt }): TodayItem[] => {
    const left = dueAt.getTime() - now.getTime();
    const waits = waitingFor[state];
    if (left >= soonMs && waits === undefined) return [];
    const clock =
      left < 0
        ? words('回答期限を過ぎています', 'its time to answer is over')
        : left < soonMs
          ? words('回答期限が近づいています', 'its time to answer ends soon')
          : (waits ?? words('進行中です', 'it is under way'));
    return [
      {
        urgency: left < 0 ? 'overdue' : waits === undefined ? 'soon' : 'act',
        kind: 'request',
        about: _id,
        due: dueAt.toISOString(),
        count: 1,
        message: words(`${clock.ja}（${type}、${state}）`, `${clock.en} (${type}, ${state})`),
        next: `npx keiro request show ${_id}`,
      },
    ];
  });
}

/** States in which a request stands still until somebody in the house acts. */
const waitingFor: Partial<Record<RequestState, Labels>> = {
  'in-review': words('審査を待っています', 'it waits for a review'),
  'waiting-for-operator': words('担当者の対応を待っています', 'it waits for an operator'),
};

/** APPI 35(7), 36: what a person has to be told and was not yet. */
function noticeItems({ notices }: Situation): TodayItem[] {
  const kinds = groupBy(notices, ({ kind }) => kind);
  return [...kinds].map(([kind, found]) => ({
    urgency: 'act',
    kind: 'notice',
    about: kind,
    due: new Date(Math.min(...found.map(({ since }) => since.getTime()))).toISOString(),
    count: found.length,
    message: words(
      `本人への通知${String(found.length)}件が未送付です`,
      `${plural(found.length, 'notice', 'notices')} to persons not sent yet`,
    ),
    next: 'npx keiro request notices',
  }));
}

function taskItems({ failed, byHand }: Situation): TodayItem[] {
  const items = (
    found: Situation['failed'],
    state: string,
    message: (count: number) => Labels,
  ): TodayItem[] =>
    found.map(({ holder, count, oldest }) => ({
      urgency: 'act',
      kind: 'task',
      about: state,
      holder,
      due: oldest.toISOString(),
      count,
      message: message(count),
      next: `npx keiro tasks list --state ${state}`,
    }));
  return [
    ...items(failed, 'failed', (count) =>
      words(
        `${String(count)}件の作業が失敗し、担当者を待っています`,
        `${plural(count, 'task has', 'tasks have')} failed and wait for an operator`,
      ),
    ),
    ...items(byHand, 'by-hand', (count) =>
      words(
        `${String(count)}件の作業を人が行います`,
        `${plural(count, 'task is', 'tasks are')} to be done by a person`,
      ),
    ),
  ];
}

function pauseItems({ pauses }: Situation): TodayItem[] {
  return pauses.map(({ _id, since }) => ({
    urgency: 'act',
    kind: 'pause',
    holder: _id,
    due: since.toISOString(),
    count: 1,
    message: words('一時停止中で、作業は待っています', 'is paused, and tasks wait there'),
    next: 'npx keiro holders waits',
  }));
}

/** Once a hold ends, what it deferred is erased by itself. */
function holdItems({ holds }: Situation, now: Date): TodayItem[] {
  return holds.flatMap(({ case: reference, until }): TodayItem[] => {
    const left = until === undefined ? Infinity : until.getTime() - now.getTime();
    if (until === undefined || left < 0 || left > holdSoonMs) return [];
    return [
      {
        urgency: 'soon',
        kind: 'hold',
        about: reference,
        due: until.toISOString(),
        count: 1,
        message: words(
          '保全がまもなく終わり、保留中の消去が自動で行われます',
          'the hold of this case ends soon, and what it deferred is then erased by itself',
        ),
        next: 'npx keiro holds list',
      },
    ];
  });
}

/** What has ended goes within a day of it; where a day is older, the sweep is behind. */
function retentionItems({ oldestDue }: Situation, now: Date): TodayItem[] {
  if (oldestDue === undefined || oldestDue >= dayInJapan(new Date(now.getTime() - dayMs))) return [];
  return [
    {
      urgency: 'overdue',
      kind: 'retention',
      due: new Date(`${oldestDue}T00:00:00+09:00`).toISOString(),
      count: 1,
      message: words('保存期間の満了した記録が残っています', 'records that have ended have not gone yet'),
      next: 'npx keiro retention status',
    },
  ];
}

function violationItems({ violations }: Situation): TodayItem[] {
  return violations.map(({ holder, count, oldest }) => ({
    urgency: 'overdue',
    kind: 'violation',
    holder,
    due: oldest.toISOString(),
    count,
    message: words(
      `根拠のない写しが${String(count)}件あります`,
      `${plural(count, 'copy', 'copies')} there without a basis`,
    ),
    next: 'npx keiro violations list',
  }));
}

/** T1 to T4. */
function lapseItems({ holders }: Situation, policy: Policy, now: Date): TodayItem[] {
  return holders.flatMap((holder) =>
    lapses(holder, policy, now).flatMap(({ what, state, due, label }): TodayItem[] =>
      state === 'ok'
        ? []
        : [
            {
              urgency: state === 'over' ? 'overdue' : 'soon',
              kind: 'lapse',
              about: what,
              holder: holder.id,
              ...(due === undefined ? {} : { due: new Date(`${due}T23:59:59.999+09:00`).toISOString() }),
              count: 1,
              message:
                state === 'over'
                  ? words(
                      `失効しており、データは渡りません：${label.ja}`,
                      `over, and no data flow there: ${label.en}`,
                    )
                  : words(`まもなく失効します：${label.ja}`, `lapses soon: ${label.en}`),
              next: 'npx keiro holders check',
            },
          ],
    ),
  );
}

/** T3: a holder that was restored waits until everything was replayed. */
function gateItems({ dr }: Situation): TodayItem[] {
  return dr.closed.map(({ restore, holder, state, declaredAt }) => ({
    urgency: 'act',
    kind: 'gate',
    about: restore,
    holder,
    due: declaredAt,
    count: 1,
    message: words(`復元後の門が閉じています（${state}）`, `its gate is closed after a restore (${state})`),
    next: `npx keiro dr replay ${restore}`,
  }));
}

function readerItems({ readers }: Situation): TodayItem[] {
  return readers
    .filter(({ state }) => state === 'undeclared')
    .map(({ id, name, firstSeen, holder }) => ({
      urgency: 'act',
      kind: 'reader',
      about: id,
      ...(holder === undefined ? {} : { holder }),
      due: firstSeen,
      count: 1,
      message: words(
        `登録のない読み手がいます：${name}`,
        `reads personal data and is not on the register: ${name}`,
      ),
      next: 'npx keiro readers list',
    }));
}

function quarantineItems({ quarantine }: Situation): TodayItem[] {
  const { byReason, endingSoon, oldest } = quarantine;
  const since = oldest === undefined ? {} : { due: oldest };
  const held = Object.entries(byReason).map(([reason, count]): TodayItem => {
    const why = quarantineReasonLabels[reason as keyof typeof quarantineReasonLabels].why;
    return {
      urgency: reason === 'erased' ? 'know' : 'act',
      kind: 'quarantine',
      about: reason,
      count: count,
      message: words(`隔離中${String(count)}件：${why.ja}`, `${String(count)} in quarantine: ${why.en}`),
      next: `npx keiro quarantine list --reason ${reason}`,
    };
  });
  if (endingSoon === 0) return held;
  const ending: TodayItem = {
    urgency: 'soon',
    kind: 'quarantine',
    ...since,
    count: endingSoon,
    message: words(
      `隔離中の${String(endingSoon)}件が14日以内に期間満了となり、内容は消去されます`,
      `${String(endingSoon)} in quarantine end within 14 days, and their content with them`,
    ),
    next: 'npx keiro quarantine list',
  };
  return [ending, ...held];
}

/** Invariant 5: erased, snapshots until a day. */
function snapshotItems({ dr }: Situation, now: Date): TodayItem[] {
  const series = groupBy(dr.outlived, ({ holder, store }) => `${holder}|${store}`);
  return [...series.values()].flatMap((found): TodayItem[] => {
    const [first] = found;
    if (first === undefined) return [];
    const ends = found.flatMap(({ until }) => until ?? []).toSorted();
    const unknown = found.some(({ until }) => until === undefined);
    const end = unknown ? undefined : ends.at(-1);
    const persons = new Set(found.map(({ request }) => request)).size;
    return [
      {
        urgency: end !== undefined && new Date(end) < now ? 'act' : 'know',
        kind: 'snapshot',
        about: first.store,
        holder: first.holder,
        ...(end === undefined ? {} : { due: end }),
        count: persons,
        message: words(
          `消去済みの${String(persons)}件が${first.store}のスナップショットに残っています${end === undefined ? '（終期不明）' : ''}`,
          `${plural(persons, 'erasure is', 'erasures are')} outlived by snapshots of ${first.store}${end === undefined ? ', nobody has said until when' : ''}`,
        ),
        next: 'npx keiro dr status',
      },
    ];
  });
}
