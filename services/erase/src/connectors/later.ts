import type { Connector } from './connector.ts';

/**
 * A connector whose driver is loaded when it is first used, because it is heavy and most companies have no holder of
 * its kind.
 */
export function later(open: () => Promise<Connector>): Connector {
  let opened: Promise<Connector> | undefined;
  const connector = () => (opened ??= open());
  return {
    erase: async (work) => (await connector()).erase(work),
    present: async (work) => (await (await connector()).present?.(work)) ?? {},
    suspend: async (work) => (await connector()).suspend(work),
    resume: async (work) => (await connector()).resume(work),
    probe: async (work) => (await connector()).probe(work),
    correct: async (work, changes) => (await connector()).correct(work, changes),
    async *export(work) {
      yield* (await connector()).export(work);
    },
    async *scan(scan) {
      yield* (await connector()).scan?.(scan) ?? [];
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
