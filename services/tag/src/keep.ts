import type { Message } from '@keiro/runtime';
import { quarantinedSchema, type QuarantineDocument, type Quarantined } from '@keiro/schemas';
import { misfits, quarantineId, type Quarantine, type SetAside } from '@keiro/sdk';
import type { TagMetrics } from './metrics.ts';
import type { TagStore } from './store.ts';

/**
 * Keeps the topic `quarantine` in the store, whoever wrote to it. What is no quarantined message is sealed and
 * kept in its turn, straight in the store: in the topic it would come round for ever.
 */
export function createKeeper(deps: {
  store: Pick<TagStore, 'insertQuarantined'>;
  quarantine: Pick<Quarantine, 'seal'>;
  metrics: Pick<TagMetrics, 'kept'>;
}): (messages: readonly Message[]) => Promise<void> {
  return async (messages) => {
    const read = messages.map(readQuarantined);
    const strangers = await deps.quarantine.seal(read.filter((one) => 'message' in one));
    const documents = [...read.filter((one) => 'sealed' in one), ...strangers].map(toDocument);
    deps.metrics.kept.inc(await deps.store.insertQuarantined(documents));
  };
}

function readQuarantined(message: Message): Quarantined | SetAside {
  let value: unknown;
  try {
    value = JSON.parse(message.value?.toString() ?? '');
  } catch {
    return { message, reason: 'unreadable', detail: 'in the topic quarantine, and no JSON' };
  }
  const parsed = quarantinedSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return {
    message,
    reason: 'malformed',
    detail: `in the topic quarantine, and no quarantined message: ${misfits(parsed.error)}`,
  };
}

function toDocument(one: Quarantined): QuarantineDocument {
  return { ...one, _id: quarantineId(one.by, one), at: new Date(one.at) };
}
