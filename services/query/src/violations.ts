import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  directiveTaskOf,
  violationsAnswerSchema,
  violationStates,
  violationView,
  type TaskDocument,
  type ViolationDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';

const listLimit = 100;
const maxListLimit = 1000;

/**
 * T0: copies that holders reported and had no basis for, each with how far the directive is that has it returned. They
 * stay in sight until somebody closes them.
 */
export function violationsRoute(db: Db, now: () => Date): Route {
  const violations = db.collection<ViolationDocument>('violations');

  async function directivesOf(found: readonly ViolationDocument[]): Promise<Map<string, TaskDocument>> {
    const ids = found.filter(({ copy }) => copy !== undefined).map(directiveTaskOf);
    if (ids.length === 0) return new Map();
    const tasks = await db
      .collection<TaskDocument>('tasks')
      .find({ _id: { $in: ids } })
      .toArray();
    return new Map(tasks.map((task) => [task._id, task]));
  }

  return route({
    method: 'GET',
    path: '/v1/violations',
    summary:
      'Copies at holders without a basis, newest first; ?state=open|closed (open) and ?limit= narrow them',
    right: 'lineage:read',
    answer: violationsAnswerSchema,
    async handle({ query }) {
      const state = violationStates.find((one) => one === (query['state'] ?? 'open'));
      if (state === undefined) throw badQuery('state', `one of ${violationStates.join(', ')}`);
      const limit = Number(query['limit'] ?? listLimit);
      if (!Number.isInteger(limit) || limit < 1 || limit > maxListLimit)
        throw badQuery('limit', `a whole number from 1 to ${String(maxListLimit)}`);
      const [open, found] = await Promise.all([
        violations.countDocuments({ closed: { $exists: false } }),
        violations
          .find({ closed: { $exists: state === 'closed' } })
          .sort({ foundAt: -1 })
          .limit(limit)
          .toArray(),
      ]);
      const tasks = await directivesOf(found);
      return {
        asOf: now().toISOString(),
        open,
        violations: found.map((one) => violationView(one, tasks.get(directiveTaskOf(one)))),
      };
    },
  });
}

const badQuery = (field: string, message: string) =>
  new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
    { field, code: 'value', message },
  ]);
