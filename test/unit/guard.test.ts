import { describe, expect, it } from '@jest/globals';
import type { Message } from '@keiro/runtime';
import {
  catalogue,
  eventTypes,
  purposeIds,
  purposesOf,
  shippedPolicies,
  type EventType,
  type PurposeId,
} from '@keiro/schemas';
import { lifeOf, type WireEventSpec } from '@keiro/scripts/bench/wire-events';
import { admit } from '@keiro/sdk';
import { sealedEvent } from '../builders/wire.ts';

const policies = shippedPolicies();

/** What a guarded consumer of this purpose may see of an event. */
function seen(purpose: PurposeId, spec: Omit<WireEventSpec, 'id' | 'refs'>) {
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
  const admitted = admit(message, event.value, purpose, policies);
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
});
