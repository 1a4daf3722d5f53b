export type { Block } from './blocks.ts';
export {
  diffPolicies,
  type Change,
  type ChangeKind,
  type Holding,
  type Need,
  type PolicyDiff,
} from './diff.ts';
export { diffText } from './diff-text.ts';
export { checkHolders } from './check-holders.ts';
export { explainGroups, explainText } from './explain.ts';
export { essenceOf } from './essence.ts';
export { describeFinding, type Finding } from './findings.ts';
export { checkPolicyFile, parsePolicyFile } from './file.ts';
export * from './in-time.ts';
export { hasJapanese } from './japanese.ts';
export type { Labels } from './labels.ts';
export { createLivePolicies, type LivePolicies, type Publication } from './live.ts';
export { ownRecordsCut, ownRecordsPeriod, type OwnRecords } from './own-records.ts';
export { addPeriod, dayInJapan, endOfFiscalYear, isPeriod, policyZone } from './period.ts';
export { createPolicies, type GroupRules, type Policies, type Policy, type PolicyRules } from './policy.ts';
export { lastEndedDay, quarantineCuts, quarantineEnd } from './quarantine-rule.ts';
export { rowIds, type RowId } from './rows.ts';
export * from './rules.ts';
export {
  purposeIds,
  retentionStarts,
  type Purpose,
  type PurposeId,
  type RetentionStart,
  type SourceOfRule,
  type Use,
} from './schema.ts';
export { shippedPolicies, shippedPolicyFile } from './shipped.ts';
export { policyText } from './text.ts';
export { periodText, type Lang } from './text-words.ts';
