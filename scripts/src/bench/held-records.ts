import {
  recordId,
  type ConnectorConfig,
  type CopyDocument,
  type Holder,
  type Life,
  type RecordDocument,
} from '@keiro/schemas';

/* Invented records and where they are held, for measures that plant them behind the pipeline. */

/** A store of ours for access records. */
export const heldAccessAt = (id: string, connector: ConnectorConfig): Holder => ({
  id,
  kind: 'store',
  name: { ja: '計測用', en: 'For measuring' },
  country: 'JP',
  categories: ['C4'],
  purposes: ['membership'],
  basis: 'own',
  connector,
});

/** When every record was collected. */
export const collectedAt = new Date('2025-01-01T00:00:00Z');

/** The `n`th access record of a life. */
export const accessRecord = (
  life: Life,
  n: number,
  { source, groups }: Pick<RecordDocument, 'source' | 'groups'>,
): RecordDocument => ({
  _id: recordId(life, source, String(n)),
  ...life,
  refs: [life],
  type: 'access',
  category: 'C4',
  groups,
  present: ['ip'],
  scope: { kind: 'ours' },
  site: 'www.demo.example',
  source,
  policy: '2017-02-02',
  time: collectedAt,
  taggedAt: collectedAt,
  position: { topic: 'collection.access', partition: 0, offset: String(n) },
  digest: 'bench',
});

/** That a holder has it. */
export const copyOf = (record: RecordDocument, holder: string, locator: string): CopyDocument => ({
  _id: `${record._id}|${holder}|held`,
  holder,
  action: 'held',
  record: record._id,
  ref: record.ref,
  generation: record.generation,
  category: 'C4',
  groups: record.groups.map(({ group }) => group),
  purpose: 'membership',
  locator,
  at: record.time,
  reportedAt: record.time,
});
