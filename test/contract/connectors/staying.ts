import { expect, it } from '@jest/globals';
import type { ConnectorConfig } from '@keiro/schemas';
import type { AtStore } from '../../builders/at-store.ts';
import { lifeOf, row, total } from '../../builders/work.ts';
import { locatorOf } from './fields.ts';

const lives = [lifeOf('member', 'hanako')];

/** What an erasure leaves on purpose: for a floor, or as the holder's configuration says. It is told, never called erased. */
export function staying(at: AtStore): void {
  const found = (ids: readonly string[]) => {
    const locators = ids.map((id) => locatorOf(at, id));
    return { locators, replicated: { first: locators, second: locators } };
  };
  const parts = () => (at.store.config.kind === 'composite' ? 2 : 1);

  it('keeps of a row what a floor keeps, and takes it when the floor has ended', async () => {
    if (!at.store.knows.fields) return;
    await at.store.put([
      row('1', 'hanako', 1, { name: '花子', amount: 2970 }),
      row('2', 'hanako', 1, { name: '花子' }),
      row('3', 'taro', 1, { name: '太郎', amount: 1 }),
    ]);
    const work = at.workFor(lives, { ...found(['1', '2']), keep: ['amount', 'invoice'] });
    expect(await at.connector.probe(work)).toBeGreaterThanOrEqual(2);
    const present = await at.connector.present?.(work);
    await at.connector.erase(work);
    if (present !== undefined) expect(total(present)).toBe(total(work.counts));
    expect(await sorted()).toEqual([
      { id: '1', member: '', amount: 2970 },
      { id: '3', member: 'taro', name: '太郎', amount: 1 },
    ]);
    expect(await at.connector.probe(work)).toBe(0);
    expect(total(work.counts)).toBeGreaterThanOrEqual(2);
    expect(work.remaining.map(({ why, columns, rows }) => ({ why, columns, rows }))).toEqual(
      Array.from({ length: parts() }, () => ({ why: 'kept', columns: ['amount'], rows: 1 })),
    );
    // Nothing is left to be done, and it says the same.
    const again = at.workFor(lives, { ...found(['1', '2']), keep: ['amount', 'invoice'], attempt: 2 });
    await at.connector.erase(again);
    expect([total(again.counts), again.remaining]).toEqual([0, work.remaining]);

    const atLast = at.workFor([], { ...found(['1']), locatorsUpTo: 1, attempt: 3 });
    expect(await at.connector.probe(atLast)).toBe(parts());
    await at.connector.erase(atLast);
    expect((await sorted()).map(({ id }) => id)).toEqual(['3']);
  });

  it.each(['null', 'pseudonymise'] as const)(
    'does %s where it is told to, and says what that was',
    async (action) => {
      const config = erasingBy(at.store.config, action);
      if (config === undefined) return;
      await at.store.put([
        row('1', 'hanako', 1, { name: '花子', amount: 5 }),
        row('2', 'taro', 1, { name: '太郎' }),
      ]);
      const connector = at.open(config);
      const work = at.workFor(lives, found(['1']));
      expect(await connector.probe(work)).toBeGreaterThan(0);
      const present = await connector.present?.(work);
      await connector.erase(work);
      if (present !== undefined) expect(total(present)).toBe(total(work.counts));
      const [first, second] = await sorted();
      expect(second).toEqual({ id: '2', member: 'taro', name: '太郎' });
      expect(await connector.probe(work)).toBe(0);
      if (action === 'null') {
        expect(first).toEqual({ id: '1', member: '', amount: 5 });
        expect(total(work.counts)).toBeGreaterThanOrEqual(parts());
        expect(work.remaining).toEqual([]);
      } else {
        const pseudonym = expect.stringMatching(/^pseudonym-[\w-]{22}$/) as unknown;
        expect(first).toEqual({ id: '1', member: pseudonym, name: pseudonym, amount: 5 });
        expect(work.remaining).toHaveLength(parts());
        expect(work.remaining[0]).toMatchObject({ why: 'pseudonymised', rows: 1 });
        expect(work.remaining[0]?.columns).toEqual(expect.arrayContaining(['member']));
      }
      const again = at.workFor(lives, { ...found(['1']), attempt: 2, request: work.request });
      await connector.erase(again);
      expect([total(again.counts), again.remaining.every(({ rows }) => rows === 0)]).toEqual([0, true]);
    },
  );

  const sorted = async () => (await at.store.scan()).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The same store, told to empty or to replace; undefined where its configuration has no word for that. */
function erasingBy(config: ConnectorConfig, action: 'null' | 'pseudonymise'): ConnectorConfig | undefined {
  const erase = (columns: readonly string[]) => ({ erase: { action, columns: [...columns] } });
  switch (config.kind) {
    case 'mongodb':
      return {
        ...config,
        collections: config.collections.map((one) => ({
          ...one,
          ...erase([...Object.values(one.identifiers), 'form.name']),
        })),
      };
    case 'postgresql':
      return {
        ...config,
        tables: config.tables.map((one) => ({
          ...one,
          ...erase([...Object.values(one.identifiers), 'name']),
        })),
      };
    case 'redis':
      return { ...config, ...erase(['member', 'name']) };
    case 'composite':
      return {
        ...config,
        parts: config.parts.map((part) => ({
          ...part,
          connector: erasingBy(part.connector, action) as typeof part.connector,
        })),
      };
    case 'by-hand':
    case 'http':
    case 's3':
    case 'google-analytics':
    case 'directive':
      return undefined;
  }
}
