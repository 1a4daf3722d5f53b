import { randomBytes } from 'node:crypto';
import { processorDomain, startProcessor, type Processor, type ProcessorTraits } from './processor.ts';
import type { TestStore } from './test-store.ts';

/** A processor that speaks OpenDSR. */
export async function httpStore(
  traits?: ProcessorTraits,
): Promise<TestStore & { readonly processor: Processor }> {
  const token = randomBytes(12).toString('hex');
  const processor = await startProcessor(token, traits);
  const idsByItem = new Map<string, string>();
  return {
    processor,
    config: {
      kind: 'http',
      url: { env: 'TEST_PROCESSOR_URL' },
      token: { env: 'TEST_PROCESSOR_TOKEN' },
      identities: { member: 'controller_customer_id', email: 'email' },
      domain: processorDomain,
      authorities: { env: 'TEST_PROCESSOR_AUTHORITY' },
    },
    settings: {
      TEST_PROCESSOR_URL: processor.url,
      TEST_PROCESSOR_TOKEN: token,
      TEST_PROCESSOR_AUTHORITY: processor.authorityFile,
    },
    knows: { generations: false, suspension: false, locators: false, exports: true, oneByOne: true },
    put(rows) {
      for (const { id, member } of rows) {
        processor.items.push(`controller_customer_id:${member}`);
        idsByItem.set(`controller_customer_id:${member}`, id);
      }
      return Promise.resolve();
    },
    clear() {
      processor.items.length = 0;
      return Promise.resolve();
    },
    ids: () => Promise.resolve(processor.items.map((item) => idsByItem.get(item) ?? '').sort()),
    scan: () =>
      Promise.resolve(
        processor.items.map((item) => ({
          id: idsByItem.get(item) ?? '',
          member: item.slice(item.indexOf(':') + 1),
        })),
      ),
    take(ids) {
      const kept = processor.items.filter((item) => !ids.includes(idsByItem.get(item) ?? ''));
      processor.items.splice(0, processor.items.length, ...kept);
      return Promise.resolve();
    },
    suspended: () => Promise.resolve({}),
    lie() {
      processor.manner = 'lying';
      return Promise.resolve();
    },
    expire: () => Promise.resolve({ TEST_PROCESSOR_TOKEN: randomBytes(12).toString('hex') }),
    close: () => processor.close(),
  };
}
