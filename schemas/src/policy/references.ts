import type { z } from 'zod';
import type { PolicyRules } from './schema.ts';

type Finding = readonly [message: string, ...path: string[]];

/** Starts that follow from the event's own time: a rule that runs from one of them always has an end. */
const startsByThemselves = new Set(['collection', 'books-closed', 'tax-filing-due']);

/** What one part of the policy says of another must fit: names that exist, an end for everything, a purpose that is served. */
export function checkReferences(rules: PolicyRules, context: z.RefinementCtx<PolicyRules>): void {
  for (const [message, ...path] of [
    ...groupFindings(rules),
    ...endFindings(rules),
    ...purposeFindings(rules),
  ]) {
    context.addIssue({ code: 'custom', message, path });
  }
}

function groupFindings(rules: PolicyRules): Finding[] {
  return Object.entries(rules.categories).flatMap(([category, { groups }]) =>
    Object.entries(groups).flatMap(([name, { uses, floors = [] }]) => {
      const path = ['categories', category, 'groups', name];
      const noRule = uses.filter(({ rule }) => !Object.hasOwn(rules.retention, rule));
      const noFloor = floors.filter((floor) => !Object.hasOwn(rules.floors, floor));
      return [
        ...noRule.map(({ rule }): Finding => [`there is no retention rule ${rule}`, ...path, 'uses']),
        ...noFloor.map((floor): Finding => [`there is no floor ${floor}`, ...path, 'floors']),
      ];
    }),
  );
}

function endFindings(rules: PolicyRules): Finding[] {
  const endless = Object.entries(rules.retention)
    .filter(([, { start, cap }]) => !startsByThemselves.has(start) && cap === undefined)
    .map(([id]): Finding => ['its start may never come, so it needs a cap', 'retention', id]);
  const known = Object.hasOwn(rules.retention, rules.entrusted.rule);
  return known ? endless : [...endless, ['there is no such retention rule', 'entrusted', 'rule']];
}

function purposeFindings(rules: PolicyRules): Finding[] {
  const groups = Object.values(rules.categories).flatMap((category) => Object.values(category.groups));
  const served = new Set(groups.flatMap(({ uses }) => uses.map(({ purpose }) => purpose)));
  return Object.entries(rules.purposes)
    .filter(([id, { unused }]) => (unused === undefined) !== [...served].some((purpose) => purpose === id))
    .map(([id]): Finding => ['it must either be served by a group or be marked as unused', 'purposes', id]);
}
