import { PoisonError, type Log, type Message } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import { lifeKey, taggedSchema, type Life, type Policies, type Ref } from '@keiro/schemas';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Consents } from './consents.ts';
import {
  decideGone,
  extendDenial,
  extendSuspension,
  followDeletion,
  isRestrictive,
  reviewOfGone,
  type ExtendSituation,
} from './extend.ts';
import type { LinkStore } from './link-store.ts';
import type { People } from './people.ts';
import { advanceTo, replan } from './replan.ts';
import type { Standings } from './standing.ts';
import type { RequestStore } from './store.ts';

export interface LinkDependencies {
  readonly store: RequestStore;
  readonly links: LinkStore;
  readonly people: Pick<People, 'personOf' | 'livesOf'>;
  readonly consents: Pick<Consents, 'apply'>;
  readonly registry: Pick<Registry, 'decodeAll'>;
  readonly policies: Policies;
  readonly stamp: () => string;
  readonly now: () => Date;
  readonly log: Log;
  /** Standing changed, and these requests carry it to the holders. */
  readonly onChanged: (requests: readonly string[]) => void;
}

/** What a late link does to standing, see `extend.ts`. */
export interface Links {
  /** Messages of `lineage.tagged`: `tag` publishes a record when its links are stored. */
  follow(messages: readonly Message[]): Promise<void>;
  /** The same for links that facts have shown, by the facts' primary refs. */
  followFacts(refs: readonly Ref[]): Promise<void>;
  /** For the person behind this ref, whoever has shown what. */
  extend(ref: Ref, named?: readonly Life[]): Promise<void>;
}

/** A later version may say more; no more than this is read. */
const namedSchema = z.object({ refs: taggedSchema.shape.refs });

/** Links that were judged when they were stored already: a decision that comes later loads them itself. About 10 MB. */
const judgedLinks = 50_000;

export function createLinks(deps: LinkDependencies): Links {
  const { store, links, people, policies, now, log } = deps;
  const judged = new LRUCache<string, true>({ max: judgedLinks });

  async function judge(named: readonly (readonly Life[])[]): Promise<void> {
    const fresh = new Map(
      named
        .flatMap(pairsOf)
        .filter(({ key }) => !judged.has(key))
        .map((pair) => [pair.key, pair]),
    );
    if (fresh.size === 0) return;
    const pairs = [...fresh.values()];
    const refs = [...new Set(pairs.flatMap(({ lives }) => lives.map(({ ref }) => ref)))];
    const [standings, stored] = await Promise.all([
      store.standingsOf(refs),
      links.stored([...new Set(pairs.map(({ link }) => link))]),
    ]);
    const linked = pairs.filter(({ link }) => stored.has(link));
    const concerned = linked.filter(({ lives }) =>
      lives.some(({ ref }) => isRestrictive(standings.get(ref))),
    );
    // One after the other: two of them may be of one person.
    for (const { lives } of concerned) for (const { ref } of lives) await extend(ref, lives);
    for (const { key } of linked) judged.set(key, true);
  }

  async function extend(ref: Ref, named: readonly Life[] = []): Promise<void> {
    const person = await people.personOf(ref);
    // What members share belongs to none of them: what stands against one is not carried on by it.
    if (person.startIsAmbiguous || person.refs.length < 2) return;
    const { refs, ambiguous } = person;
    const before = [...(await store.standingsOf(refs)).values()];
    if (!before.some(isRestrictive)) return;
    if (before.some(({ withdrawn = [], denied = [] }) => withdrawn.length + denied.length > 0)) {
      await deps.consents.apply(ref);
    }
    const [lives, categories, holders] = await Promise.all([
      people.livesOf(refs),
      store.categoriesOf(refs),
      store.holders(),
    ]);
    const answerWithin = policies.inForce(now()).rules.clocks.answer.period;
    const known = { lives, ambiguous, categories, holders, answerWithin };
    if (before.some((standing) => standing.suspended.length > 0)) {
      const changed = await store.applyChange(refs, (standings, open) =>
        extendSuspension({ ...known, standings, open }, now(), deps.stamp),
      );
      if (changed !== undefined) deps.onChanged(changed);
    }
    if (before.some(({ stopped = [] }) => stopped.length > 0)) {
      const changed = await store.applyChange(refs, (standings, open) =>
        extendDenial({ ...known, standings, open }, now(), deps.stamp),
      );
      if (changed !== undefined) deps.onChanged(changed);
    }
    if (before.some(({ hiddenThrough }) => hiddenThrough > 0)) await extendDeletion(refs, known, named);
  }

  async function extendDeletion(
    refs: readonly Ref[],
    known: Omit<ExtendSituation, 'standings' | 'open'>,
    named: readonly Life[],
  ): Promise<void> {
    const activity = await links.activityOf(refs);
    for (;;) {
      const [standings, open] = await Promise.all([store.standingsOf(refs), store.openOf(refs)]);
      const situation = { ...known, standings, open, named, activity };
      const decision = decideGone(situation, now());
      switch (decision?.outcome) {
        case undefined:
          return;
        case 'joins': {
          const { deletion } = decision;
          const tasks = await store.tasksOf(deletion._id);
          const plan = replan(deletion, tasks, situation, now(), deps.stamp());
          if (plan?.grows !== true) return;
          if (!(await store.advance(deletion, advanceTo(plan, tasks.length, now()), () => plan))) continue;
          deps.onChanged([deletion._id]);
          return;
        }
        case 'review': {
          const entry = reviewOfGone(decision, now());
          if (await links.noteReview(decision.origin, entry)) {
            log.warn(
              { request: decision.origin, refs: decision.lives.length },
              'refs that are older than an erasure belong to its person now: an operator has to look at them',
            );
          }
          return;
        }
        case 'follows': {
          const ground = (await store.request(decision.origin))?.ground ?? 'policy';
          const changed = await store.applyChange(refs, (at: Standings, still) => {
            const again = { ...situation, standings: at, open: still };
            const same = decideGone(again, now());
            if (same?.outcome !== 'follows') return undefined;
            return followDeletion(same, ground, again, now(), deps.stamp());
          });
          if (changed !== undefined) deps.onChanged(changed);
          return;
        }
      }
    }
  }

  return {
    extend,

    async follow(messages) {
      const decoded = await deps.registry.decodeAll(messages.map(({ value }) => value));
      const named = decoded.flatMap((one, position) => {
        const parsed = one instanceof PoisonError ? undefined : namedSchema.safeParse(one.value);
        if (parsed?.success === true) return [parsed.data.refs];
        const { partition, offset } = messages[position] ?? {};
        log.error({ partition, offset }, 'a message of lineage.tagged is no record');
        return [];
      });
      await judge(named);
    },

    followFacts: async (refs) => judge(await links.namedInFacts(refs)),
  };
}

/** The links of an event are a star from its primary ref, which comes first. Pure. */
function pairsOf(lives: readonly Life[]): { key: string; link: string; lives: [Life, Life] }[] {
  const [primary, ...others] = lives;
  if (primary === undefined) return [];
  return others.map((other) => ({
    key: `${lifeKey(primary)}|${lifeKey(other)}`,
    link: `${primary.ref}|${other.ref}`,
    lives: [primary, other],
  }));
}
