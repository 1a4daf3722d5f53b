import { ProblemError } from '@keiro/runtime';
import {
  effectiveFrom,
  type AuditEntry,
  type Holding,
  type LivePolicies,
  type OutboxDocument,
  type PolicyDocument,
  type Publication,
  type PublishPolicy,
} from '@keiro/schemas';
import type { PolicyStore } from './policy-store.ts';
import { decidePublish, type PublishDecision } from './publish.ts';

export interface PublisherDependencies {
  readonly store: PolicyStore;
  readonly policies: LivePolicies;
  readonly holdings: () => Promise<readonly Holding[]>;
  readonly topic: string;
  readonly stamp: () => string;
  readonly now: () => Date;
  /** Something is to go to Kafka. */
  readonly onPublished: () => void;
}

type Decided = Exclude<PublishDecision, { readonly outcome: 'refused' }>;

export interface Publisher {
  /** What publishing it would mean; writes nothing. */
  check(asked: PublishPolicy, by: string): Promise<Decided>;
  /** Writes version, audit entry and message together, or answers with what was published before. */
  publish(asked: PublishPolicy, by: string): Promise<Decided>;
  published(): Promise<PolicyDocument[]>;
  /** At start: the store is the truth; what Kafka has lost of it is told again. */
  tellMissing(): Promise<void>;
}

export function createPublisher(deps: PublisherDependencies): Publisher {
  const { store, policies, now } = deps;

  /** Also what this process was not told of yet. */
  async function published(): Promise<PolicyDocument[]> {
    const documents = await store.published();
    for (const document of documents) policies.add(publicationOf(document));
    return documents;
  }

  async function check(asked: PublishPolicy, by: string): Promise<Decided> {
    const [documents, holdings] = await Promise.all([published(), deps.holdings()]);
    const decision = decidePublish(asked, { policies, published: documents, holdings }, by, now());
    if (decision.outcome !== 'refused') return decision;
    const { status, issues } = decision;
    const code = status === 409 ? 'known-version' : 'not-publishable';
    throw new ProblemError(status, code, 'this version can not be published', issues);
  }

  async function publish(asked: PublishPolicy, by: string): Promise<Decided> {
    const decided = await check(asked, by);
    if (decided.outcome === 'same') return decided;
    const { document } = decided;
    const message = messageOf(document, deps.topic, deps.stamp());
    // Somebody else published first: what is to be said now may be another thing.
    if (!(await store.publish(document, message, auditOf(document)))) return publish(asked, by);
    policies.add(publicationOf(document));
    deps.onPublished();
    return decided;
  }

  return {
    check,
    publish,
    published,
    async tellMissing() {
      const missing = (await store.published()).filter(({ version }) => policies.get(version) === undefined);
      await store.tellAgain(missing.map((document) => messageOf(document, deps.topic, deps.stamp())));
      await published();
    },
  };
}

const publicationOf = ({ version, file, before }: PolicyDocument): Publication => ({ version, file, before });

function messageOf(document: PolicyDocument, topic: string, stamp: string): OutboxDocument {
  return {
    _id: `${stamp}-000000`,
    topic,
    key: document.version,
    value: JSON.stringify(publicationOf(document)),
    at: document.publishedAt,
  };
}

/** What was decided, in counts and ids; the texts are with the version, by their digests. */
function auditOf(document: PolicyDocument): AuditEntry {
  const { version, before, changes, decisions, records, notCompared } = document;
  const { announced, effective, digest, japaneseDigest } = document;
  return {
    _id: `policy/${version}/published`,
    at: document.publishedAt,
    by: document.by,
    action: 'policy.published',
    about: [version],
    detail: {
      before: before.version,
      announced,
      effective,
      effectiveFrom: new Date(effectiveFrom(document)).toISOString(),
      digest,
      japaneseDigest,
      changes: changes.length,
      decisions: decisions.map(({ purpose, needs, on }) => ({ purpose, needs, on })),
      records,
      notCompared,
    },
  };
}
