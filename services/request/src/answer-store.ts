import { hash } from 'node:crypto';
import { ProblemError } from '@keiro/runtime';
import type {
  Answer,
  HolderDocument,
  Policies,
  ProvisionDocument,
  RecordDocument,
  RequestDocument,
} from '@keiro/schemas';
import type { Db } from 'mongodb';
import { sectionsOf, type HeldGroup } from './answers.ts';
import { lifeOf } from './lifecycle/evolve.ts';

/** What a request is answered, compiled from the store as of now (A1). */
export interface Answers {
  /** 404 `no-answer` where there is none yet. */
  of(request: RequestDocument): Promise<Answer>;
  /** SHA-256 (base64url) of what it says now, whatever the moment. */
  digestOf(request: RequestDocument): Promise<string>;
}

export function createAnswers(deps: { db: Db; policies: Policies; now: () => Date }): Answers {
  const { db, policies, now } = deps;

  async function compile(request: RequestDocument): Promise<Answer['sections'] | undefined> {
    const { type } = request;
    if (type === 'return' || type === 'retention') return undefined;
    const refs = [...new Set([...request.lives.map(({ ref }) => ref), ...(request.asked ?? [])])];
    const records = db.collection<RecordDocument>('records');
    const ofPerson = { ref: { $in: refs } };
    const [categories, groups, holders, provisions] = await Promise.all([
      type === 'overseas-measures' ? records.distinct('category', ofPerson) : [],
      type === 'purpose-notice'
        ? records
            .aggregate<HeldGroup>([
              { $match: ofPerson },
              { $unwind: '$groups' },
              { $unwind: '$groups.purposes' },
              { $group: { _id: { group: '$groups.group', purpose: '$groups.purposes' } } },
              { $project: { _id: 0, group: '$_id.group', purposes: ['$_id.purpose'] } },
            ])
            .toArray()
        : [],
      type === 'overseas-measures' ? db.collection<HolderDocument>('holders').find().toArray() : [],
      type === 'provision-disclosure'
        ? db
            .collection<ProvisionDocument>('provisions')
            .find({ refs: { $in: refs } })
            .toArray()
        : [],
    ]);
    return sectionsOf(type, {
      categories,
      held: groups,
      holders,
      provisions,
      policy: policies.inForce(now()),
    });
  }

  return {
    async of(request) {
      const { answered, notices } = lifeOf(request.events ?? []);
      const { type } = request;
      const isNothing = notices.some(({ kind }) => kind === 'nothing-held');
      if (type === 'return' || type === 'retention' || (answered === undefined && !isNothing))
        throw new ProblemError(404, 'no-answer', 'there is no answer to this request, or none yet');
      const sections = isNothing ? [nothingHeld] : ((await compile(request)) ?? []);
      return {
        request: request._id,
        type,
        asOf: now().toISOString(),
        ...(answered?.evidence === undefined ? {} : { evidence: answered.evidence }),
        sections,
      };
    },

    async digestOf(request) {
      return hash('sha256', JSON.stringify((await compile(request)) ?? []), 'base64url');
    },
  };
}

const nothingHeld: Answer['sections'][number] = {
  heading: { ja: '該当する情報', en: 'What is held' },
  items: [{ ja: '該当する個人情報を保有していません。', en: 'Nothing is held.' }],
};
