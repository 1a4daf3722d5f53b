import { callJson } from '@keiro/runtime';
import {
  provisionDestroyResponseSchema,
  provisionOpenResponseSchema,
  provisionSealResponseSchema,
  recordedAnswerSchema,
  sealAtOnce,
  type ProvisionInput,
  type ProvisionOpenRequest,
  type ProvisionOpenResponse,
  type ProvisionSealRequest,
  type ProvisionSealResponse,
  type Recorded,
} from '@keiro/schemas';

interface Service {
  readonly url: string;
  readonly token: string;
}

const atOnce = 500;
const keysAtOnce = 1000;
/** Who each person is takes several look-ups. */
const timeoutMs = 60_000;

/**
 * APPI 29 to 31: tells `transfer` what was handed over or received, so that it is on record, or on record why it need not
 * be; answers in the order given. Right `transfers:record`. Each is judged again: what is refused had no basis when it was
 * told. Sent again with the same ids it is recorded once. Throws retryably while `transfer` does not answer.
 */
export async function recordProvisions(
  transfer: Service,
  provisions: readonly ProvisionInput[],
): Promise<Recorded[]> {
  return inParts(provisions, atOnce, async (part) => {
    const request = { path: '/v1/provisions', body: { provisions: part } };
    return (await callJson({ ...transfer, timeoutMs }, request, recordedAnswerSchema)).results;
  });
}

/** What `keys` does for records of provision. */
export interface ProvisionIdentities {
  /** In the order asked. Right `keys:provisions`. */
  seal(identities: ProvisionSealRequest['identities']): Promise<ProvisionSealResponse['results']>;
  /** In the order asked. Right `keys:provisions-open`; each life is audited. */
  open(request: ProvisionOpenRequest): Promise<ProvisionOpenResponse['results']>;
  /** Answers how many there were. Right `keys:provisions`. */
  destroy(keys: readonly string[]): Promise<number>;
}

export function createProvisionIdentities(keys: Service): ProvisionIdentities {
  return {
    seal: (identities) =>
      inParts(identities, sealAtOnce, async (part) => {
        const request = { path: '/v1/provisions/seal', body: { identities: part } };
        return (await callJson({ ...keys, timeoutMs }, request, provisionSealResponseSchema)).results;
      }),
    open: ({ identities, ...rest }) =>
      inParts(identities, atOnce, async (part) => {
        const request = { path: '/v1/provisions/open', body: { ...rest, identities: part } };
        return (await callJson({ ...keys, timeoutMs }, request, provisionOpenResponseSchema)).results;
      }),
    async destroy(ids) {
      const counts = await inParts(ids, keysAtOnce, async (part) => {
        const request = { path: '/v1/provisions/destroy', body: { keys: part } };
        return [(await callJson({ ...keys, timeoutMs }, request, provisionDestroyResponseSchema)).destroyed];
      });
      return counts.reduce((sum, n) => sum + n, 0);
    },
  };
}

async function inParts<T, R>(
  items: readonly T[],
  size: number,
  work: (part: T[]) => Promise<R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += size)
    results.push(...(await work(items.slice(from, from + size))));
  return results;
}
