import type { HolderDocument, LineageCopy, LineageGroup, RecordDocument } from '@keiro/schemas';
import { toldAt, type Erasure } from './copies.ts';

/**
 * G1: copies at analytics. The browser's own tag sends them, past every server of ours, so nobody reports one: they
 * follow from the records, because a visit is counted here and there by the same consent. Where a browser's add-on has
 * stopped the tag, there is none in truth: rather one too many is shown than one too few. Pure.
 *
 * @param reported holders that have reported a copy of this record themselves
 */
export function tagCopiesOf(
  record: Pick<RecordDocument, 'category' | 'time'>,
  groups: readonly Pick<LineageGroup, 'group' | 'purposes'>[],
  holders: readonly HolderDocument[],
  reported: ReadonlySet<string>,
  erasure: Erasure | undefined,
): LineageCopy[] {
  return holders.flatMap((holder) => {
    if (holder.kind !== 'analytics' || reported.has(holder.id)) return [];
    if (!holder.categories.includes(record.category)) return [];
    const purpose = holder.purposes.find((one) => groups.some(({ purposes }) => purposes.includes(one)));
    if (purpose === undefined) return [];
    const sent = groups.filter(({ purposes }) => purposes.includes(purpose)).map(({ group }) => group);
    return [
      { holder: holder.id, ...stateOf(holder.id, record.time, erasure), purpose, groups: sent, byTag: true },
    ];
  });
}

function stateOf(
  holder: string,
  sentAt: Date,
  erasure: Erasure | undefined,
): Pick<LineageCopy, 'state' | 'at' | 'request' | 'afterErasure'> {
  const task = erasure?.tasks.get(holder);
  if (erasure === undefined || task === undefined) return { state: 'held', at: sentAt.toISOString() };
  const { request } = erasure;
  const told = toldAt(task);
  if (told === undefined) return { state: 'erasing', at: task.createdAt.toISOString(), request };
  return sentAt > told
    ? { state: 'held', at: sentAt.toISOString(), request, afterErasure: true }
    : { state: 'told', at: told.toISOString(), request };
}
