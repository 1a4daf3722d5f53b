import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkPolicyFile } from './file.ts';
import type { Policies } from './policy.ts';

/** The file that ships: found from `src` and from `dist` alike. */
export const shippedPolicyFile = fileURLToPath(new URL('../../policy/shipped.yaml', import.meta.url));

let shipped: Policies | undefined;

/**
 * The policy that ships, blank contact address and all: for tests, and for a program that names no policy of its own.
 * Read once, when it is first asked for.
 */
export function shippedPolicies(): Policies {
  if (shipped === undefined) {
    const { policies, findings } = checkPolicyFile(readFileSync(shippedPolicyFile, 'utf8'), 'shipped.yaml');
    if (policies === undefined)
      throw new Error(
        `the shipped policy is broken: ${findings.map(({ place, code }) => `${place} ${code}`).join(', ')}`,
      );
    shipped = policies;
  }
  return shipped;
}
