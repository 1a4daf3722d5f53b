import type { HoldingsAnswer } from '@keiro/schemas';
import type { Db } from 'mongodb';

interface Row {
  readonly _id: {
    readonly category: HoldingsAnswer['holdings'][number]['category'];
    readonly policy: string;
    readonly groups: HoldingsAnswer['holdings'][number]['groups'];
  };
  readonly n: number;
}

/**
 * Every record that is held, counted by how it is tagged: what a revision of the policy is held against (V1). Reads
 * the whole collection once; the answer is as short as the policy has cases.
 */
export async function countHoldings(db: Db): Promise<HoldingsAnswer['holdings']> {
  const rows = await db
    .collection('records')
    .aggregate<Row>([
      // What a law keeps of who was erased serves no purpose that a revision could change.
      { $match: { kept: { $exists: false } } },
      { $project: { category: 1, policy: 1, 'groups.group': 1, 'groups.purposes': 1, 'groups.rule': 1 } },
      { $group: { _id: { category: '$category', policy: '$policy', groups: '$groups' }, n: { $sum: 1 } } },
    ])
    .toArray();
  return rows.map(({ _id: { category, policy, groups }, n }) => ({ category, policy, groups, records: n }));
}
