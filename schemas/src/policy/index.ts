export { clauses, rowIds, type RowId } from './clauses.ts';
export type { Labels } from './labels.ts';
export { addPeriod, dayInJapan, endOfFiscalYear, policyZone } from './period.ts';
export {
  currentPolicy,
  currentVersion,
  policy,
  policyRulesSchema,
  policyVersionSchema,
  type Policy,
} from './policy.ts';
export * from './rules.ts';
export {
  purposeIds,
  retentionStarts,
  type Floor,
  type GroupRules,
  type PolicyRules,
  type Purpose,
  type PurposeId,
  type RetentionRule,
  type RetentionStart,
  type SourceOfRule,
  type Use,
} from './schema.ts';
export { policyVersions, type PolicyVersionId } from './versions.ts';
