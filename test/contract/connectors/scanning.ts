import { expect, it } from '@jest/globals';
import type { ScannedRow } from '@keiro/erase/connectors/connector';
import type { AtStore } from '../../builders/at-store.ts';
import { hostile, row } from '../../builders/work.ts';

/** What every connector does that can list what it holds: a restored store is looked through by it. */
export function scanning(at: AtStore): void {
  it('sees every row once or more, with its identifiers, and goes on where it was cut off', async () => {
    const { store, connector } = at;
    if (connector.scan === undefined) {
      expect(['http', 'google-analytics', 'directive']).toContain(store.config.kind);
      return;
    }
    // More than one batch holds, in names that look like something else.
    const members = [...hostile, ...Array.from({ length: 1492 }, (_, index) => `m-${String(index)}`)];
    await store.put(members.map((member, index) => row(`r${String(index)}`, member, 3)));

    const seen: ScannedRow[] = [];
    const places = new Set<string>();
    let position: string | undefined;
    /** Stops after a batch, as a killed process does; `removed` of its rows are said to be gone. */
    const part = async (batches: number) => {
      if (connector.scan === undefined) throw new Error('it lists its rows');
      const scan = {
        signal: new AbortController().signal,
        ...(position === undefined ? {} : { from: position }),
      };
      for await (const batch of connector.scan(scan)) {
        seen.push(...batch.rows);
        places.add(batch.place);
        position = batch.after(0);
        if (--batches === 0) return;
      }
    };
    await part(1);
    expect(seen.length).toBeLessThan(members.length);
    await part(1);
    await part(Infinity);

    const found = new Set(seen.flatMap(({ identifiers }) => identifiers.map(({ value }) => value)));
    expect(members.filter((member) => !found.has(member))).toEqual([]);
    const parts = store.config.kind === 'composite' ? 2 : 1;
    if (store.config.kind === 'redis' || store.config.kind === 's3') expect(places.size).toBe(2);
    else {
      expect(seen).toHaveLength(members.length * parts);
      expect(seen.every(({ generation, suspended }) => generation === 3 && suspended?.length === 0)).toBe(
        true,
      );
      expect(places.size).toBe(parts);
    }
    // Positions are kept in clear.
    expect(position).toMatch(/^[\d:]*$/);
  });
}
