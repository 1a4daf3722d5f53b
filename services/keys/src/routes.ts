import { ProblemError, route, type Metrics, type Route } from '@keiro/runtime';
import {
  custodyKeysRequestSchema,
  custodyKeysResponseSchema,
  destroyRequestSchema,
  destroyResponseSchema,
  directiveKeyRequestSchema,
  directiveKeyResponseSchema,
  dutyReleaseRequestSchema,
  lookupRequestSchema,
  lookupResponseSchema,
  lastEndedDay,
  quarantineDaysRequestSchema,
  quarantineDaysResponseSchema,
  quarantineDestroyRequestSchema,
  quarantineDestroyResponseSchema,
  quarantineKeyRequestSchema,
  quarantineKeyResponseSchema,
  releaseRequestSchema,
  releaseResponseSchema,
  releasesAnswerSchema,
  retireRequestSchema,
  retireResponseSchema,
  sealRequestSchema,
  sealResponseSchema,
  sweepForgetRequestSchema,
  sweepPrepareRequestSchema,
  sweepPrepareResponseSchema,
  sweepRequestSchema,
  sweepResponseSchema,
  type Policies,
  type ReleasesAnswer,
} from '@keiro/schemas';
import { z } from 'zod';
import { askingOf, checked, outcomesOf } from './audited.ts';
import { custodyKeys } from './custody.ts';
import { checkDuty, releaseForDuty, type DutyDependencies } from './duty.ts';
import type { FloorKeys } from './floor-keys.ts';
import { floorRoutes } from './floor-routes.ts';
import type { KeyAudit } from './key-audit.ts';
import { isRetired, refOf } from './life.ts';
import type { QuarantineKeys } from './quarantine-keys.ts';
import { checkHolder, checkRelease, release } from './release.ts';
import { releasesQuery, type ReleasesQuery } from './releases.ts';
import { sealKeys, type SealDependencies } from './seal.ts';
import { retire, type RetireStore } from './retire.ts';
import { directiveKey, prepareSweeps, readSweeps } from './sweep.ts';

export type KeysDependencies = SealDependencies &
  DutyDependencies & {
    readonly floorKeys: FloorKeys;
    readonly policies: Policies;
    readonly metrics: Metrics;
    readonly quarantineKeys: QuarantineKeys;
    readonly audit: KeyAudit;
    /** When backups of what is wrapped now end. */
    readonly backupsEnd: () => Promise<Date | undefined>;
    readonly retire: RetireStore;
    readonly releasesIn: (asked: ReleasesQuery) => Promise<ReleasesAnswer>;
  };

