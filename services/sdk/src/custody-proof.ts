import { createHmac, timingSafeEqual } from 'node:crypto';
import type { OutgoingMessage } from '@keiro/runtime';
import { proofHeader } from '@keiro/schemas';
import type { KeysClient } from './keys-client.ts';

type CustodyTopic = 'custody.copies' | 'custody.snapshots';

/** A message as the proof covers it: nothing of it can be changed, or moved to another topic or key. */
interface Proven {
  readonly topic: string;
  readonly key: string | undefined;
  readonly value: Buffer | null;
}

/** HMAC-SHA256 over topic, key and value under the holder's report key, base64url. Pure. */
export function custodyProof(reportKey: Buffer, { topic, key, value }: Proven): string {
  const head = JSON.stringify(['custody', topic, key ?? null]);
  return createHmac('sha256', reportKey)
    .update(`${head}\n`)
    .update(value ?? '')
    .digest('base64url');
}

/** Whether a proof is that of this message by this holder. Pure. */
export function isCustodyProven(reportKey: Buffer, message: Proven, proof: string): boolean {
  const [given, wanted] = [Buffer.from(proof), Buffer.from(custodyProof(reportKey, message))];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Messages of a custody topic, with their proof. */
export type ProveReports = (
  topic: CustodyTopic,
  messages: readonly OutgoingMessage[],
) => Promise<OutgoingMessage[]>;

/** Asks for the holder's key once. What `keyOf` throws is thrown, and asked again at the next call. */
export function createReportProver(keyOf: () => Promise<Buffer>): ProveReports {
  let reportKey: Buffer | undefined;
  return async (topic, messages) => {
    if (messages.length === 0) return [];
    const known = (reportKey ??= await keyOf());
    return messages.map((message) => ({
      ...message,
      headers: {
        ...message.headers,
        [proofHeader]: custodyProof(known, { topic, key: message.key, value: message.value }),
      },
    }));
  };
}

/** For who reports in the name of a holder that it is not bound to: right `keys:reporters`. */
export function reportKeyFor(keys: Pick<KeysClient, 'reportKeys'>, holder: string): () => Promise<Buffer> {
  return async () => {
    const [key] = await keys.reportKeys([holder]);
    if (key === undefined) throw new Error('one report key was asked for and none was given');
    return key;
  };
}
