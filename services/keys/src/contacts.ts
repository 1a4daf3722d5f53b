import { ProblemError, route, type Client, type Route } from '@keiro/runtime';
import {
  contactsRequestSchema,
  contactsResponseSchema,
  identityDuty,
  judgeDuty,
  lifeKey,
  type ContactsRequest,
  type ContactsResponse,
} from '@keiro/schemas';
import { open } from '@keiro/sdk';
import { checked } from './audited.ts';
import type { KeyAudit } from './key-audit.ts';
import { identifierGroup } from './life.ts';
import type { ReleaseDependencies } from './release.ts';

type ContactDependencies = Pick<ReleaseDependencies, 'rings' | 'standingOf'>;

/** `POST /v1/contacts`: the one way to an address, and only for the check of who asks (R9). */
export function contactRoutes(deps: ContactDependencies & { readonly audit: KeyAudit }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/contacts',
      summary: 'The registered e-mail addresses behind refs, for the check of who asks (R9); audited singly',
      right: 'keys:contact',
      body: contactsRequestSchema,
      answer: contactsResponseSchema,
      async handle({ body, client }) {
        const { request, lives } = body;
        const asking = { client: client.name, holder: client.name, purpose: identityDuty };
        deps.audit.assertRoom();
        checked(deps.audit, asking, lives, () => {
          checkContactDuty(client);
        });
        const answer = await contactsOf(deps, body);
        const outcomes = lives.map((life, position) => {
          const result = answer.results[position];
          return { life, outcome: result?.state === 'refused' ? result.reason : 'released' };
        });
        deps.audit.openedForDuty({ ...asking, reference: request }, outcomes);
        return answer;
      },
    }),
  ];
}

/** The right alone is not enough: the client must have the duty among its purposes too. */
function checkContactDuty(client: Client): void {
  if (client.purposes.includes(identityDuty)) return;
  throw new ProblemError(403, 'not-its-duty', 'the token is not for the check of who asks');
}

/** The address of each life, or why there is none to be had, in the order asked. */
export async function contactsOf(
  deps: ContactDependencies,
  { lives }: ContactsRequest,
): Promise<ContactsResponse> {
  const { live, dead } = await deps.rings.load(lives.map(({ ref }) => ref));
  const results = lives.map((life): ContactsResponse['results'][number] => {
    const verdict = judgeDuty(deps.standingOf(life.ref), life.generation, identityDuty);
    if (verdict !== 'open') return { state: 'refused', reason: verdict };
    const ring = live.get(life.ref);
    const generationNow = ring?.generation ?? dead.get(life.ref)?.generation ?? 0;
    if (ring?.generation !== life.generation) {
      return { state: 'refused', reason: life.generation <= generationNow ? 'erased' : 'unknown' };
    }
    const { identifier } = ring.document;
    if (identifier === null) return { state: 'refused', reason: 'erased' };
    const address = open(ring.groupKey(identifierGroup), identifier, lifeKey(life)).toString();
    return { state: 'open', address };
  });
  return { results };
}
