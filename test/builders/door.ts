import { shippedPolicies, type ParseOptions } from '@keiro/schemas';

/** The door of a company with these sites and the policy that ships. */
export const doorOf = (sites: readonly string[]): ParseOptions => ({
  sites,
  policyVersions: shippedPolicies().versions,
});
