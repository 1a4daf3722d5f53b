import { describe, expect, it } from '@jest/globals';
import { checkRelease } from '@keiro/keys/release';
import type { Client } from '@keiro/runtime';
import type { ReleaseRequest } from '@keiro/schemas';
import { createReleasedKeys } from '@keiro/sdk/released-keys';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { demoPolicyText } from '../builders/policy-file.ts';
import { livePoliciesOf, revisionOf } from '../builders/revision.ts';

const client: Client = {
  name: 'crm',
  tokenSha256: '',
  rights: ['keys:open'],
  sources: [],
  holder: 'crm',
  purposes: ['quality', 'statistics'],
};

describe('keys for a purpose that a revision moves to another', () => {
  const dates = { version: '2026-06-01', announced: '2026-05-01' };
  const policies = livePoliciesOf(
    demoPolicyText,
    revisionOf(demoPolicyText, dates, ({ categories }) => {
      Object.assign(categories['C4']?.groups['usage'] ?? {}, {
        uses: [{ purpose: 'quality', rule: 'access-usage' }],
      });
    }),
  );
  const ask = (purpose: 'quality' | 'statistics', now: string) => () => {
    const lives = [lifeOf('member', 'somebody')];
    checkRelease(client, { holder: 'crm', purpose, groups: ['C4.usage'], lives }, policies, new Date(now));
  };

  it('are released for the new one from its day on, but for a clock that is a day ahead', () => {
    expect(ask('quality', '2026-05-30T23:59:59+09:00')).toThrow('does not cover');
    expect(ask('quality', '2026-05-31T00:00:00+09:00')).not.toThrow();
    expect(ask('quality', '2026-06-01T00:00:00+09:00')).not.toThrow();
  });

  it('are released for the old one as before, for what was collected under it', () => {
    expect(ask('statistics', '2026-06-02T00:00:00+09:00')).not.toThrow();
  });
});

describe('released keys', () => {
  it('are asked for again when other groups are wanted: those kept lack them', async () => {
    const asked: ReleaseRequest[] = [];
    const released = createReleasedKeys({
      holder: 'crm',
      purpose: 'quality',
      keys: {
        release(request) {
          asked.push(request);
          const keys = Object.fromEntries(
            ['custody', ...request.groups].map((group) => [
              group,
              Buffer.alloc(32, group).toString('base64'),
            ]),
          );
          return Promise.resolve({ results: [{ state: 'released', keys }], ttlSeconds: 60 });
        },
      },
    });
    const life = lifeOf('member', 'somebody');
    const opens = async (groups: string[], group: string) => {
      const [found] = await released.get([life], groups);
      return found?.state === 'released' && found.groupKey(group, 'demo-site') !== undefined;
    };
    expect(await opens(['C7.message'], 'C4.usage')).toBe(false);
    expect(await opens(['C7.message'], 'C7.message')).toBe(true);
    expect(asked).toHaveLength(1);
    expect(await opens(['C7.message', 'C4.usage'], 'C4.usage')).toBe(true);
    expect(asked.map(({ groups }) => groups)).toEqual([['C7.message'], ['C7.message', 'C4.usage']]);
  });
});
