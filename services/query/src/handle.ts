import { ProblemError, route, type Log, type Route } from '@keiro/runtime';
import {
  holdersAnswerSchema,
  holdingsAnswerSchema,
  lineageAnswerSchema,
  lineageSearchSchema,
  quarantineAnswerSchema,
  quarantineCuts,
  quarantineEnd,
  quarantineReasons,
  quarantineStates,
  queryStatusSchema,
  totalsAnswerSchema,
  type Policies,
  type QuarantineAnswer,
} from '@keiro/schemas';
import type { Counts } from './counts.ts';
import { search, type SearchDeps } from './search.ts';

export interface QueryDeps extends SearchDeps {
  readonly counts: Counts;
  readonly log: Log;
}

/** Within which the end of an entry is told beforehand. */
export const quarantineSoonMs = 14 * 86_400_000;

type Item = QuarantineAnswer['items'][number];

const withEnd = (item: Item, policies: Policies, now: Date): Item =>
  item.state === 'held'
    ? {
        ...item,
        endsAt: quarantineEnd(policies, { reason: item.reason, at: new Date(item.at) }, now).toISOString(),
      }
    : item;

/** What compliance can ask. Every answer states its moment; identifiers come in bodies only. */
export function queryRoutes(deps: QueryDeps): Route[] {
  const { store, counts, policies, progress, now, log } = deps;
  const asOf = () => now().toISOString();
  return [
    route({
      method: 'POST',
      path: '/v1/lineage/search',
      summary: 'Records, copies, transfers and requests of the person behind one identifier (R1)',
      right: 'lineage:read',
      body: lineageSearchSchema,
      answer: lineageAnswerSchema,
      handle: async ({ body, client }) => {
        const answer = await search(deps, body, client.rights.includes('links:manage'));
        // Who looked, and how much there was; not at whom, in any form.
        log.info(
          { client: client.name, records: answer.page.total, shown: answer.page.shown },
          'lineage was read',
        );
        return answer;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/quarantine',
      summary:
        'What was set aside, by reason, newest first; ?limit= (default 50, at most 1000), ?reason=, ?state= (held)',
      right: 'lineage:read',
      answer: quarantineAnswerSchema,
      async handle({ query }) {
        const at = now();
        const { items, ...rest } = await counts.quarantine({
          state: oneOf('state', query['state'], quarantineStates) ?? 'held',
          reason: oneOf('reason', query['reason'], quarantineReasons),
          limit: limitOf(query['limit']),
          soon: quarantineCuts(policies, at, new Date(at.getTime() + quarantineSoonMs)),
        });
        return { asOf: at.toISOString(), ...rest, items: items.map((item) => withEnd(item, policies, at)) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/totals',
      summary: 'Everything counted, for reconciling with what producers sent',
      right: 'lineage:read',
      answer: totalsAnswerSchema,
      handle: async () => ({ asOf: asOf(), ...(await counts.totals()) }),
    }),
    route({
      method: 'GET',
      path: '/v1/policy/holdings',
      summary: 'All that is held, counted by how it is tagged: what a revision is held against (V1)',
      right: 'lineage:read',
      answer: holdingsAnswerSchema,
      handle: async () => ({ asOf: asOf(), holdings: await counts.holdings() }),
    }),
    route({
      method: 'GET',
      path: '/v1/holders',
      summary: 'The register of all that can hold a copy',
      right: 'lineage:read',
      answer: holdersAnswerSchema,
      handle: async () => ({
        asOf: asOf(),
        holders: (await store.holders()).map((holder) => ({
          id: holder.id,
          kind: holder.kind,
          name: holder.name,
          country: holder.country,
          basis: holder.basis,
          categories: holder.categories,
          purposes: holder.purposes,
          ...(holder.replicates === undefined ? {} : { replicates: holder.replicates }),
          connector: holder.connector.kind,
          registeredAt: holder.registeredAt.toISOString(),
        })),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/status',
      summary: 'How far tag and transfer are, and about how much is stored',
      right: 'lineage:read',
      answer: queryStatusSchema,
      handle: async () => {
        const at = asOf();
        const [far, stored, readersUndeclared] = await Promise.all([
          progress.read(),
          counts.stored(),
          counts.readersUndeclared(),
        ]);
        return { asOf: at, progress: far, stored, readersUndeclared };
      },
    }),
  ];
}

function limitOf(given: string | undefined): number {
  if (given === undefined) return 50;
  const limit = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= 1000) return limit;
  throw badQuery('limit', 'a whole number from 1 to 1000');
}

function oneOf<S extends string>(
  field: string,
  given: string | undefined,
  known: readonly S[],
): S | undefined {
  if (given === undefined) return undefined;
  const found = known.find((one) => one === given);
  if (found === undefined) throw badQuery(field, `one of ${known.join(', ')}`);
  return found;
}

const badQuery = (field: string, message: string) =>
  new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
    { field, code: 'value', message },
  ]);
