import {
  createLivePolicies,
  publicationMessageSchema,
  type LivePolicies,
  type Publication,
} from '@keiro/schemas';
import { KeiroError, messageOf } from './errors.ts';
import type { Kafkas } from './kafka-types.ts';
import type { Log } from './log.ts';
import { loadPolicies, type policyConfig } from './policy.ts';

type Config = Readonly<Record<keyof typeof policyConfig, string>>;

export interface FollowedPolicies {
  readonly policies: LivePolicies;
  readonly close: () => Promise<void>;
}

/**
 * The versions of the policy file and those published since, which join as they are published (V1). Resolves when it
 * knows every one that was published before now. What was published and can't stand beside the file keeps a service
 * from starting; told later, it is logged and left out, so that events under that version wait in quarantine.
 */
export async function followPolicies(
  config: Config,
  { kafka, reader, log }: { kafka: Kafkas; reader: string; log: Log },
): Promise<FollowedPolicies> {
  const policies = createLivePolicies(loadPolicies(config.KEIRO_POLICY_FILE));
  /** Until all of them are there, in whatever order a compacted topic has them. */
  let early: Publication[] | undefined = [];
  let unreadable: string | undefined;

  const follower = await kafka.follow({
    topic: config.KEIRO_POLICY_TOPIC,
    reader,
    from: 'beginning',
    onMessage: ({ value }) => {
      try {
        const publication = publicationMessageSchema.parse(JSON.parse(value?.toString() ?? 'null'));
        if (early !== undefined) early.push(publication);
        else add(publication);
      } catch (error) {
        unreadable ??= messageOf(error);
        log.error({ err: error }, 'a published policy version is left out');
      }
    },
  });
  const add = (publication: Publication): void => {
    policies.add(publication);
    log.info({ version: publication.version }, 'policy version known');
  };

  try {
    await follower.caughtUp;
    if (unreadable !== undefined) throw new RangeError(unreadable);
    for (const one of early.sort((a, b) => (a.version < b.version ? -1 : 1))) add(one);
    early = undefined;
  } catch (error) {
    await follower.close();
    throw misfit(config, error);
  }
  return { policies, close: () => follower.close() };
}

/** What was published says something else of the past than the file that a service was given. */
export const misfit = ({ KEIRO_POLICY_FILE: file }: Pick<Config, 'KEIRO_POLICY_FILE'>, error: unknown) =>
  new KeiroError(
    'policy',
    `${file} (KEIRO_POLICY_FILE) does not fit what was published: ${messageOf(error)}\n` +
      'Put back the file as it was then; a change is published as a new version: keiro policy publish.',
    { retryable: false, cause: error },
  );
