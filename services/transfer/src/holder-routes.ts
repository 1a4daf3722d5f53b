import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  holderAnswerSchema,
  lapses,
  registerAnswerSchema,
  registeredAnswerSchema,
  registerHolderSchema,
  type HolderDocument,
  type HolderView,
  type Policies,
  type Policy,
} from '@keiro/schemas';
import type { HolderStore } from './holder-store.ts';
import { stateOf } from './publish.ts';
import { registerPolicy } from './register-file.ts';
import { holderIssues } from './register.ts';

export interface HolderRouteDependencies {
  readonly store: HolderStore;
  readonly policies: Policies;
  /** The register was changed: whoever follows it must hear. */
  readonly onChanged: () => Promise<void>;
  readonly now: () => Date;
}

/** The register of holders with what lapses when (T1 to T4). */
export function holderRoutes({ store, policies, onChanged, now }: HolderRouteDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/holders',
      summary: 'All that can hold a copy, and what of each lapses when (T1 to T4)',
      right: 'lineage:read',
      answer: registerAnswerSchema,
      async handle() {
        const at = now();
        const policy = policies.inForce(at);
        return {
          asOf: at.toISOString(),
          holders: (await store.all()).map((holder) => viewOf(holder, policy, at)),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/holders/:id',
      summary: 'One holder with every version of its entry: who changed what, and when',
      right: 'lineage:read',
      answer: holderAnswerSchema,
      async handle({ params }) {
        const id = params['id'] ?? '';
        const [holder, versions] = await Promise.all([store.find(id), store.versionsOf(id)]);
        if (holder === null)
          throw new ProblemError(404, 'unknown-holder', 'there is no holder with this id in the register');
        const at = now();
        return {
          asOf: at.toISOString(),
          holder: viewOf(holder, policies.inForce(at), at),
          versions: versions.map(({ version, at: changedAt, by, digest, changed }) => ({
            version,
            at: changedAt.toISOString(),
            by,
            digest,
            changed: [...changed],
          })),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/holders',
      summary:
        'Registers a holder or changes it, as a version of its own; the same content again is no change',
      right: 'holders:manage',
      body: registerHolderSchema,
      answer: registeredAnswerSchema,
      async handle({ body, client }) {
        const at = now();
        const known = new Set([body.id, ...(await store.all()).map(({ id }) => id)]);
        const issues = holderIssues(body, registerPolicy(policies, at), known);
        if (issues.length > 0)
          throw new ProblemError(400, 'invalid-holder', 'the holder is not as the policy wants it', issues);
        const done = await store.register(body, client.name, at);
        // Also where nothing changed: a call that is repeated after a failure makes up for what that one left undone.
        await onChanged();
        return { id: body.id, ...done };
      },
    }),
  ];
}

function viewOf(document: HolderDocument, policy: Policy, at: Date): HolderView {
  const holder = stateOf(document);
  const { version, ...registered } = holder;
  return {
    ...registered,
    connector: document.connector.kind,
    version,
    registeredAt: document.registeredAt.toISOString(),
    changedAt: (document.changedAt ?? document.registeredAt).toISOString(),
    lapses: lapses(registered, policy, at),
  };
}
