import type { Message } from '@keiro/runtime';
import { samePosition } from './duplicates.ts';
import type { Handled } from './handle.ts';
import type { Renewed } from './quarantine-store.ts';
import type { Stored } from './store.ts';

export type Outcome =
  { readonly became: 'record' | 'repetition'; readonly record: string } | { readonly held: Renewed };

/**
 * What became of the one message of a release. `stored` holds those of the records it may repeat that exist: one
 * at its own place was made by a release that was cut off, and is none other. What repeats something that is no
 * record is of an erased person and was set aside before, mostly as this very entry: it stays. Pure.
 */
export function outcomeOf(
  { recorded, repeated, aside }: Handled,
  stored: ReadonlyMap<string, Stored>,
  message: Message,
): Outcome {
  const [again] = aside;
  if (again !== undefined) {
    const { reason, detail, type, ref, record } = again;
    return { held: { reason, detail, type, ref, record } };
  }
  const [own] = recorded;
  if (own !== undefined) return { became: 'record', record: own };
  const [record] = repeated;
  const other = record === undefined ? undefined : stored.get(record);
  if (record === undefined || other === undefined) {
    return { held: { reason: 'erased', detail: 'its person was erased', record } };
  }
  const { topic, partition, offset } = message;
  const isSame = samePosition(other.position, { topic, partition, offset });
  return { became: isSame ? 'record' : 'repetition', record };
}
