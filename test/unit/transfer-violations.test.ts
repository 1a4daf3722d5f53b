import { describe, expect, it } from '@jest/globals';
import type { CopyDocument, HolderDocument, RegisteredHolder, SnapshotDocument } from '@keiro/schemas';
import { violationOf, violationOfSnapshot } from '@keiro/transfer/violations';
import { equivalentSince, fit, holder } from '../builders/holders.ts';
import { now, policy, ref, said } from '../builders/transfers.ts';

const registered = (to: RegisteredHolder): HolderDocument => ({
  ...to,
  _id: to.id,
  connector: { kind: 'http', url: { env: 'SOME_URL' } },
  registeredAt: new Date('2026-01-01T00:00:00Z'),
});

const copyAt = (to: RegisteredHolder, day: string, more: Partial<CopyDocument> = {}): CopyDocument => ({
  _id: `record|${to.id}|held`,
  holder: to.id,
  action: 'held',
  record: 'record',
  ref,
  generation: 1,
  category: 'C1',
  groups: ['C1.identity'],
  purpose: 'service',
  at: new Date(`${day}T00:00:00Z`),
  reportedAt: now,
  ...more,
});

const found = (
  to: RegisteredHolder,
  day: string,
  more: Partial<CopyDocument> = {},
  consents: ReturnType<typeof said>[] = [],
) => violationOf(copyAt(to, day, more), registered(to), consents, policy, now)?.reason;

describe('T0: a copy that a holder reports is a violation', () => {
  const ended = holder('processor', { contract: { ...fit.contract, until: '2026-05-20' } });

  it('where the holder got it after its contract had ended, not before', () => {
    expect([found(ended, '2026-05-20'), found(ended, '2026-05-21')]).toEqual([undefined, 'contract-ended']);
  });

  it('where it holds what it is not registered for', () => {
    expect(found(holder('store'), '2026-05-01', { category: 'C5', groups: [] })).toBe('beyond-category');
    expect(found(holder('store'), '2026-05-01', { purpose: 'marketing' })).toBe('beyond-purpose');
  });

  it('where it rests on a consent that was not given, or only later', () => {
    const partner = holder('thirdParty');
    const given = [said('consent-given', 'partner', '2026-05-10')];
    expect([found(partner, '2026-05-11', {}, given), found(partner, '2026-05-09', {}, given)]).toEqual([
      undefined,
      'consent-missing',
    ]);
  });

  it('but not where it says that it has none any more, or was given none', () => {
    expect(found(ended, '2026-05-30', { action: 'removed' })).toBeUndefined();
    expect(found(ended, '2026-05-30', { action: 'withheld' })).toBeUndefined();
  });

  it('but not where each case decides, or a browser’s own tag sent it', () => {
    expect(found(holder('thirdParty', { basis: 'law' }), '2026-05-01')).toBeUndefined();
    expect(found(holder('analytics'), '2026-05-01')).toBeUndefined();
  });
});

describe('T3: a snapshot is a violation', () => {
  const snapshot = (takenAt: string): SnapshotDocument => ({
    _id: 'recovery|crm|s-1',
    holder: 'recovery',
    store: 'crm',
    snapshot: 's-1',
    watermark: new Date(takenAt),
    takenAt: new Date(takenAt),
    mutable: true,
    rows: 3,
    reportedAt: now,
  });
  const site = registered(
    holder('site', { basis: 'entrustment', operator: 'affiliate', ...fit, ...equivalentSince('2025-05-20') }),
  );
  const at = (takenAt: string, to = site) => violationOfSnapshot(snapshot(takenAt), to, policy, now);

  it('where the check of the equivalent system was overdue, once a day in Japan for each store', () => {
    expect(at('2026-05-20T14:59:59Z')).toBeUndefined();
    const first = at('2026-05-20T15:00:00Z');
    expect(first).toMatchObject({
      holder: 'recovery',
      reason: 'abroad-review-lapsed',
      row: 'T3',
      snapshot: { store: 'crm', snapshot: 's-1' },
    });
    expect(at('2026-05-21T14:59:59Z')?._id).toBe(first?._id);
    expect(at('2026-05-21T15:00:00Z')?._id).not.toBe(first?._id);
  });

  it('but not at a site of our own branch', () => {
    expect(at('2026-05-30T00:00:00Z', registered(holder('site')))).toBeUndefined();
  });
});
