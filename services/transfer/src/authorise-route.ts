import { route, type Route } from '@keiro/runtime';
import {
  authoriseRequestSchema,
  authoriseResponseSchema,
  type AuditEntry,
  type Transfer,
  type TransferVerdict,
} from '@keiro/schemas';
import { judgeTransfers, type JudgeDependencies } from './judge.ts';

export interface AuthoriseDependencies extends JudgeDependencies {
  readonly audit: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly random: (bytes: number) => Buffer;
}

/** T0: whoever is about to hand data over asks first. What is refused is audited. */
export function authoriseRoute(deps: AuthoriseDependencies): Route {
  return route({
    method: 'POST',
    path: '/v1/transfers/authorise',
    summary:
      'Whether each of these transfers has a basis now, and what the law wants recorded of it (T0, TA to TF)',
    right: 'transfers:authorise',
    body: authoriseRequestSchema,
    answer: authoriseResponseSchema,
    async handle({ body: { transfers }, client }) {
      const { at, judged } = await judgeTransfers(deps, transfers);
      const refused = judged.flatMap(({ transfer, verdict }) =>
        verdict.allowed ? [] : [entryOf(transfer, verdict.reason, { at, by: client.name }, deps.random)],
      );
      if (refused.length > 0) await deps.audit(refused);
      return { results: judged.map(({ verdict }) => answerOf(verdict)) };
    },
  });
}

/** What was refused before it was handed over, or when it was to be recorded. */
export function entryOf(
  { holder, purpose, subject, evidence }: Transfer,
  reason: string,
  by: Pick<AuditEntry, 'at' | 'by'>,
  random: (bytes: number) => Buffer,
  action: 'transfer.refused' | 'provision.refused' = 'transfer.refused',
): AuditEntry {
  return {
    _id: `transfer/${random(12).toString('hex')}`,
    ...by,
    action,
    ...(subject === undefined ? {} : { about: [subject.ref] }),
    detail: { holder, purpose, basis: evidence.basis, reason },
  };
}

/** As the answer's shape has it: lists of its own. */
export function answerOf(verdict: TransferVerdict) {
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
