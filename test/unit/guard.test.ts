import { describe, expect, it } from '@jest/globals';
import type { Message } from '@keiro/runtime';
import {
  catalogue,
  eventTypes,
  purposeIds,
  purposesOf,
  type Policies,
  shippedPolicies,
  type EventType,
  type PurposeId,
} from '@keiro/schemas';
import { lifeOf, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import { admitter } from '@keiro/sdk';
import { demoPolicyText } from '../builders/policy-file.ts';
import { livePoliciesOf, revisionOf } from '../builders/revision.ts';
import { sealedEvent } from '../builders/wire.ts';

const policies = shippedPolicies();

/** What a guarded consumer of this purpose may see of an event. */
function seen(
  purpose: PurposeId,
  spec: Omit<WireEventSpec, 'id' | 'refs'>,
  under: Policies = policies,
  now = new Date('2026-04-01T09:00:01+09:00'),
) {
  const event = sealedEvent({ id: 'e-1', refs: [lifeOf('member', 'somebody')], ...spec });
  const message: Message = {
    topic: event.topic,
    partition: 0,
    offset: '0',
    timestamp: 0,
    key: event.key,
    headers: event.headers,
    value: null,
  };
  const admitted = admitter(purpose, under, now)(message, event.value);
  return typeof admitted === 'string' ? admitted : admitted.covered.map(({ group }) => group);
}

describe('what a guarded consumer may see', () => {
  it.each(eventTypes.flatMap((type) => purposeIds.map((purpose): [EventType, PurposeId] => [type, purpose])))(
    'of %s for %s: the groups that the purpose covers, and no other',
    (type, purpose) => {
      // The builder's events have a session cookie, and no wish for marketing.
      const readable = { cookieKind: 'session', marketingOptIn: false };
      const covered = catalogue[type].groups
        .map(({ id }) => id)
        .filter((group) => purposesOf(policies.newest, group, readable).includes(purpose));
      expect(seen(purpose, { type })).toEqual(covered.length > 0 ? covered : 'purpose-does-not-cover');
    },
  );

  it('is judged record by record: marketing reads a campaign entry only of those who asked for it', () => {
    const entry = (marketingOptIn: boolean) =>
      seen('marketing', {
        type: 'campaign',
        readable: { campaign: 'spring', campaignKind: 'raffle', marketingOptIn },
      });
    expect(entry(false)).toBe('purpose-does-not-cover');
    expect(entry(true)).toEqual(['C6.subject', 'C6.contact']);
  });

  it('is nothing of a customer’s users, of what was sealed for nobody, or under a version that is none', () => {
    const scope = { kind: 'entrusted', tenant: 'reiji-shoji' } as const;
    expect(seen('service', { type: 'inquiry', scope })).toBe('entrusted');
    expect(seen('service', { type: 'inquiry', sealedUnder: 'quarantine' })).toBe('sealed-for-nobody');
    expect(seen('service', { type: 'inquiry', policyversion: '2031-01-01' })).toBe('unreadable');
  });

  it('is nothing of an event from before its version, or from more than a day ahead: tag sets it aside', () => {
    const at = (time: string) => seen('service', { type: 'inquiry', time });
    expect(at('2017-02-01T23:59:59+09:00')).toBe('untimely');
    expect(at('2017-02-02T00:00:00+09:00')).toContain('C7.message');
    expect(at('2026-04-02T09:00:01+09:00')).toContain('C7.message');
    expect(at('2026-04-02T09:00:02+09:00')).toBe('untimely');
  });
});

describe('after a revision (V1, APPI 18(1))', () => {
  const version = '2026-06-01';
  const after = new Date('2026-06-01T09:00:00+09:00');
  const revised = (change: Parameters<typeof revisionOf>[2]) =>
    livePoliciesOf(demoPolicyText, revisionOf(demoPolicyText, { version, announced: '2026-05-01' }, change));
  const old = { type: 'access', time: '2026-05-31T23:59:59+09:00' } as const;
  const fresh = { ...old, time: '2026-06-01T00:00:00+09:00', policyversion: version } as const;

  it.each(['reasonably', 'beyond'] as const)(
    'a purpose that was added (%s) reads what was collected under that version, and nothing from before',
    (related) => {
      const under = revised(({ purposes, categories }) => {
        delete purposes['development']?.unused;
        Object.assign(purposes['development'] ?? {}, {
          change: { related, decidedBy: 'privacy officer', on: '2026-04-20' },
        });
        categories['C4']?.groups['usage']?.uses?.push({ purpose: 'development', rule: 'access-usage' });
      });
      expect(seen('development', old, under, after)).toBe('purpose-does-not-cover');
      expect(seen('development', fresh, under, after)).toEqual(['C4.usage']);
      expect(seen('statistics', old, under, after)).toEqual(['C4.usage']);
    },
  );

  it('a purpose that was worded anew beyond what it was reads nothing from before, once that is in force', () => {
    const reworded = (related: 'reasonably' | 'beyond') =>
      revised(({ purposes }) => {
        Object.assign(purposes['statistics'] ?? {}, {
          label: { ja: '統計の作成と第三者の広告', en: 'statistics and advertising for others' },
          change: { related, decidedBy: 'privacy officer', on: '2026-04-20' },
        });
      });
    expect(seen('statistics', old, reworded('beyond'), after)).toBe('needs-consent');
    expect(seen('statistics', old, reworded('beyond'), new Date('2026-05-31T23:59:59+09:00'))).toEqual([
      'C4.usage',
    ]);
    expect(seen('statistics', fresh, reworded('beyond'), after)).toEqual(['C4.usage']);
    expect(seen('statistics', old, reworded('reasonably'), after)).toEqual(['C4.usage']);
    expect(seen('membership', old, reworded('beyond'), after)).toContain('C4.auth');
  });
});
