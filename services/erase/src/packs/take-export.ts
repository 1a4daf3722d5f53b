import type { Receipt } from '@keiro/schemas';
import type { Connector, Work } from '../connectors/connector.ts';
import { ConnectorError } from '../connectors/connector.ts';
import { exportFrom } from '../fields.ts';
import type { ExportOf, ExportStore } from './export-store.ts';

/** R1 at one holder: what it has is sealed chunk by chunk, so that as much is in memory for a huge person as for a small one. */
export async function takeExport(
  connector: Connector,
  work: Work,
  of: ExportOf,
  deps: {
    readonly exports: Pick<ExportStore, 'begin' | 'add'>;
    readonly key: Buffer | undefined;
    readonly random: (bytes: number) => Buffer;
    readonly now: () => Date;
  },
): Promise<Partial<Receipt>> {
  const { exports, key, random, now } = deps;
  if (key === undefined) throw new ConnectorError('no-key', 'keys gave no key for what is disclosed');
  await exports.begin(of);
  let n = 0;
  const { items, unsupported } = await exportFrom(connector, work, async (chunk) => {
    await exports.add(of, n++, chunk, { key, iv: random(12), at: now() });
  });
  return { exported: items, ...(unsupported.length === 0 ? {} : { unsupported: unsupported.join('; ') }) };
}
