import { sign, type KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** Who a processor is to others: the name that its certificate is issued to, and the key. */
export interface Seal {
  readonly domain: string;
  /** The certificate and those that vouch for it, in PEM. */
  readonly chain: string;
  readonly key: KeyObject;
}

/** OpenDSR 8.3: headers of a signed message. */
export const signatureOf = ({ domain, key }: Seal, body: string): Record<string, string> => ({
  'x-opendsr-processor-domain': domain,
  'x-opendsr-signature': sign('sha256', Buffer.from(body), key).toString('base64'),
});

const pausesMs = [0, 200, 1000, 5000];

/** OpenDSR 8.5: told at least once, and again where that failed; 403 is an answer too. */
export async function tell(seal: Seal, url: string, message: object): Promise<boolean> {
  const body = JSON.stringify({ ...message, status_callback_url: url });
  for (const pauseMs of pausesMs) {
    // Whoever asked may be gone for good, and must not keep the processor from ending.
    if (pauseMs > 0) await delay(pauseMs, undefined, { ref: false });
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signatureOf(seal, body) },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(5000),
      });
      await response.arrayBuffer();
      if (response.status < 500) return response.ok;
    } catch {
      // Not there now.
    }
  }
  return false;
}
