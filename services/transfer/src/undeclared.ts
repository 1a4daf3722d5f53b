import type { Holder } from '@keiro/schemas';

/** A consumer group as the cluster tells it. */
export interface Group {
  readonly name: string;
  /** Topics of persons that it has committed on or is assigned. */
  readonly topics: readonly string[];
}

/** What the register says of who may read. */
export interface KnownReaders {
  readonly holders: readonly Pick<Holder, 'id' | 'purposes' | 'readers'>[];
  /** Appended to the names of this pipeline's groups; those without one are known too. */
  readonly suffix: string;
}

/** `keiro`: a step of this pipeline. A name is no proof: who may take which is a matter of the cluster's ACLs. */
export type Standing = 'keiro' | 'declared' | 'undeclared';

const steps = ['tag', 'quarantine', 'transfer', 'request', 'retention'];
/** Follows standing and commits nothing. */
const follower = /^keiro\.follow\.([^.]+)\./;
const onlyStanding = ({ topics }: Group) => topics.every((topic) => topic === 'rights.standing');

/**
 * Who each group is. Known are the steps of the pipeline, the guarded consumers of a registered holder for a purpose
 * that it is registered for, what it is told by directive, what follows standing for one of these, and what a holder declares itself. Pure.
 */
export function standingOf(group: Group, { holders, suffix }: KnownReaders): Standing {
  const { name } = group;
  const suffixes = ['', suffix];
  if (steps.some((step) => suffixes.some((end) => name === `keiro.${step}${end}`))) return 'keiro';

  const [, followedFor] = follower.exec(name) ?? [];
  if (followedFor !== undefined && onlyStanding(group)) {
    const own = ['keys', 'request', ...suffixes.map((end) => `tag${end}`)];
    if (own.includes(followedFor)) return 'keiro';
    if (holders.some(({ id }) => id === followedFor)) return 'declared';
  }

  const isGuarded = holders.some(({ id, purposes }) =>
    purposes.some((purpose) =>
      suffixes.some((end) => {
        const own = `keiro.holder.${id}.${purpose}${end}`;
        return name === own || name === `${own}.withheld`;
      }),
    ),
  );
  const isTold = holders.some(({ id }) => suffixes.some((end) => name === `keiro.directives.${id}${end}`));
  const isDeclared = holders.some(({ readers }) => readers?.kafkaGroups?.includes(name) === true);
  return isGuarded || isTold || isDeclared ? 'declared' : 'undeclared';
}

/** The groups that nobody registered. Pure. */
export const undeclared = (groups: readonly Group[], known: KnownReaders): Group[] =>
  groups.filter((group) => standingOf(group, known) === 'undeclared');
