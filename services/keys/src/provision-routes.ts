import { ProblemError, route, type Metrics, type Route } from '@keiro/runtime';
import {
  mayHaveEnded,
  parseLifeKey,
  provisionDestroyRequestSchema,
  provisionDestroyResponseSchema,
  provisionOpenRequestSchema,
  provisionOpenResponseSchema,
  provisionSealRequestSchema,
  provisionSealResponseSchema,
  type Policies,
} from '@keiro/schemas';
import type { KeyAudit } from './key-audit.ts';
import { openIdentities, sealIdentities, type ProvisionDependencies } from './provisions.ts';

/** Who records of provision are about (APPI 29 to 31). */
export function provisionRoutes(
  deps: ProvisionDependencies & {
    readonly policies: Policies;
    readonly metrics: Metrics;
    readonly audit: KeyAudit;
  },
): Route[] {
  const destroyed = deps.metrics.counter(
    'keiro_keys_provision_destroyed_total',
    'keys of records of provision destroyed at their end',
  );
  return [
    route({
      method: 'POST',
      path: '/v1/provisions/seal',
      summary: 'Who records of provision are about, sealed under keys that outlive the person’s erasure',
      right: 'keys:provisions',
      body: provisionSealRequestSchema,
      answer: provisionSealResponseSchema,
      handle: ({ body }) => sealIdentities(deps, body),
    }),
    route({
      method: 'POST',
      path: '/v1/provisions/open',
      summary:
        'Who records of provision are about, for disclosure (APPI 33(5)) or an authority; audited singly',
      right: 'keys:provisions-open',
      body: provisionOpenRequestSchema,
      answer: provisionOpenResponseSchema,
      async handle({ body, client }) {
        deps.audit.assertRoom();
        const answer = await openIdentities(deps, body);
        const outcomes = body.identities.map(({ key }, position) => {
          const result = answer.results[position];
          const outcome = result?.state === 'refused' ? result.reason : 'released';
          return { life: parseLifeKey(lifeOf(key)), outcome };
        });
        const holder = client.holder ?? client.name;
        const purpose = `provisions:${body.for}`;
        deps.audit.openedForDuty(
          { client: client.name, holder, purpose, reference: body.reference },
          outcomes,
        );
        return answer;
      },
    }),
    route({
      method: 'POST',
      path: '/v1/provisions/destroy',
      summary: 'Destroys keys of records of provision that have ended by the policy; idempotent',
      right: 'keys:provisions',
      body: provisionDestroyRequestSchema,
      answer: provisionDestroyResponseSchema,
      async handle({ body: { keys } }) {
        const now = deps.now();
        const policy = deps.policies.inForce(now);
        if (keys.some((key) => !mayHaveEnded(policy, monthOf(key), now))) {
          throw new ProblemError(409, 'not-ended', 'by the policy not all of these can have ended', [
            { field: 'keys', code: 'too-late', message: 'has a month of which a record must still be kept' },
          ]);
        }
        const count = await deps.provisionKeys.destroy(keys);
        destroyed.inc(count);
        return { destroyed: count, alreadyGone: keys.length - count };
      },
    }),
  ];
}

const lifeOf = (key: string): string => key.slice(0, key.indexOf('|'));
const monthOf = (key: string): string => key.slice(key.indexOf('|') + 1);