/** Every interface of the keys service with the right that it asks for. */
export function keysRoutes(deps: KeysDependencies): Route[] {
  const sealed = deps.metrics.counter('keiro_keys_sealed_total', 'lives for which seal keys were given', [
    'state',
  ]);
  const released = deps.metrics.counter(
    'keiro_keys_released_total',
    'lives asked for, by holder, purpose and outcome',
    ['holder', 'purpose', 'outcome'],
  );
  const destroyed = deps.metrics.counter('keiro_keys_destroyed_total', 'data keys destroyed');
  const destroyedDays = deps.metrics.counter(
    'keiro_keys_quarantine_destroyed_total',
    'quarantine keys of days destroyed',
  );
  function count(holder: string, purpose: string, outcomes: ReturnType<typeof outcomesOf>): void {
    const byOutcome = new Map<string, number>();
    for (const { outcome } of outcomes) byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
    for (const [outcome, n] of byOutcome) released.inc({ holder, purpose, outcome }, n);
  }

  return [
    ...floorRoutes(deps),
    route({
      method: 'POST',
      path: '/v1/seal',
      summary: 'Refs and seal keys of identifiers; creates what was never seen',
      right: 'keys:seal',
      body: sealRequestSchema,
      answer: sealResponseSchema,
      async handle({ body, client }) {
        if (!client.sources.includes('*') && !client.sources.includes(body.source)) {
          throw new ProblemError(403, 'source-not-allowed', 'the token is not for this source', [
            { field: 'source', code: 'forbidden', message: 'is none of the sources of this token' },
          ]);
        }
        const answer = await sealKeys(deps, body);
        for (const { state } of answer.results) sealed.inc({ state });
        return answer;
      },
    }),
    route({
      method: 'POST',
      path: '/v1/release',
      summary: 'Group keys for a purpose, where the standing of the person allows it',
      right: 'keys:open',
      body: releaseRequestSchema,
      answer: releaseResponseSchema,
      async handle({ body, client }) {
        const { holder, purpose, lives } = body;
        const asking = askingOf(client, holder, purpose);
        deps.audit.assertRoom();
        checked(deps.audit, asking, lives, () => {
          checkRelease(client, body, deps.policies, deps.now());
        });
        const answer = await release(deps, body);
        const outcomes = outcomesOf(lives, answer);
        deps.audit.released(asking, outcomes);
        count(holder, purpose, outcomes);
        return answer;
      },
    }),
    route({
      method: 'POST',
      path: '/v1/release/duty',
      summary: 'Group keys for a duty towards the person, which no suspension or denial stands against (R5)',
      right: 'keys:open-duty',
      body: dutyReleaseRequestSchema,
      answer: releaseResponseSchema,
      async handle({ body, client }) {
        const { holder, duty, lives, reference } = body;
        const asking = askingOf(client, holder, duty);
        deps.audit.assertRoom();
        checked(deps.audit, asking, lives, () => {
          checkDuty(client, body, deps.policies.inForce(deps.now()));
        });
        const answer = await releaseForDuty(deps, body);
        const outcomes = outcomesOf(lives, answer);
        deps.audit.openedForDuty({ ...asking, reference }, outcomes);
        count(holder, duty, outcomes);
        return answer;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/releases',
      summary:
        'Key releases of a span of time (?from&to&limit): counted by minute; refusals and duties singly',
      right: 'keys:audit',
      answer: releasesAnswerSchema,
      handle: ({ query }) => deps.releasesIn(releasesQuery(query, deps.now())),
    }),
    route({
      method: 'POST',
      path: '/v1/refs',
      summary: 'The current lives of identifiers or refs; creates nothing',
      right: 'keys:lookup',
      body: lookupRequestSchema,
      answer: lookupResponseSchema,
      async handle({ body }) {
        const refs = [
          ...(body.identifiers ?? []).map(({ kind, value }) => refOf(deps.pepper, kind, value)),
          ...(body.refs ?? []),
        ];
        const documents = await deps.store.find(refs);
        return {
          results: refs.map((ref) => {
            const found = documents.get(ref);
            return found === undefined
              ? null
              : {
                  ref,
                  generation: found.generation,
                  // Of a life that retention has ended no more is there than of an erased one.
                  erasedThrough: isRetired(found) ? found.generation : found.erasedThrough,
                  ...(found.erasedAt === undefined ? {} : { erasedAt: found.erasedAt.toISOString() }),
                };
          }),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/custody-keys',
      summary:
        "Keys under which one holder's locators are sealed, whatever is suspended; none of an erased life",
      right: 'keys:custody',
      body: custodyKeysRequestSchema,
      answer: custodyKeysResponseSchema,
      handle: ({ body }) => custodyKeys(deps, body),
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine-key',
      summary: 'The key of a day, for sealing what is set aside',
      right: 'keys:quarantine',
      body: quarantineKeyRequestSchema,
      answer: quarantineKeyResponseSchema,
      handle: async ({ body }) => ({
        day: body.day,
        key: (await deps.quarantineKeys.keyOf(body.day)).toString('base64'),
      }),
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine-keys/days',
      summary: 'Days up to one that have a quarantine key',
      right: 'keys:quarantine-destroy',
      body: quarantineDaysRequestSchema,
      answer: quarantineDaysResponseSchema,
      handle: async ({ body: { through } }) => ({ days: await deps.quarantineKeys.days(through) }),
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine-keys/destroy',
      summary: 'Destroys the quarantine keys of days that have ended by the policy; idempotent',
      right: 'keys:quarantine-destroy',
      body: quarantineDestroyRequestSchema,
      answer: quarantineDestroyResponseSchema,
      async handle({ body: { days } }) {
        const last = lastEndedDay(deps.policies, deps.now());
        if (days.some((day) => day > last)) {
          throw new ProblemError(409, 'not-ended', 'by the policy not all of these days have ended', [
            { field: 'days', code: 'too-late', message: 'has a day of which something may still be held' },
          ]);
        }
        const count = await deps.quarantineKeys.destroy(days);
        destroyedDays.inc(count);
        return { destroyed: count, alreadyGone: days.length - count };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/sweeps/prepare',
      summary: "Keeps what a sweep needs under the request's own key, before the person's keys go",
      right: 'keys:sweep-prepare',
      body: sweepPrepareRequestSchema,
      answer: sweepPrepareResponseSchema,
      handle: async ({ body }) => ({ prepared: await prepareSweeps(deps, body.sweeps) }),
    }),
    route({
      method: 'POST',
      path: '/v1/sweeps/read',
      summary: 'What was kept for the sweep of a request',
      right: 'keys:sweep',
      body: sweepRequestSchema,
      answer: sweepResponseSchema,
      handle: async ({ body }) => ({ sweeps: await readSweeps(deps, body.sweeps) }),
    }),
    route({
      method: 'POST',
      path: '/v1/directives/key',
      summary: 'The key that opens what the holder of the token is told of a request',
      right: 'keys:directive',
      body: directiveKeyRequestSchema,
      answer: directiveKeyResponseSchema,
      async handle({ body, client }) {
        checkHolder(client, body.holder);
        return { key: (await directiveKey(deps, body.request, body.holder)).toString('base64') };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/sweeps/forget',
      summary: "Destroys the request's own key, after its last probe has passed",
      right: 'keys:destroy',
      body: sweepForgetRequestSchema,
      answer: z.strictObject({ forgotten: z.literal(true) }),
      async handle({ body }) {
        await deps.store.forgetSweeps(body.requests);
        return { forgotten: true as const };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/retire',
      summary:
        'Ends the keys of lives of which retention has left no record, unless they are used again; idempotent',
      right: 'keys:destroy',
      body: retireRequestSchema,
      answer: retireResponseSchema,
      async handle({ body, client }) {
        const lives = await retire(
          {
            ...deps,
            onDestroyed: (n) => {
              destroyed.inc(n);
            },
          },
          body,
          client.name,
        );
        return { lives };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/destroy',
      summary: 'Destroys the data keys of these lives for good; idempotent',
      right: 'keys:destroy',
      body: destroyRequestSchema,
      answer: destroyResponseSchema,
      async handle({ body }) {
        const counts = await deps.store.destroy(body.erasures);
        for (const { lives } of body.erasures) for (const { ref } of lives) deps.rings.forget(ref);
        const end = (await deps.backupsEnd())?.toISOString();
        const results = body.erasures.map(({ lives }, n) => {
          const count = counts[n] ?? 0;
          destroyed.inc(count);
          return {
            destroyed: count,
            alreadyGone: lives.length - count,
            ...(end === undefined ? {} : { backupsEnd: end }),
          };
        });
        return { results };
      },
    }),
  ];
}
