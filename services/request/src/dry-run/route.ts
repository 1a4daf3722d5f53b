import { findMany, ProblemError, route, type Route } from '@keiro/runtime';
import {
  deletionDryRunSchema,
  dryRunRequestSchema,
  identifierKinds,
  normaliseIdentifier,
  type SnapshotDocument,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Db } from 'mongodb';
import type { Floors } from '../floors/floors.ts';
import type { Holds } from '../holds/holds.ts';
import { openLookStore } from '../retention/look-store.ts';
import type { Situations } from '../situation.ts';
import type { RequestStore } from '../store.ts';
import { foresee } from './foresee.ts';

/** Says what a deletion would do, before anybody asks for it. */
export function dryRunRoute(deps: {
  readonly db: Db;
  readonly store: Pick<RequestStore, 'audit'>;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly situations: Situations;
  readonly holds: Pick<Holds, 'on'>;
  readonly floors: Pick<Floors, 'foresee'>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}): Route {
  const looks = openLookStore(deps.db);
  const snapshots = deps.db.collection<SnapshotDocument>('snapshots');
  return route({
    method: 'POST',
    path: '/v1/requests/dry-run',
    summary:
      'What a deletion would do now, holder by holder, and what floors, holds and snapshots keep; only the audit is told',
    right: 'requests:write',
    body: dryRunRequestSchema,
    answer: deletionDryRunSchema,
    async handle({ body, client }) {
      const identifiers = identifierKinds.flatMap((kind) => {
        const value = body.subject[kind];
        return value === undefined ? [] : [{ kind, value: normaliseIdentifier(kind, value) }];
      });
      const { results } = await deps.keys.lookup({ identifiers });
      const asked = results.flatMap((found) => found?.ref ?? []);
      if (asked.length === 0)
        throw new ProblemError(404, 'unknown-person', 'nobody is known by this identifier');
      const person = await deps.situations.whoIs(asked);
      if (typeof person === 'string')
        throw new ProblemError(
          409,
          person === 'shared' ? 'shared-identifier' : 'several-persons',
          'these identifiers lead to no single person: a person has to review',
        );
      const situation = await deps.situations.load(person);
      const { lives, ambiguous } = situation;
      const [records, copies, holds] = await Promise.all([
        looks.recordsUnder(person.refs),
        looks.copies(person.refs),
        deps.holds.on({ lives, ambiguous }),
      ]);
      const stores = [...new Set(situation.holders.map(({ id }) => id))];
      const images = await findMany(snapshots, 'store', stores);
      const current = new Set(lives.map(({ ref, generation }) => `${ref}#${String(generation)}`));
      const own = records.filter(({ ref, generation }) => current.has(`${ref}#${String(generation)}`));
      const at = deps.now();
      const floors = await deps.floors.foresee(own, at);
      const answer = foresee({ situation, records: own, copies, snapshots: images, holds, floors }, at);
      await deps.store.audit({
        _id: `dry-run-${deps.random(12).toString('hex')}`,
        at,
        by: client.name,
        action: 'request.dry-run',
        about: lives.map(({ ref }) => ref),
        detail: {
          type: body.type,
          refs: answer.refs,
          holders: answer.holders.map(({ holder }) => holder),
          ...(body.note === undefined ? {} : { note: body.note }),
        },
      });
      return answer;
    },
  });
}
