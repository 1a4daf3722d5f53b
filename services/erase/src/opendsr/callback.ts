import { hash } from 'node:crypto';
import type { SignedRoute } from '@keiro/runtime';
import { holderIdSchema, type AuditEntry, type HolderDocument } from '@keiro/schemas';
import { callbackUrlOf } from '../connectors/http.ts';
import type { Connectors } from '../connectors/pool.ts';
import { callbackSchema } from './message.ts';
import { signedBy, type Verdict } from './trust.ts';
import type { Wakes } from './wakes.ts';

export type CallbackOutcome = 'woken' | 'awake' | 'forged' | 'unreadable' | 'elsewhere';

export interface CallbackDependencies {
  readonly base: string;
  readonly holder: (id: string) => Promise<HolderDocument | null>;
  readonly connectors: Pick<Connectors, 'of'>;
  /** Has a task that waits looked at now; false when it does not wait. */
  readonly wake: (task: string) => Promise<boolean>;
  readonly wakes: Wakes;
  /** Appends to the audit, once for the same id. */
  readonly audit: (entry: AuditEntry) => Promise<void>;
  readonly now: () => Date;
  readonly onCallback: (holder: string, outcome: CallbackOutcome) => void;
}

/** Of a path, before anything is known of it. */
const taskPattern = /^[\w.-]{1,200}$/;

/**
 * §8.5 to §8.8: a processor says that a request has changed its status. It is believed only to be worth a look: what
 * has become of the request, its own signed status says. In the order of §8.8: the name, the certificate and the
 * signature over the bytes as they came, before any of them is read; 403 where that fails, 202 where it is well.
 */
export function callbackRoute(deps: CallbackDependencies): SignedRoute {
  return {
    path: '/v1/opendsr/callbacks/:holder/:task',
    summary: 'A processor tells that a request which it was sent has changed its status (OpenDSR 8.6)',
    bodyLimit: 65_536,
    answers: {
      202: 'taken',
      400: 'it is the processor’s own, and not in the form of OpenDSR 8.6',
      403: 'it is not proven to be the processor’s, or speaks of another address than this',
    },
    async handle({ params, header, bytes }) {
      const { holder = '', task = '' } = params;
      const known = holderIdSchema.safeParse(holder).success && taskPattern.test(task);
      const document = known ? await deps.holder(holder) : null;
      const verdict = document === null ? { refused: 'unknown-holder' } : await check(document);
      const name = document === null ? 'unknown' : holder;
      if ('refused' in verdict) {
        deps.onCallback(name, 'forged');
        await deps.audit(forgedEntry(name, verdict.refused, deps.now()));
        return 403;
      }
      const body = callbackSchema.safeParse(jsonOf(bytes.toString()));
      if (!body.success) {
        deps.onCallback(name, 'unreadable');
        return 400;
      }
      // §8.8, 6: signed for somebody else, it was only passed on to us.
      const { status_callback_url: address, request_status: status } = body.data;
      if (address !== undefined && address !== callbackUrlOf(deps.base, holder, task)) {
        deps.onCallback(name, 'elsewhere');
        return 403;
      }
      // That it has begun is no news to who waits for the end.
      if (status === 'pending' || status === 'in_progress') {
        deps.onCallback(name, 'awake');
        return 202;
      }
      const isHere = deps.wakes.wake(task);
      const isWaiting = task.endsWith(`.${holder}`) && (await deps.wake(task));
      deps.onCallback(name, isHere || isWaiting ? 'woken' : 'awake');
      return 202;

      async function check(found: HolderDocument): Promise<Verdict> {
        const connector = await deps.connectors.of(holder, found);
        return (await connector.checkCallback?.(signedBy(header), bytes)) ?? { refused: 'no-processor' };
      }
    },
  };
}

/** One a minute, holder and reason: who forges many must not fill the audit. */
function forgedEntry(holder: string, reason: string, at: Date): AuditEntry {
  const about = `${holder}/${reason}/${at.toISOString().slice(0, 16)}`;
  return {
    _id: `opendsr/forged/${hash('sha256', about, 'base64url').slice(0, 24)}`,
    at,
    by: 'erase',
    action: 'callback.forged',
    detail: { holder, reason },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
