import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  dayInJapan,
  publishCheckSchema,
  publishedSchema,
  publishPolicySchema,
  versionAnswerSchema,
  versionsAnswerSchema,
  type Policies,
  type PolicyDocument,
  type PolicyPublication,
  type PolicyVersionView,
} from '@keiro/schemas';
import type { Publisher } from './policies.ts';

/** Publishing a revision of the policy (V1), and which versions there are. */
export function policyRoutes(deps: {
  readonly publisher: Publisher;
  readonly policies: Policies;
  readonly now: () => Date;
}): Route[] {
  const { publisher, policies, now } = deps;
  return [
    route({
      method: 'POST',
      path: '/v1/policy/versions',
      summary: 'Publishes the newest version of a policy file, to take effect on its day (V1)',
      right: 'policy:publish',
      body: publishPolicySchema,
      answer: publishedSchema,
      async handle({ body, client }) {
        const { outcome, document } = await publisher.publish(body, client.name);
        return {
          outcome: outcome === 'same' ? ('same' as const) : ('published' as const),
          ...viewOf(document),
          ...whoAndWhen(document),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/policy/versions/check',
      summary: 'What publishing it would mean for what is held, or every reason against it; writes nothing',
      right: 'policy:publish',
      body: publishPolicySchema,
      answer: publishCheckSchema,
      async handle({ body, client }) {
        const { outcome, document } = await publisher.check(body, client.name);
        return {
          outcome: outcome === 'same' ? ('same' as const) : ('possible' as const),
          ...viewOf(document),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/policy/versions',
      summary: 'Every version of the policy with its dates, whether it is in force, and where it is from',
      right: 'lineage:read',
      answer: versionsAnswerSchema,
      async handle() {
        const published = await publisher.published();
        const at = now();
        return { asOf: at.toISOString(), versions: versionsOf(policies, published, at) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/policy/versions/:version',
      summary: 'A version that was published, with its file and its authoritative Japanese text (L2)',
      right: 'lineage:read',
      answer: versionAnswerSchema,
      async handle({ params }) {
        const document = (await publisher.published()).find(({ version }) => version === params['version']);
        if (document === undefined)
          throw new ProblemError(404, 'unknown-version', 'no version with this id was published');
        return {
          ...viewOf(document),
          ...whoAndWhen(document),
          policy: document.file,
          japanese: document.japanese,
        };
      },
    }),
  ];
}

/** Every version at a moment, oldest first. Pure. */
export function versionsOf(
  policies: Policies,
  published: readonly PolicyDocument[],
  at: Date,
): PolicyVersionView[] {
  const day = dayInJapan(at);
  const all = policies.versions.flatMap((version) => policies.get(version) ?? []);
  const current = all.findLast(({ effective }) => effective <= day);
  return all.map((policy) => {
    const { version, established, announced, effective, text } = policy;
    const document = published.find((one) => one.version === version);
    return {
      version,
      established,
      announced,
      effective,
      text,
      state: policy === current ? 'in-force' : effective > day ? 'announced' : 'past',
      origin: document === undefined ? 'file' : 'published',
      ...(document === undefined
        ? {}
        : {
            published: {
              at: document.publishedAt.toISOString(),
              by: document.by,
              digest: document.digest,
              japaneseDigest: document.japaneseDigest,
              decisions: [...document.decisions],
            },
          }),
    };
  });
}

const whoAndWhen = ({ publishedAt, by }: PolicyDocument) => ({ publishedAt: publishedAt.toISOString(), by });

function viewOf(document: PolicyDocument): PolicyPublication {
  const { version, established, announced, effective, digest, japaneseDigest, records, notCompared } =
    document;
  return {
    version,
    before: document.before.version,
    established,
    announced,
    effective,
    digest,
    japaneseDigest,
    changes: [...document.changes],
    records,
    notCompared,
    underEarlier: [...document.underEarlier],
    decisions: [...document.decisions],
  };
}
