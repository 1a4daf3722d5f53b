import { hash } from 'node:crypto';
import type { Policy } from './policy.ts';

/**
 * Digest (SHA-256, base64url) of what a version says of records: its dates, whether its text is known, and whatever
 * tags, purposes and ends follow from. A label, a clause or a contact address may be put right without changing it;
 * what it covers is changed by a new version alone (V1), else the past would be tagged anew unseen. Pure.
 */
export function essenceOf(policy: Policy): string {
  const { rules } = policy;
  const essence = {
    version: policy.version,
    effective: policy.effective,
    text: policy.text,
    fiscalYearEnds: rules.fiscalYear.endMonth,
    entrusted: rules.entrusted.rule,
    purposes: mapped(rules.purposes, ({ label }) => label.ja),
    categories: mapped(rules.categories, ({ covers, groups }) => ({
      covers,
      groups: mapped(groups, ({ fields, uses, floors }) => ({ fields, uses, floors })),
    })),
    retention: mapped(rules.retention, ({ start, period, cap }) => ({ start, period, cap })),
    floors: mapped(rules.floors, ({ law, keeps, start, period, onlyIn }) => ({
      law,
      keeps,
      start,
      period,
      onlyIn,
    })),
  };
  return hash('sha256', JSON.stringify(essence, sorted), 'base64url');
}

function mapped<T>(record: Readonly<Record<string, T>>, of: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, of(value)]));
}

/** The order in which a file names things says nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
