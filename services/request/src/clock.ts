import { every, messageOf, type Log } from '@keiro/runtime';
import type { Acts } from './acts.ts';
import { decide } from './lifecycle/decide.ts';
import { lifeOf } from './lifecycle/evolve.ts';
import type { Situations } from './situation.ts';
import type { RequestStore } from './store.ts';

const dayMs = 86_400_000;

/** R7, R8: warns before a request is due, escalates what is overdue, ends what waited for a fee too long; each once. */
export function startClock(options: {
  readonly store: Pick<RequestStore, 'ticking'>;
  readonly acts: Acts;
  readonly situations: Pick<Situations, 'rulesFor'>;
  readonly warnDays: readonly number[];
  readonly everyMs: number;
  readonly now: () => Date;
  readonly log: Log;
}): { close(): Promise<void> } {
  const { store, acts, situations, now, log } = options;
  const ahead = Math.max(0, ...options.warnDays) * dayMs;
  return every({ what: 'the clock of requests', everyMs: options.everyMs, log, level: 'warn' }, async () => {
    const at = now();
    for (const { _id, type, dueAt, events = [] } of await store.ticking(new Date(at.getTime() + ahead))) {
      const rules = { ...situations.rulesFor(type, at), type, dueAt };
      const decided = decide({ type: 'tick' }, lifeOf(events), at, rules);
      if ('rejected' in decided || decided.events.length === 0) continue;
      try {
        await acts.act(_id, { type: 'tick' }, 'request');
        log.warn(
          { request: _id, happened: decided.events[0]?.type, due: dueAt.toISOString() },
          'a request and its clock',
        );
      } catch (error) {
        // The others must not wait for this one.
        log.warn({ request: _id, reason: messageOf(error) }, 'the clock could not move a request this time');
      }
    }
  });
}
