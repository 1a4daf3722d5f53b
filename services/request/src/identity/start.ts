import { appendAudit, every, type Log, type Metrics, type Opened, type Route } from '@keiro/runtime';
import { identityDocuments, normaliseIdentifier, type CheckMethod } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Db } from 'mongodb';
import type { IdentityOutcomes } from '../identity-outcomes.ts';
import { codeKeyOf } from './code.ts';
import { sessionOf, smtpOf, type IdentityConfig } from './config.ts';
import { contactOf } from './contact.ts';
import { deliver } from './deliver.ts';
import { createIdentityHandler, type CheckedRequests, type Persons, type SessionMatch } from './handle.ts';
import { hourMs, minuteMs } from './limits.ts';
import { createMailer } from './mail.ts';
import { identityRoutes } from './routes.ts';
import { createSessions } from './session.ts';
import { openIdentityStore } from './store.ts';

export interface IdentityParts {
  readonly db: Db;
  readonly keys: Pick<KeysClient, 'contacts' | 'lookup'>;
  readonly requests: CheckedRequests;
  readonly persons: Persons;
  readonly outcomes: IdentityOutcomes;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly opened: Opened;
  /** How often checks are looked at whose time has run out, ms. */
  readonly lookEveryMs?: number;
}

/** The check of who asks, wired: its interfaces, the mails it sends, and the look at what has run out of time. */
export function startIdentity(
  config: IdentityConfig & { readonly KEIRO_TOKEN: string },
  parts: IdentityParts,
): Route[] {
  const { db, keys, requests, persons, log, now, opened } = parts;
  const smtp = smtpOf(config);
  const session = sessionOf(config);
  const mailer = smtp === undefined ? undefined : createMailer(smtp);
  const sessions = session === undefined ? undefined : createSessions(session);
  const store = openIdentityStore(db);
  const checks = parts.metrics.counter(
    'keiro_identity_checks_total',
    'steps of checks of identity, by method and outcome',
    ['method', 'outcome'],
  );
  const codes = parts.metrics.counter(
    'keiro_identity_codes_total',
    'codes made, by what became of the mail',
    ['outcome'],
  );
  const underWay = new Set<Promise<void>>();

  const handler = createIdentityHandler({
    requests,
    store,
    outcomes: parts.outcomes,
    configured: new Set<CheckMethod>([
      ...(mailer === undefined ? [] : (['code'] as const)),
      ...(sessions === undefined ? [] : (['session'] as const)),
      'operator',
      'agent',
    ]),
    accepted: new Set(config.KEIRO_IDENTITY_DOCUMENTS ?? Object.keys(identityDocuments)),
    days: config.KEIRO_IDENTITY_DAYS,
    codeKey: codeKeyOf(config.KEIRO_TOKEN),
    random: parts.random,
    now,
    deliver(delivery) {
      if (mailer === undefined) return;
      const sending = deliver(delivery, {
        store,
        keys,
        contactOf: async (asked) => contactOf(db, await persons.livesOf(asked)),
        mailer,
        audit: (entry) => appendAudit(db, [entry]),
        count: (outcome) => {
          codes.inc({ outcome });
        },
        now,
        log,
      }).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async verifySession(token, asked): Promise<SessionMatch> {
      const verdict = await sessions?.verify(token, now());
      if (verdict?.state !== 'signed') return { verdict: 'invalid', why: 'refused' };
      if (!(await store.spendToken(verdict.token, verdict.until)))
        return { verdict: 'invalid', why: 'replayed' };
      const value = normaliseIdentifier('member', verdict.member);
      const [found] = (await keys.lookup({ identifiers: [{ kind: 'member', value }] })).results;
      if (found === undefined || found === null) return { verdict: 'not-matching' };
      // From the token's side: how long it takes says nothing of whoever the request names.
      const refs = await persons.refsOf([found.ref]);
      const isTheirs = asked.length > 0 && asked.every((ref) => refs.includes(ref));
      return { verdict: isTheirs ? 'matching' : 'not-matching' };
    },
    count: (method, outcome) => {
      checks.inc({ method, outcome });
    },
  });

  const looking = every(
    { what: 'checks of identity', everyMs: parts.lookEveryMs ?? minuteMs, log, level: 'warn' },
    async () => {
      for (const request of await requests.waiting()) await handler.look(request);
    },
  );
  const tidying = every({ what: 'uses of contacts', everyMs: hourMs, log, level: 'warn' }, async () => {
    // What a process that was killed has left.
    await store.bringHome();
    await store.forgetUses(now());
  });
  opened('identity', async () => {
    await Promise.all([looking.close(), tidying.close(), mailer?.close()]);
    await Promise.all(underWay);
  });
  return identityRoutes(handler);
}
