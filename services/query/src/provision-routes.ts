import { randomBytes } from 'node:crypto';
import { appendAudit, ProblemError, route, type Route } from '@keiro/runtime';
import {
  exportPage,
  provisionExportAnswerSchema,
  provisionExportSchema,
  provisionSearchAnswerSchema,
  provisionSearchSchema,
  type Policies,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk/keys-client';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { createProvisionStore } from './provision-store.ts';
import { provisionLabels, provisionView } from './provision-view.ts';
import { askedBy } from './search.ts';
import type { Store } from './store.ts';

/** Records of provision (APPI 29 to 31): for the person (33(5)), and for an authority. */
export function provisionRoutes(deps: {
  readonly db: Db;
  readonly store: Pick<Store, 'person'>;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly policies: Policies;
  readonly now: () => Date;
}): Route[] {
  const { db, store, keys, policies, now } = deps;
  const reader = createProvisionStore(db);
  return [
    route({
      method: 'POST',
      path: '/v1/provisions/search',
      summary:
        'Records of what was provided and received of one person, or why none was needed; also after erasure',
      right: 'lineage:read',
      body: provisionSearchSchema,
      answer: provisionSearchAnswerSchema,
      async handle({ body }) {
        const asOf = now();
        const policy = policies.inForce(asOf);
        // A ref stays known when its life has ended, and with it what was recorded.
        const { results } = await keys.lookup(askedBy(body));
        const start = results[0]?.ref;
        const person = start === undefined ? undefined : (await store.person(start)).person;
        const shared = person?.startIsAmbiguous === true;
        const refs = shared && start !== undefined ? [start] : (person?.refs ?? []);
        const kept = await reader.ofRefs(refs);
        return {
          asOf: asOf.toISOString(),
          shared,
          // What several share tells only of acts under itself, not of who else has it.
          provisions: kept.provisions
            .filter(({ subject }) => !shared || subject.ref === start)
            .map((one) => provisionView(one, kept.lastAt, policy)),
          labels: provisionLabels(kept.provisions, policy),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/provisions/export',
      summary:
        'Records of a span of time for an authority, page by page, oldest first; every page is audited',
      right: 'provisions:export',
      body: provisionExportSchema,
      answer: provisionExportAnswerSchema,
      async handle({ body, client }) {
        const asOf = now();
        const policy = policies.inForce(asOf);
        const window = { from: new Date(body.from), to: new Date(body.to) };
        const at =
          body.cursor === undefined
            ? await begin(window, asOf)
            : { ...readExportCursor(body.cursor), to: window.to };
        const kept = await reader.part({ ...at, limit: exportPage + 1 });
        const page = kept.provisions.slice(0, exportPage);
        await appendAudit(db, [
          {
            _id: `provision-export/${at.export}/${String(at.page)}`,
            at: asOf,
            by: client.name,
            action: 'provision.exported',
            detail: {
              from: window.from.toISOString(),
              to: window.to.toISOString(),
              count: page.length,
              total: at.total,
              page: at.page,
            },
          },
        ]);
        const more = kept.provisions.length > page.length;
        return {
          asOf: asOf.toISOString(),
          export: at.export,
          total: at.total,
          provisions: page.map((one) => ({
            ...provisionView(one, kept.lastAt, policy),
            ...(one.identity === undefined ? {} : { identity: { ...one.identity } }),
          })),
          labels: provisionLabels(page, policy),
          ...(more
            ? {
                next: nextCursor(
                  at,
                  page.map((one) => one.at),
                ),
              }
            : {}),
        };
      },
    }),
  ];

  async function begin(window: { from: Date; to: Date }, recordedBy: Date) {
    const total = await reader.count({ ...window, recordedBy });
    const id = randomBytes(9).toString('hex');
    return { export: id, ...window, recordedBy, total, skip: 0, page: 1 };
  }
}

const cursorSchema = z.strictObject({
  export: z.string().regex(/^[0-9a-f]{18}$/),
  from: z.coerce.date(),
  recordedBy: z.coerce.date(),
  total: z.int().min(0),
  skip: z.int().min(0),
  page: z.int().min(1),
});
type ExportCursor = z.infer<typeof cursorSchema>;

/** Where the next page begins: at the last instant told, after those of it that were told. Pure. */
export function nextCursor(at: ExportCursor, told: readonly Date[]): string {
  const last = told.at(-1) ?? at.from;
  const same = told.filter((one) => one.getTime() === last.getTime()).length;
  const isSame = last.getTime() === at.from.getTime();
  const next: ExportCursor = {
    export: at.export,
    from: last,
    recordedBy: at.recordedBy,
    total: at.total,
    skip: same + (isSame ? at.skip : 0),
    page: at.page + 1,
  };
  return Buffer.from(JSON.stringify(next)).toString('base64url');
}

export function readExportCursor(cursor: string): ExportCursor {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', [
      { field: 'cursor', code: 'format', message: 'is none that an export gave' },
    ]);
  }
}
