import {
  endOf,
  knownOf,
  purposesOf,
  withdrawnBy,
  consentsOf,
  type GroupTag,
  type LineageGroup,
  type Policies,
  type RecordDocument,
} from '@keiro/schemas';
import type { Loaded } from './loaded.ts';

/** Reads a record's groups as they stand at the moment of the answer. */
export type GroupReader = (record: RecordDocument) => LineageGroup[];

/**
 * What is not fixed when a record is tagged, because it depends on facts that may come later and in any order: when
 * a period began, where a cap lies, and purposes that a consent of its own adds (PM). Pure.
 */
export function groupReader(loaded: Loaded, policies: Policies, asOf: Date): GroupReader {
  const known = knownOf(loaded.facts, loaded.newest);
  const consented = standingConsents(loaded);
  return (record) => {
    const policy = policies.get(record.policy);
    return record.groups.map((group) => {
      const { state, startAt, end, cap, closedBy } = endOf(group, record, policy, known, asOf);
      const allowed =
        policy === undefined || record.scope.kind !== 'ours' || consented.size === 0
          ? []
          : purposesOf(policy, group.group, { marketingOptIn: true });
      const byConsent = allowed.filter((one) => consented.has(one) && !group.purposes.includes(one));
      return {
        group: group.group,
        purposes: [...group.purposes],
        ...(byConsent.length === 0 ? {} : { byConsent }),
        rule: group.rule,
        start: group.start,
        state,
        ...instants({ startAt, end, cap: cap ?? group.cap }),
        ...(closedBy === undefined ? {} : { closedBy }),
        ...floorOf(group),
      };
    });
  };
}

/** Purposes for which a consent stands that was given by the person's present lives. */
function standingConsents({ facts, standings }: Loaded): ReadonlySet<string> {
  const erased = new Map(standings.map(({ ref, erasedThrough }) => [ref, erasedThrough]));
  const live = facts.filter(({ ref, generation }) => generation > (erased.get(ref) ?? 0));
  const withdrawn = new Set(withdrawnBy(live).purposes);
  const standing = consentsOf(live).filter(
    (entry) => entry.withdrawn === undefined && entry.countsFor.includes('purpose'),
  );
  return new Set(standing.map(({ id }) => id).filter((id) => !withdrawn.has(id)));
}

function floorOf({ floor }: GroupTag): Pick<LineageGroup, 'floor'> {
  return floor === undefined ? {} : { floor: { law: floor.law, ...instants({ until: floor.until }) } };
}

/** Dates as RFC 3339, leaving out what is absent. */
function instants<K extends string>(
  dates: Readonly<Record<K, Date | undefined>>,
): Partial<Record<K, string>> {
  const present: Partial<Record<K, string>> = {};
  for (const key of Object.keys(dates) as K[]) {
    const date = dates[key];
    if (date !== undefined) present[key] = date.toISOString();
  }
  return present;
}
