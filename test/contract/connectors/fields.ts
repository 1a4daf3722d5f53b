import { expect, it } from '@jest/globals';
import { correctAt, exportFrom } from '@keiro/erase/fields';
import type { ExportedItem } from '@keiro/schemas';
import type { AtStore } from '../../builders/at-store.ts';
import type { Scanned } from '../../builders/test-store.ts';
import { hostile, lifeOf, row } from '../../builders/work.ts';

const lives = [lifeOf('member', 'hanako')];
const nameOf = (rows: readonly Scanned[]) => Object.fromEntries(rows.map(({ id, name }) => [id, name]));

/** What every connector does with a disclosure and a correction (R1 to R3). */
export function fields(at: AtStore): void {
  it('hands over what a scan finds of the person, each row once, in chunks, and nothing else', async () => {
    const theirs = Array.from({ length: 450 }, (_, n) =>
      row(`h${String(n)}`, 'hanako', 1, { name: `名前 ${String(n)}` }),
    );
    await at.store.put([
      ...theirs,
      row('found-by-locator', 'under-a-name-nobody-knows', 1, { name: '別名' }),
      row('t1', 'taro', 1, { name: '太郎' }),
    ]);
    const locators = [...theirs.map(({ id }) => id), 'found-by-locator'].map((id) => locatorOf(at, id));
    const sizes: number[] = [];
    const items: ExportedItem[] = [];
    const work = at.workFor(lives, { locators, replicated: { first: locators, second: locators } });
    const receipt = await exportFrom(at.connector, work, (chunk) => {
      sizes.push(chunk.length);
      items.push(...chunk);
      return Promise.resolve();
    });
    if (at.store.knows.exports) {
      expect(receipt).toEqual({ items: items.length, unsupported: [] });
      expect(JSON.stringify(items)).toContain('hanako');
      expect(JSON.stringify(items)).not.toContain('taro');
      return;
    }
    if (!at.store.knows.fields) {
      expect(receipt).toEqual({ items: 0, unsupported: [expect.stringMatching(/\w/)] });
      return;
    }
    expect(receipt).toEqual({ items: items.length, unsupported: [] });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    expect(sizes.length).toBeGreaterThan(2);
    const seen = items.flatMap((item) => {
      const id = idOf(item);
      return typeof id === 'string' ? [`${id} ${nameIn(item)}`] : [];
    });
    const held = (await at.store.scan())
      .filter(({ id }) => id !== 't1')
      .map(({ id, name }) => `${id} ${String(name)}`);
    const parts = at.store.config.kind === 'composite' ? [...held, ...held] : held;
    expect(seen.sort()).toEqual(parts.sort());
    if (at.store.config.kind !== 'directive')
      expect(items.filter(({ names }) => Object.values(names ?? {}).includes('name')).length).toBe(
        seen.length,
      );
    // Nothing is left open by who stops listening; more often than there are connections.
    for (let times = 0; times < 7; times += 1) {
      for await (const chunk of at.connector.export(work)) {
        expect(chunk.items.length).toBeGreaterThan(0);
        break;
      }
    }
  });

  it('spares the rows of somebody who has registered anew, where the holder tells lives apart', async () => {
    await at.store.put([row('1', 'hanako', 1), row('2', 'hanako', 2)]);
    const ids = new Set<unknown>();
    await exportFrom(at.connector, at.workFor(lives), (items) => {
      for (const item of items) ids.add(idOf(item) ?? '1');
      return Promise.resolve();
    });
    const { generations, fields: says, exports: tells } = at.store.knows;
    if (tells) return;
    expect([...ids].sort()).toEqual(says ? (generations ? ['1'] : ['1', '2']) : []);
  });

  it('corrects the person’s rows, reads them back, and says which fields it has no place for', async () => {
    await at.store.put([
      row('1', 'hanako', 1, { name: '誤' }),
      row('2', 'hanako', 1, { name: '正しい名前' }),
      row('3', 'under-a-name-nobody-knows', 1, { name: '誤' }),
      row('4', 'taro', 1, { name: '誤' }),
    ]);
    const locators = [locatorOf(at, '3')];
    const more = { locators, replicated: { first: locators, second: locators } };
    const changes = [
      { field: 'name', value: '正しい名前' },
      { field: 'birthday', value: '2000-01-01' },
    ];
    const work = at.workFor(lives, more);
    const receipt = await correctAt(at.connector, work, changes);
    if (!at.store.knows.fields) {
      expect(receipt).toEqual({ changed: 0, unsupported: 'no place for name, birthday' });
      return;
    }
    const parts = at.store.config.kind === 'composite' ? 2 : 1;
    expect(receipt).toEqual({ changed: 2 * parts, unsupported: 'no place for birthday' });
    expect(work.counts).not.toEqual({});
    expect(nameOf(await at.store.scan())).toEqual({
      1: '正しい名前',
      2: '正しい名前',
      3: '正しい名前',
      4: '誤',
    });
    // Again, and with what means something to a server that does not treat it as a mere value.
    expect(await correctAt(at.connector, at.workFor(lives, { ...more, attempt: 2 }), changes)).toMatchObject({
      changed: 0,
    });
    for (const [attempt, value] of hostile.entries()) {
      await correctAt(at.connector, at.workFor(lives, { attempt: attempt + 3 }), [{ field: 'name', value }]);
      expect(nameOf(await at.store.scan())).toMatchObject({ 1: value, 2: value, 4: '誤' });
    }
  });
}

/** A locator of a row, in the store's own words. */
export function locatorOf({ store }: AtStore, id: string): string {
  const { config } = store;
  if (store.locator !== undefined) return store.locator(id);
  return config.kind === 'redis' ? `${config.keys[0]?.pattern.split(':')[0] ?? ''}:item:${id}` : id;
}

const idOf = ({ fields: { id, _id } }: ExportedItem) => id ?? _id;

function nameIn({ fields: { name, form } }: ExportedItem): string {
  return String(name ?? (form as { name?: unknown } | undefined)?.name);
}
