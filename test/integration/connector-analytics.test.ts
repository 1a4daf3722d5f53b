import { describe, expect, it } from '@jest/globals';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { createLog } from '@keiro/runtime';
import { analyticsStore } from '../builders/stores.ts';
import { anyWork, lifeOf } from '../builders/work.ts';

const log = createLog('test-analytics', 'silent');

describe('analytics', () => {
  const person = [lifeOf('member', 'canary-7f3a'), lifeOf('email', 'canary-7f3a@people.example')];

  it('is told each client id once, and says up to when its data end', async () => {
    const store = await analyticsStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    const told: Date[] = [];
    const before = new Date();
    await connector.erase(anyWork([...person, ...person], { told: (upTo) => told.push(upTo) }));
    expect(told).toHaveLength(1);
    expect(told[0]?.getTime()).toBeGreaterThanOrEqual(before.getTime());
    await store.close();
  });

  it.each([
    ['a token that is not valid', {}, { TEST_ANALYTICS_TOKEN: 'another-token' }, 401],
    ['a property that is not ours', { property: '43' }, {}, 403],
  ])(
    'refuses %s, and the attempt says so without whom it was about',
    async (_what, config, setting, status) => {
      const store = await analyticsStore();
      if (store.config.kind !== 'google-analytics') throw new Error('not analytics');
      const settings: Record<string, string> = { ...store.settings, ...setting };
      const connector = openConnector({ ...store.config, ...config }, (name) => settings[name], log);
      const failure = await connector.erase(anyWork(person)).catch(describeFailure);
      expect(failure).toBe(
        `properties.submitUserDeletion answered ${String(status)}: renew the access token in TEST_ANALYTICS_TOKEN, ` +
          `for a user who administers property ${'property' in config ? config.property : '42'}`,
      );
      await store.close();
    },
  );

  it.each([
    [{}],
    [{ clientId: 'c-1', userId: 'u-1' }],
    [{ client_id: 'c-1' }],
    [{ clientId: 7 }],
    [{ kind: 'analytics#userDeletionRequest', id: { type: 'CLIENT_ID', userId: 'c-1' } }],
  ])('stands in for the real one: it refuses the shape %j in the words of the real one', async (body) => {
    const store = await analyticsStore();
    const { TEST_ANALYTICS_URL: url = '', TEST_ANALYTICS_TOKEN: token = '' } = store.settings;
    const answer = await fetch(`${url}/v1alpha/properties/42:submitUserDeletion`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { code: 400, message: expect.any(String), status: 'INVALID_ARGUMENT' } },
    ]);
    await store.close();
  });
});
