import { z } from 'zod';
import type { ConnectorConfig } from '@keiro/schemas';
import { ConnectorError, type Connector, type Flagging, type Work } from './connector.ts';
import { cannotCorrect } from './fields.ts';

type Config = Extract<ConnectorConfig, { kind: 'google-analytics' }>;

const timeoutMs = 10_000;

const answerSchema = z.object({ deletionRequestTime: z.iso.datetime({ offset: true }) });

/**
 * Google Analytics (G1), by `properties.submitUserDeletion` of the Admin API (v1alpha): one client id a call, answered
 * with the moment up to which its data end. The older User Deletion API v3 does the same, but asks for a scope of its
 * own; this one is part of the API by which a property is administered. Neither answers what is left, so there is
 * no probe: the holder is told, and no more is said.
 */
export function openGoogleAnalyticsConnector(config: Config, url: string, token: string): Connector {
  const what = 'properties.submitUserDeletion';

  async function submit(clientId: string, signal: AbortSignal): Promise<Date> {
    const response = await fetch(`${url}/v1alpha/properties/${config.property}:submitUserDeletion`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    // The text may repeat what was sent, so it goes no further than this.
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      throw new ConnectorError(
        'credentials',
        `${what} answered ${String(response.status)}: renew the access token in ${config.token.env}, for a user who administers property ${config.property}`,
      );
    }
    if (!response.ok) {
      throw new ConnectorError('http-status', `${what} answered ${String(response.status)}`);
    }
    const answer = answerSchema.safeParse(jsonOf(text));
    if (!answer.success) throw new ConnectorError('garbage', `${what} answered without deletionRequestTime`);
    return new Date(answer.data.deletionRequestTime);
  }

  const cannotSay = (): Promise<Flagging> =>
    Promise.resolve({ unsupported: 'Google Analytics has no request for suspension' });

  return {
    async erase(work) {
      for (const clientId of clientIdsOf(config, work)) {
        work.told(await submit(clientId, work.signal));
        work.count('deletion requests', 1);
      }
    },
    suspend: cannotSay,
    resume: cannotSay,
    probe: () => Promise.resolve(undefined),
    correct: (_work, changes) => Promise.resolve(cannotCorrect(changes)),
    async *export() {
      await Promise.resolve();
      yield { items: [], unsupported: 'Google Analytics has no request for what it holds of one client id' };
    },
    close: () => Promise.resolve(),
  };
}

const clientIdsOf = ({ identifier }: Config, { lives }: Work): Set<string> =>
  new Set(lives.filter(({ kind }) => kind === identifier).map(({ value }) => value));

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
