import {
  daysLater,
  dayInJapan,
  type DueDocument,
  type RequestDocument,
  type RetentionDryRun,
  type RetentionForecast,
  type RetentionStateDocument,
  type RetentionStatus,
} from '@keiro/schemas';
import { countBy } from './copies.ts';
import type { DueDay, DueStore } from './due-store.ts';
import { addForecast } from './forecast.ts';
import { lookAt, type LookDependencies } from './look.ts';
import { lagOf } from './metrics.ts';

/** What is due and not done, what is stuck, and when it was last looked at. Pure. */
export function statusOf(
  days: readonly DueDay[],
  state: RetentionStateDocument,
  open: readonly { readonly request: RequestDocument; readonly failed: readonly string[] }[],
  now: Date,
): RetentionStatus {
  const today = dayInJapan(now);
  const due = days.filter(({ day }) => day <= today);
  const sum = (some: readonly DueDay[], what: 'records' | 'refs') =>
    some.reduce((n, one) => n + one[what], 0);
  const stuck = open.filter(({ request }) => request.state === 'waiting-for-operator');
  const { last, paused } = state;
  return {
    asOf: now.toISOString(),
    due: {
      records: sum(due, 'records'),
      persons: sum(due, 'refs'),
      ...(due[0] === undefined ? {} : { oldest: due[0].day }),
      lagDays: lagOf(due, today),
    },
    ...(last === undefined
      ? {}
      : { last: { at: last.at.toISOString(), looked: last.records, planned: last.planned } }),
    ...(paused === undefined ? {} : { paused: { at: paused.at.toISOString(), by: paused.by } }),
    underWay: open.length - stuck.length,
    failed: stuck.map(({ request, failed }) => ({
      request: request._id,
      records: request.retention?.records ?? 0,
      holders: [...failed],
    })),
    waiting: days.flatMap(({ day, wait, holder, records, refs }) =>
      wait === undefined
        ? []
        : [{ wait, ...(holder === undefined ? {} : { holder }), records, persons: refs, next: day }],
    ),
  };
}

/** What ends in the days to come, as far as it is known today. Later facts move ends. */
export async function forecast(
  days: number,
  deps: LookDependencies & { readonly due: Pick<DueStore, 'until' | 'open'>; readonly mostRecords: number },
  now: Date,
): Promise<RetentionForecast> {
  const rows = new Map<string, RetentionForecast['rows'][number]>();
  const seen = new Set<string>();
  const narrowing = await deps.narrowing();
  const last = daysLater(dayInJapan(now), days);
  const limit = Math.ceil(deps.mostRecords / 10);
  const due = await deps.due.until(last, limit);
  let cut = due.length === limit;
  for (const some of due) {
    if (seen.size >= deps.mostRecords) {
      cut = true;
      break;
    }
    const [byId, byRef] = await Promise.all([
      deps.store.records(some.records),
      deps.store.recordsUnder(some.refs),
    ]);
    // What has been due for a while is done today.
    const day = some.day < dayInJapan(now) ? dayInJapan(now) : some.day;
    const records = [...byId, ...byRef].filter(({ _id }) => !seen.has(`${day}|${_id}`));
    for (const { _id } of records) seen.add(`${day}|${_id}`);
    const refs = [...new Set(records.map(({ ref }) => ref))];
    const [known, copies] = await Promise.all([deps.store.known(records), deps.store.copies(refs)]);
    addForecast(rows, day, { records, known, copies }, deps.policies, narrowing, now);
  }
  return {
    asOf: now.toISOString(),
    days,
    records: seen.size,
    cut,
    rows: [...rows.values()].sort((a, b) => (`${a.day}${a.category}` < `${b.day}${b.category}` ? -1 : 1)),
    open: await deps.due.open(),
  };
}

/** What the sweep would do now; nothing is written. */
export async function dryRun(
  due: readonly DueDocument[],
  deps: LookDependencies,
  now: Date,
  cut: boolean,
): Promise<RetentionDryRun> {
  const look = await lookAt(due, deps, now);
  const requests = look.goes.map(({ request }) => request.retention);
  const tasks = look.goes.flatMap((one) => one.tasks);
  const add = (all: readonly Readonly<Record<string, number>>[]) => {
    const sums: Record<string, number> = {};
    for (const one of all) for (const [key, n] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + n;
    return sums;
  };
  const blocked = new Set(look.waiting.map(({ record }) => record));
  const staying = look.fates.filter(({ verdict, record }) => verdict !== 'erase' && !blocked.has(record._id));
  return {
    asOf: now.toISOString(),
    looked: look.looked,
    cut,
    gone: look.missing,
    goes: requests.reduce((sum, one) => sum + (one?.records ?? 0), 0),
    byCategory: add(requests.map((one) => one?.byCategory ?? {})),
    holders: add(tasks.map(({ holder, records = [] }) => ({ [holder]: records.length }))),
    notOurs: requests.reduce((sum, one) => sum + (one?.notOurs ?? 0), 0),
    unreported: add(requests.map((one) => one?.unreported ?? {})),
    stays: countBy([...look.waiting.map(({ wait }) => wait), ...staying.map(({ wait }) => wait ?? 'later')]),
  };
}
