import { KeiroError, messageOf } from '@keiro/runtime/errors';
import {
  checkPolicyFile,
  versionAnswerSchema,
  type Policies,
  type Policy,
  type VersionAnswer,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { policyFileOf, readable, wrong } from './policy-file.ts';

/** Whether somebody names a version rather than a file. */
export const isVersion = (given: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(given);

/** One that was published, from the stack; undefined where none of this id was. Throws where nobody answers. */
export async function publishedVersion(version: string): Promise<VersionAnswer | undefined> {
  try {
    return await asking('request')({ path: `/v1/policy/versions/${version}` }, versionAnswerSchema);
  } catch (error) {
    if (error instanceof KeiroError && error.code === 'refused' && error.message.includes(' answered 404'))
      return undefined;
    throw error;
  }
}

/** The versions as a published file has them. */
export function policiesOf({ version, policy }: VersionAnswer): Policies {
  const { policies } = checkPolicyFile(policy, version);
  if (policies !== undefined) return policies;
  throw wrong(`${version} was published in a form that this program can't read: is it of the same version?`);
}

/** A version by its id, looked up in the policy file and among those published; or the newest of a file. */
export async function policyOf(given: string): Promise<Policy> {
  if (!isVersion(given)) return readable(given).newest;
  const policies = readable(policyFileOf(undefined));
  const found = policies.get(given);
  if (found !== undefined) return found;
  const file = `the policy file has ${policies.versions.join(', ')}`;
  const published = await publishedVersion(given).catch((error: unknown) => {
    throw wrong(`there is no version ${given}: ${file}.\nFor what was published: ${messageOf(error)}`);
  });
  if (published !== undefined) return policiesOf(published).newest;
  throw wrong(`there is no version ${given}: ${file}, and none such was published (keiro policy versions).`);
}
