import { isRetryable, type Log } from '@keiro/runtime';
import type { AuditEntry, Life, Ref } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Mailer, MailOutcome } from './mail.ts';
import type { IdentityStore } from './store.ts';

/** A code on its way, after the caller has had its answer: how long this takes tells nobody whether the person exists. */
export interface Delivery {
  readonly request: string;
  readonly asked: readonly Ref[];
  readonly codeId: string;
  readonly code: string;
  readonly until: Date;
}

type DeliveryOutcome = MailOutcome | 'no-contact' | 'contact-limit' | 'failed';

export interface DeliveryDependencies {
  readonly store: Pick<IdentityStore, 'keepContact' | 'useContact'>;
  readonly keys: Pick<KeysClient, 'contacts'>;
  /** Where a code for the person behind these goes: see `contactOf`. */
  readonly contactOf: (asked: readonly Ref[]) => Promise<Life | undefined>;
  readonly mailer: Mailer;
  readonly audit: (entry: AuditEntry) => Promise<void>;
  readonly count: (outcome: DeliveryOutcome) => void;
  readonly now: () => Date;
  readonly log: Log;
}

/** What stands for the contact of a request that has none, so that its tries are counted as any other's. */
export const noContact = (request: string): string => `none.${request}`;

/** Sends a code where it belongs, or to nobody; either way it is in the audit and counted. Never throws. */
export async function deliver(delivery: Delivery, deps: DeliveryDependencies): Promise<void> {
  const { request, codeId } = delivery;
  let outcome: DeliveryOutcome;
  try {
    outcome = await send(delivery, deps);
  } catch (error) {
    outcome = 'failed';
    deps.log.warn(
      { request, retryable: isRetryable(error) },
      'a code could not be sent; it can be asked for again',
    );
  }
  deps.count(outcome);
  const mailed = outcome === 'mailed';
  const entry = {
    _id: `${request}/identity/code-${codeId}`,
    at: deps.now(),
    by: 'request',
    action: mailed ? 'identity.code-mailed' : 'identity.code-not-mailed',
    request,
    detail: mailed ? {} : { reason: outcome },
  };
  await deps.audit(entry).catch((error: unknown) => {
    deps.log.error({ err: error, request }, 'the audit lacks what became of a code');
  });
}

async function send(
  { request, asked, codeId, code, until }: Delivery,
  { store, keys, contactOf, mailer, now }: DeliveryDependencies,
): Promise<DeliveryOutcome> {
  const contact = await contactOf(asked);
  const isWithin = await store.useContact(contact?.ref ?? noContact(request), 'codes', now());
  if (contact === undefined) return 'no-contact';
  if (!isWithin) return 'contact-limit';
  const [found] = (await keys.contacts({ request, lives: [contact] })).results;
  if (found?.state !== 'open') return 'no-contact';
  // Only from here on the code can be right, and its tries count for the contact: before anybody can have it.
  await store.keepContact(request, codeId, contact.ref);
  return mailer.send({ address: found.address, code, until, request });
}
