import { describe, expect, it } from '@jest/globals';
import { toAuditDocument } from '@keiro/runtime/audit';

const entry = { _id: 'req-1/done', at: new Date(0), by: 'request', action: 'request.done' };
const digestOf = (detail: Record<string, unknown>) => toAuditDocument({ ...entry, detail }).detailDigest;

describe('the digest of an audit detail', () => {
  it('is the same whichever order the keys are in, on every level', () => {
    const one = { holders: 2, by: { crm: 1, billing: ['b', 'a'] } };
    const other = { by: { billing: ['b', 'a'], crm: 1 }, holders: 2 };
    expect(digestOf(one)).toBe(digestOf(other));
    expect(digestOf(one)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('changes with any of it, and with the order of a list', () => {
    const digests = [{ n: 1 }, { n: 2 }, { m: 1 }, { n: [1, 2] }, { n: [2, 1] }, {}].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
