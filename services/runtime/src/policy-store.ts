import { createLivePolicies, type PolicyDocument } from '@keiro/schemas';
import type { Db } from 'mongodb';
import { every } from './every.ts';
import type { Log } from './log.ts';
import { misfit, type FollowedPolicies } from './policy-follower.ts';
import { loadPolicies, type policyConfig } from './policy.ts';

type Config = Readonly<Record<keyof typeof policyConfig, string>>;

const lookEveryMs = 5000;

/**
 * As `followPolicies`, for a service that answers from the store and must be able to while Kafka is away: what was
 * published is read from the collection `policies`, at start and every 5 s (V1).
 */
export async function readPublishedPolicies(
  config: Config,
  { db, log }: { db: Db; log: Log },
): Promise<FollowedPolicies> {
  const policies = createLivePolicies(loadPolicies(config.KEIRO_POLICY_FILE));
  const published = db.collection<PolicyDocument>('policies');
  let known = 0;

  async function look(): Promise<void> {
    const found = await published
      .find({ number: { $gt: known } })
      .project<PolicyDocument>({ number: 1, version: 1, file: 1, before: 1 })
      .toArray();
    for (const { number, version, file, before } of found.sort((a, b) => a.number - b.number)) {
      policies.add({ version, file, before });
      known = number;
      log.info({ version }, 'policy version known');
    }
  }

  try {
    await look();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw misfit(config, error);
  }
  const looking = every({ what: 'the look for policy versions', everyMs: lookEveryMs, log }, look);
  return { policies, close: () => looking.close() };
}
