import type { Producer } from '@keiro/runtime';
import type { HolderDocument, HolderState } from '@keiro/schemas';

/** What the data plane is told of a holder. Pure. */
export function stateOf(document: HolderDocument): HolderState {
  const {
    _id,
    registeredAt: _registeredAt,
    changedAt: _changedAt,
    connector: _connector,
    version = 1,
    ...holder
  } = document;
  return { ...holder, version };
}

/**
 * Tells `custody.holders` what the register says now. Asked again after each change and at every start, so that what a
 * crash kept from being told is told; repeated while another instance changes the register under its hands.
 */
export async function publishRegister(
  store: { all(): Promise<HolderDocument[]> },
  producer: Pick<Producer, 'send'>,
): Promise<void> {
  let holders = await store.all();
  for (;;) {
    const messages = holders.map((holder) => ({
      key: holder.id,
      value: Buffer.from(JSON.stringify(stateOf(holder))),
    }));
    if (messages.length > 0) await producer.send([{ topic: 'custody.holders', messages }]);
    const after = await store.all();
    if (versionsOf(after) === versionsOf(holders)) return;
    holders = after;
  }
}

const versionsOf = (holders: readonly HolderDocument[]) =>
  holders.map(({ id, version }) => `${id}|${String(version)}`).join();
