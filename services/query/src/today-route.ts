import { route, type Route } from '@keiro/runtime';
import { quarantineCuts, todayAnswerSchema, type Policies } from '@keiro/schemas';
import type { Db } from 'mongodb';
import type { Counts } from './counts.ts';
import { drAnswer } from './dr-route.ts';
import { createDrStore } from './dr-store.ts';
import { quarantineSoonMs } from './handle.ts';
import { loadReaders } from './readers.ts';
import { createTodayStore } from './today-store.ts';
import { today } from './today.ts';

/** A1: one list of what is due, has lapsed, stands still, or must not be forgotten. */
export function todayRoute(deps: { db: Db; counts: Counts; policies: Policies; now: () => Date }): Route {
  const { db, counts, policies, now } = deps;
  const store = createTodayStore(db);
  const sites = createDrStore(db);
  return route({
    method: 'GET',
    path: '/v1/today',
    summary: 'What is due, has lapsed, stands still until somebody acts, or outlives an erasure (A1)',
    right: 'lineage:read',
    answer: todayAnswerSchema,
    async handle() {
      const at = now();
      const [own, holders, readers, quarantine, dr] = await Promise.all([
        store.load(),
        sites.holders(),
        loadReaders(db),
        counts.quarantine({
          state: 'held',
          reason: undefined,
          limit: 1,
          soon: quarantineCuts(policies, at, new Date(at.getTime() + quarantineSoonMs)),
        }),
        drAnswer({ store: sites, now }),
      ]);
      return today(
        { ...own, holders, readers, quarantine, dr, cut: own.cut || dr.cut },
        policies.inForce(at),
        at,
      );
    },
  });
}
