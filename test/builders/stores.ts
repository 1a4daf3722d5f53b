import { randomBytes } from 'node:crypto';
import type { ConnectorConfig } from '@keiro/schemas';
import { createAnalytics } from '@keiro/scripts/demo/analytics/app';
import { createHits } from '@keiro/scripts/demo/analytics/hits';
import { mongodbStore } from './store-mongodb.ts';
import { postgresqlStore } from './store-postgresql.ts';
import type { TestStore } from './test-store.ts';

const unfit = ['composite', 'directive', 'google-analytics', 'by-hand'] as const;
type Single = Exclude<ConnectorConfig, { kind: (typeof unfit)[number] }>;
const isSingle = (config: ConnectorConfig): config is Single => unfit.every((kind) => kind !== config.kind);

/** Analytics (G1): members are its client ids here, so that it passes through what every connector does. */
export async function analyticsStore(): Promise<TestStore> {
  const token = randomBytes(12).toString('hex');
  const hits = createHits('G-TEST');
  const app = createAnalytics({ hits, property: '42', token, now: () => new Date() });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const rows = new Map<string, string>();
  const there = () => [...rows].filter(([, member]) => hits.count([member]) > 0);
  return {
    config: {
      kind: 'google-analytics',
      url: { env: 'TEST_ANALYTICS_URL' },
      token: { env: 'TEST_ANALYTICS_TOKEN' },
      property: '42',
      identifier: 'member',
    },
    settings: { TEST_ANALYTICS_URL: url, TEST_ANALYTICS_TOKEN: token },
    knows: { generations: false, suspension: false, locators: false, nothing: true },
    async put(more) {
      for (const { id, member } of more) {
        const hit = new URLSearchParams({ v: '2', tid: 'G-TEST', cid: member, en: 'page_view' });
        await fetch(`${url}/g/collect?${hit.toString()}`, { method: 'POST' });
        rows.set(id, member);
      }
    },
    clear() {
      for (const [, member] of rows) hits.end(member, new Date());
      return Promise.resolve();
    },
    ids: () =>
      Promise.resolve(
        there()
          .map(([id]) => id)
          .sort(),
      ),
    scan: () => Promise.resolve(there().map(([id, member]) => ({ id, member }))),
    take(ids) {
      for (const id of ids) hits.end(rows.get(id) ?? '', new Date());
      return Promise.resolve();
    },
    suspended: () => Promise.resolve({}),
    close: () => app.close(),
  };
}

/** A site over two stores, a MongoDB and a PostgreSQL, under these names. */
export async function compositeStore(
  names: readonly [string, string] = ['first', 'second'],
): Promise<TestStore> {
  const [first, second] = await Promise.all([mongodbStore(), postgresqlStore()]);
  if (!isSingle(first.config) || !isSingle(second.config)) throw new Error('parts are single');
  return {
    config: {
      kind: 'composite',
      parts: [
        { name: names[0], connector: first.config },
        { name: names[1], connector: second.config },
      ],
    },
    settings: { ...first.settings, ...second.settings },
    knows: { generations: true, suspension: true, locators: false, fields: true },
    async put(rows) {
      await Promise.all([first.put(rows), second.put(rows)]);
    },
    async clear() {
      await Promise.all([first.clear(), second.clear()]);
    },
    ids: async () => [...new Set([...(await first.ids()), ...(await second.ids())])].sort(),
    scan: () => first.scan(),
    async take(ids) {
      await Promise.all([first.take(ids), second.take(ids)]);
    },
    async suspended() {
      const [one, two] = await Promise.all([first.suspended(), second.suspended()]);
      return Object.fromEntries(
        Object.keys(one).map((id) => [
          id,
          one[id]?.join() === two[id]?.join() ? (one[id] ?? []) : ['differs'],
        ]),
      );
    },
    async close() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}
