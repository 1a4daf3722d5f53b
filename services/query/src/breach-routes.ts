import { randomUUID } from 'node:crypto';
import { appendAudit, route, type Route } from '@keiro/runtime';
import {
  breachAnswerSchema,
  breachAssessSchema,
  type AuditEntry,
  type BreachAnswer,
  type BreachAssess,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { assessBreach, type BreachDeps } from './breach.ts';

/** What a breach concerns (APPI 26). Nothing is written but who assessed what. */
export function breachRoutes(deps: BreachDeps & { readonly db: Db }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/breaches/assess',
      summary:
        'Persons, records, classes of Rule 7 and deadlines of a breach at holders or topics in a window (S1)',
      right: 'breach:assess',
      body: breachAssessSchema,
      answer: breachAnswerSchema,
      async handle({ body, client }) {
        const answer = await assessBreach(deps, body);
        await appendAudit(deps.db, [entryOf(body, answer, client.name)]);
        return answer;
      },
    }),
  ];
}

function entryOf(body: BreachAssess, answer: BreachAnswer, by: string): AuditEntry {
  const { holders, topics, from, to, knownAt, cause, keys } = body;
  const { exposed, excluded, tenants, reportable, page } = answer;
  return {
    _id: `breach/${randomUUID()}`,
    at: new Date(answer.asOf),
    by,
    action: 'breach.assessed',
    detail: {
      ...{ holders, topics, from, to, knownAt, cause, keys, reportable },
      persons: exposed.persons,
      records: exposed.records,
      excluded: excluded.records,
      tenants: tenants.length,
      shown: page.shown,
    },
  };
}
