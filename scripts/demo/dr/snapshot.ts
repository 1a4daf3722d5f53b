import type { Producer } from '@keiro/runtime';
import type { Encode } from '@keiro/runtime/registry';
import type { SnapshotReport } from '@keiro/schemas';
import type { ProveReports, StandingFollower } from '@keiro/sdk';
import type { Copy } from './copies.ts';

export interface SnapshotJob {
  /** Copies every store once and reports each; answers the rows by store. */
  run(): Promise<Record<string, number>>;
}

/**
 * The overseas site's snapshot job (T3). It holds the lease of a reader of standing while it copies: an erasure
 * waits for a copy that is under way, and a later copy leaves the person out. Without that, rows that were read
 * before the erasure could arrive at the site after its probe.
 */
export function createSnapshotJob(options: {
  holder: string;
  stores: Readonly<Record<string, Copy>>;
  standing: StandingFollower;
  producer: Producer;
  encode: Encode;
  prove: ProveReports;
  now: () => Date;
}): SnapshotJob {
  const { holder, standing, producer, encode, prove, now } = options;
  const isBarred = (ref: string, generation: number): boolean => {
    const one = standing.get(ref);
    return one !== undefined && generation <= Math.max(one.hiddenThrough, one.erasedThrough);
  };

  async function snapshot(store: string, copy: Copy): Promise<number> {
    const watermark = now().toISOString();
    const id = `${store}-${watermark.replaceAll(':', '')}`;
    const rows = await copy(id, isBarred);
    const report: SnapshotReport = {
      holder,
      store,
      snapshot: id,
      watermark,
      takenAt: now().toISOString(),
      mutable: true,
      rows,
    };
    const messages = await prove('custody.snapshots', [{ key: holder, value: encode(report) }]);
    await producer.send([{ topic: 'custody.snapshots', messages }]);
    return rows;
  }

  return {
    run: () =>
      standing.inFlight(async () => {
        const rows: Record<string, number> = {};
        for (const [store, copy] of Object.entries(options.stores)) rows[store] = await snapshot(store, copy);
        return rows;
      }),
  };
}
