import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  bulkReleasedSchema,
  bulkReleaseSchema,
  discardSchema,
  quarantineAddress,
  quarantineEntrySchema,
  quarantineIdOf,
  releasedSchema,
  type Policies,
  type QuarantineDocument,
} from '@keiro/schemas';
import type { Operator } from './operator.ts';
import type { QuarantineStore } from './quarantine-store.ts';
import { entryOf } from './view.ts';

/** What can be asked and decided about entries in quarantine, beside health and metrics. */
export function quarantineRoutes(deps: {
  readonly operator: Operator;
  readonly entries: Pick<QuarantineStore, 'find' | 'heldByOthers'>;
  readonly policies: Policies;
  readonly now: () => Date;
}): Route[] {
  const { operator, entries, policies, now } = deps;
  const shown = (entry: QuarantineDocument) => entryOf(entry, policies, now());
  return [
    route({
      method: 'GET',
      path: '/v1/quarantine/:id',
      summary:
        'One entry: why, since when and until when, where from, what can be done; its content stays sealed',
      right: 'quarantine:read',
      answer: quarantineEntrySchema,
      async handle({ params }) {
        const entry = await entries.find(idOf(params['id']));
        if (entry === null) throw unknown();
        return shown(entry);
      },
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine/:id/release',
      summary: 'Tags it again as a fresh message: it becomes a record, or stays with the reason of today',
      right: 'quarantine:manage',
      answer: releasedSchema,
      async handle({ params, client }) {
        const { outcome, entry } = await operator.release(idOf(params['id']), client.name);
        return { outcome, entry: shown(entry) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine/:id/discard',
      summary: 'Destroys its sealed content for a reason; the entry stays and says so',
      right: 'quarantine:manage',
      body: discardSchema,
      answer: quarantineEntrySchema,
      handle: async ({ params, body, client }) =>
        shown(await operator.discard(idOf(params['id']), body, client.name)),
    }),
    route({
      method: 'POST',
      path: '/v1/quarantine/release',
      summary: 'Releases what is held for one reason, a part at a time; `next` goes on',
      right: 'quarantine:manage',
      body: bulkReleaseSchema,
      answer: bulkReleasedSchema,
      async handle({ body: { reason, limit, after }, client }) {
        const from = after === undefined ? '' : idOf(after);
        const { outcomes, refused, last } = await operator.releaseAll(
          { reason, after: from, limit },
          client.name,
        );
        return {
          asOf: now().toISOString(),
          outcomes,
          refused,
          others: await entries.heldByOthers(reason),
          ...(last === undefined ? {} : { next: quarantineAddress(last) }),
        };
      },
    }),
  ];
}

function idOf(address: string | undefined): string {
  const id = quarantineIdOf(address ?? '');
  if (id === undefined) throw unknown();
  return id;
}

const unknown = () => new ProblemError(404, 'unknown-entry', 'there is no entry with this id in quarantine');
