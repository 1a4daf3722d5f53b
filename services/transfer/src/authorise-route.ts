import { route, type Route } from '@keiro/runtime';
import {
  authorise,
  authoriseRequestSchema,
  authoriseResponseSchema,
  type AuditEntry,
  type HolderDocument,
  type Policies,
  type Transfer,
  type TransferVerdict,
} from '@keiro/schemas';
import type { Holders } from './holders.ts';
import { personOf, type People } from './people.ts';
import { restsOnConsent } from './violations.ts';

export interface AuthoriseDependencies {
  readonly holders: Holders;
  readonly people: People;
  readonly policies: Policies;
  readonly audit: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly random: (bytes: number) => Buffer;
  readonly now: () => Date;
}

/** T0: whoever is about to hand data over asks first. What is refused is audited. */
export function authoriseRoute(deps: AuthoriseDependencies): Route {
  const { holders, people, policies, now } = deps;
  return route({
    method: 'POST',
    path: '/v1/transfers/authorise',
    summary:
      'Whether each of these transfers has a basis now, and what the law wants recorded of it (T0, TA to TF)',
    right: 'transfers:authorise',
    body: authoriseRequestSchema,
    answer: authoriseResponseSchema,
    async handle({ body: { transfers }, client }) {
      const register = await holders.among(transfers.map(({ holder }) => holder));
      const subjects = transfers.flatMap(({ subject }) => (subject === undefined ? [] : [subject.ref]));
      const [standings, consents] = await Promise.all([
        people.standingsOf([...new Set(subjects)]),
        people.consentsOf(
          transfers.flatMap((transfer) =>
            transfer.subject !== undefined && asksConsent(transfer, register.get(transfer.holder))
              ? [transfer.subject.ref]
              : [],
          ),
        ),
      ]);
      const at = now();
      const policy = policies.inForce(at);
      const judged = transfers.map((transfer) => ({
        transfer,
        verdict: authorise(
          transfer,
          register.get(transfer.holder),
          personOf(transfer.subject?.ref, standings, consents),
          policy,
          at,
        ),
      }));
      const refused = judged.flatMap(({ transfer, verdict }) =>
        verdict.allowed ? [] : [entryOf(transfer, verdict.reason, { at, by: client.name }, deps.random)],
      );
      if (refused.length > 0) await deps.audit(refused);
      return { results: judged.map(({ verdict }) => answerOf(verdict)) };
    },
  });
}

/** Only where it can decide: finding out what a person has said costs several look-ups. */
function asksConsent(
  { evidence, recipientIdentifies }: Transfer,
  holder: HolderDocument | undefined,
): boolean {
  const beside = evidence.basis === 'terms-violation' ? evidence['basis-beside-it']?.basis : undefined;
  return (
    evidence.basis === 'consent' ||
    beside === 'consent' ||
    recipientIdentifies === true ||
    (holder !== undefined && restsOnConsent(holder))
  );
}

function entryOf(
  { holder, purpose, subject, evidence }: Transfer,
  reason: string,
  by: Pick<AuditEntry, 'at' | 'by'>,
  random: (bytes: number) => Buffer,
): AuditEntry {
  return {
    _id: `transfer/${random(12).toString('hex')}`,
    ...by,
    action: 'transfer.refused',
    ...(subject === undefined ? {} : { about: [subject.ref] }),
    detail: { holder, purpose, basis: evidence.basis, reason },
  };
}

/** As the answer's shape has it: lists of its own. */
function answerOf(verdict: TransferVerdict) {
  const articles = [...verdict.articles];
  if (!verdict.allowed) {
    const { missing, ...rest } = verdict;
    return { ...rest, articles, ...(missing === undefined ? {} : { missing: [...missing] }) };
  }
  const record =
    verdict.record.kind === 'none'
      ? { ...verdict.record, articles: [...verdict.record.articles] }
      : {
          ...verdict.record,
          articles: [...verdict.record.articles],
          items: [...verdict.record.items],
        };
  return { ...verdict, articles, record };
}
