import { lagOf, type Admin, type GroupDescription, type Positions } from '@keiro/runtime';
import { readerId, type Sighting } from '@keiro/schemas';
import { standingOf, type KnownReaders } from './undeclared.ts';

/** Groups whose members and offsets are asked for at once. */
const atOnce = 20;

/** Whom the cluster shows reading these topics now: all groups but the pipeline's own. */
export async function lookAtGroups(
  admin: Pick<Admin, 'groups' | 'describe' | 'commits' | 'endOffsets'>,
  topics: readonly string[],
  known: KnownReaders,
): Promise<Sighting[]> {
  const names = (await admin.groups()).filter((name) => standingOf({ name, topics }, known) !== 'keiro');
  const ends = await admin.endOffsets(topics);
  const seen: Sighting[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const some = names.slice(from, from + atOnce);
    const [descriptions, commits] = await Promise.all([
      admin.describe(some),
      Promise.all(some.map((name) => admin.commits(name, topics))),
    ]);
    const byName = new Map(descriptions.map((one) => [one.group, one]));
    for (const [position, name] of some.entries()) {
      const sighting = sightingOf(name, byName.get(name), commits[position] ?? {}, { topics, ends, known });
      if (sighting !== undefined) seen.push(sighting);
    }
  }
  return seen;
}

/**
 * What is told of one group; undefined where it reads nothing of persons. A group of the newer protocol tells no
 * members: until it commits nobody knows what it reads, so it counts as a reader. Pure.
 */
export function sightingOf(
  name: string,
  description: GroupDescription | undefined,
  commits: Positions,
  { topics, ends, known }: { topics: readonly string[]; ends: Positions; known: KnownReaders },
): Sighting | undefined {
  const members = description?.members ?? [];
  const assigned = new Set(members.flatMap((member) => member.topics));
  const reads = topics.filter((topic) => assigned.has(topic) || topic in commits);
  if (reads.length === 0 && description?.told !== false) return undefined;
  const standing = standingOf({ name, topics: reads }, known);
  if (standing === 'keiro') return undefined;
  const lag = lagOf(Object.fromEntries(reads.map((topic) => [topic, ends[topic] ?? {}])), commits);
  return {
    _id: readerId('kafka-group', name),
    kind: 'kafka-group',
    name,
    reads,
    lag: Object.fromEntries(reads.map((topic) => [topic, topic in commits ? (lag[topic] ?? 0) : null])),
    members: members
      .map(({ client, host }) => ({ client, host }))
      .sort((a, b) => (`${a.client} ${a.host}` < `${b.client} ${b.host}` ? -1 : 1)),
    declared: standing === 'declared',
  };
}
