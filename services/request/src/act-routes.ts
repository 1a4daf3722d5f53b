import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  actedSchema,
  answeredSchema,
  answerSchema,
  feePaidSchema,
  groupRules,
  noticeListSchema,
  noticeSentSchema,
  reviewSchema,
  withdrawRequestSchema,
  type HolderDocument,
  type Policies,
  type Policy,
  type RequestDocument,
  type Review,
} from '@keiro/schemas';
import type { Acts } from './acts.ts';
import type { Answers } from './answer-store.ts';
import type { LifeCommand } from './lifecycle/decide.ts';
import { noticesOf } from './notices.ts';
import type { RequestStore } from './store.ts';

const listLimit = 1000;

/** What people do about a request that has arrived, and what the person is told and answered. */
export function actRoutes(deps: {
  readonly store: Pick<RequestStore, 'request' | 'withUnsent' | 'holders'>;
  readonly acts: Acts;
  readonly answers: Answers;
  readonly policies: Policies;
  readonly now: () => Date;
}): Route[] {
  const { store, acts, answers, policies, now } = deps;
  const found = async (id: string | undefined): Promise<RequestDocument> => {
    const request = await store.request(id ?? '');
    if (request === null) throw new ProblemError(404, 'unknown-request', 'there is no request with this id');
    return request;
  };
  const act = (path: string, summary: string) => ({
    method: 'POST' as const,
    path: `/v1/requests/:id/${path}`,
    summary,
    right: 'requests:write' as const,
    status: 200,
    answer: actedSchema,
  });
  return [
    route({
      ...act(
        'review',
        'Grants what was looked at, or refuses it whole or in part on a ground of its right (R9)',
      ),
      body: reviewSchema,
      async handle({ params, body, client }) {
        if (body.decision === 'refuse') checkParts(body, policies.inForce(now()), await store.holders());
        return acts.act(params['id'] ?? '', reviewCommand(body), client.name);
      },
    }),
    route({
      ...act('fee', 'The fee was paid (R8)'),
      body: feePaidSchema,
      handle: ({ params, body, client }) =>
        acts.act(params['id'] ?? '', { type: 'pay', ...body }, client.name),
    }),
    route({
      ...act(
        'withdraw',
        'The person takes it back before anything is carried out; a deletion, until its undo window is over or while a hold keeps it',
      ),
      body: withdrawRequestSchema,
      handle: ({ params, client }) => acts.act(params['id'] ?? '', { type: 'withdraw' }, client.name),
    }),
    route({
      ...act('answer', 'The person was answered; where that can be found (R1 to R3, Q1)'),
      body: answeredSchema,
      handle: ({ params, body, client }) =>
        acts.act(params['id'] ?? '', { type: 'answer', evidence: body.evidence }, client.name),
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id/answer',
      summary:
        'What the person is told: provisions, measures abroad or purposes, as of now, without a personal value',
      right: 'requests:read',
      answer: answerSchema,
      handle: async ({ params }) => answers.of(await found(params['id'])),
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id/notices',
      summary: 'What the person has to be told about a request, in Japanese and English',
      right: 'requests:read',
      answer: noticeListSchema,
      async handle({ params }) {
        const at = now();
        return {
          asOf: at.toISOString(),
          notices: noticesOf(await found(params['id']), policies.inForce(at)),
        };
      },
    }),
    route({
      ...act('notices/:n/sent', 'A notice was sent to the person'),
      body: noticeSentSchema,
      handle: ({ params, body, client }) =>
        acts.act(
          params['id'] ?? '',
          {
            type: 'mark-sent',
            notice: Number(params['n']),
            ...(body.reference === undefined ? {} : { reference: body.reference }),
          },
          client.name,
        ),
    }),
    route({
      method: 'GET',
      path: '/v1/notices',
      summary: 'Notices of all requests that nobody has marked sent, oldest request first',
      right: 'requests:read',
      answer: noticeListSchema,
      async handle() {
        const at = now();
        const policy = policies.inForce(at);
        const requests = await store.withUnsent(listLimit);
        const unsent = requests.flatMap((request) =>
          noticesOf(request, policy).filter(({ sentAt }) => sentAt === undefined),
        );
        return { asOf: at.toISOString(), notices: unsent };
      },
    }),
  ];
}

function reviewCommand(body: Review): LifeCommand {
  if (body.decision === 'accept') return { type: 'accept' };
  const { ground, reason, parts = [] } = body;
  return { type: 'refuse', ground, reason, parts: [...new Set(parts)] };
}

/** A part is a name that the policy or the register has: anything else could be a value. */
function checkParts(
  { parts = [] }: Extract<Review, { decision: 'refuse' }>,
  policy: Policy,
  holders: readonly HolderDocument[],
): void {
  const { purposes, categories } = policy.rules;
  const issues = parts.flatMap((part, index) => {
    const isKnown =
      Object.hasOwn(purposes, part) ||
      Object.hasOwn(categories, part) ||
      groupRules(policy, part) !== undefined ||
      holders.some(({ id }) => id === part);
    const message = 'is no purpose, category, field group or holder';
    return isKnown ? [] : [{ field: `parts.${String(index)}`, code: 'unknown-part', message }];
  });
  if (issues.length > 0)
    throw new ProblemError(
      400,
      'invalid-parts',
      'what is refused in part has to be named as the policy does',
      issues,
    );
}
