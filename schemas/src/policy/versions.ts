/** Ids of the versions of the policy, oldest first (V2). Each is the day from which it applies, in Asia/Tokyo. */
export const policyVersions = ['2015-09-07', '2016-11-21', '2017-02-02'] as const;
export type PolicyVersionId = (typeof policyVersions)[number];
