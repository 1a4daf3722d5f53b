import type { Message } from '@keiro/runtime';
import { proofHeader } from '@keiro/schemas';
import { isCustodyProven, type KeysClient } from '@keiro/sdk';

/** Why a report is not believed to come from the holder that it names. */
export type Unproven = 'no-proof' | 'bad-proof';

/** `accept` lets reports without a proof pass, and no others. */
export const proofModes = ['required', 'accept'] as const;
export type ProofMode = (typeof proofModes)[number];

/** What is wrong with a report that is not taken; undefined where it is. Pure. */
export function refusedAsForged(why: Unproven | undefined, mode: ProofMode): string | undefined {
  if (why === undefined || (why === 'no-proof' && mode === 'accept')) return undefined;
  return why === 'no-proof'
    ? 'it has no proof of the holder that it names'
    : 'it has a proof that is not of the holder that it names, or not of this report';
}

/** Looks at reports of registered holders; in the order given. Throws retryably while the keys service does not answer. */
export type CheckProofs = (
  reports: readonly { readonly message: Message; readonly holder: string }[],
) => Promise<(Unproven | undefined)[]>;

/** Holders whose keys are asked for at once. */
const most = 100;

/** Each holder's key is asked for once: it never changes. */
export function createProofs(keys: Pick<KeysClient, 'reportKeys'>): CheckProofs {
  const known = new Map<string, Buffer>();
  return async (reports) => {
    const missing = [...new Set(reports.map(({ holder }) => holder))].filter((holder) => !known.has(holder));
    for (let from = 0; from < missing.length; from += most) {
      const some = missing.slice(from, from + most);
      for (const [position, key] of (await keys.reportKeys(some)).entries()) {
        const holder = some[position];
        if (holder !== undefined) known.set(holder, key);
      }
    }
    return reports.map(({ message, holder }) => unprovenOf(message, known.get(holder)));
  };
}

function unprovenOf(message: Message, key: Buffer | undefined): Unproven | undefined {
  const proof = message.headers[proofHeader];
  if (proof === undefined) return 'no-proof';
  return key !== undefined && isCustodyProven(key, message, proof) ? undefined : 'bad-proof';
}
