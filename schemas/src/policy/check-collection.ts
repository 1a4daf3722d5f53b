import { catalogue } from '../events/catalogue.ts';
import { property } from './clause-of.ts';
import { found, type Found } from './findings.ts';
import { isLongerPeriod } from './period.ts';
import type { SoundParts } from './sound.ts';

/** Starts that follow from the event's own time: a rule that runs from one of them always has an end. */
const startsByThemselves = new Set(['collection', 'books-closed', 'tax-filing-due']);

const definitions = Object.values(catalogue);

/** What is collected, for what and until when: names that exist, an end for everything, a purpose that is served. Pure. */
export function checkCollection(parts: SoundParts, content: unknown): Found[] {
  return [
    ...useFindings(parts),
    ...fieldFindings(parts),
    ...endFindings(parts),
    ...quarantineFindings(parts),
    ...floorFindings(parts),
    ...purposeFindings(parts, content),
    ...coverageFindings(parts),
  ];
}

function useFindings({ categories, names }: SoundParts): Found[] {
  const rules = names('retention');
  return categories.flatMap(([category, { uses, groups }]) => {
    const lists = [
      { path: ['categories', category, 'uses'], uses },
      ...Object.entries(groups).map(([name, group]) => ({
        path: ['categories', category, 'groups', name, 'uses'],
        uses: group.uses ?? [],
      })),
    ];
    return lists.flatMap((list) =>
      list.uses.flatMap(({ rule }, index) =>
        rules.has(rule) ? [] : [found('unknown-name', ...list.path, index, 'rule')],
      ),
    );
  });
}

/** The events say what is collected: each of their fields needs a place here, and nothing else has one. */
function fieldFindings({ categories, names }: SoundParts): Found[] {
  return definitions.flatMap(({ category, groups }) => {
    const path = ['categories', category, 'groups'];
    const policy = categories.find(([id]) => id === category)?.[1];
    // A category that is not sound has been told of already.
    if (policy === undefined) return [];
    const known = new Set(groups.map(({ id }) => nameOf(id)));
    const strange = [...names(...path)].filter((name) => !known.has(name));
    return [
      ...strange.map((name) => found('unknown-name', ...path, name)),
      ...groups.flatMap(({ id, fields }) => {
        const group = policy.groups[nameOf(id)];
        if (group === undefined) return [found('field-without-purpose', ...path)];
        const isComplete = fields.every((field) => group.fields.includes(field));
        return [
          ...(isComplete ? [] : [found('field-without-purpose', ...path, nameOf(id), 'fields')]),
          ...group.fields.flatMap((field, index) =>
            fields.includes(field) ? [] : [found('unknown-field', ...path, nameOf(id), 'fields', index)],
          ),
        ];
      }),
    ];
  });
}

const nameOf = (groupId: string) => groupId.slice(groupId.indexOf('.') + 1);

function endFindings({ retention, entrusted, names }: SoundParts): Found[] {
  const endless = retention
    .filter(([, { start, cap }]) => !startsByThemselves.has(start) && cap === undefined)
    .map(([id]) => found('start-may-never-come', 'retention', id));
  const known = entrusted === undefined || names('retention').has(entrusted.rule);
  return known ? endless : [...endless, found('unknown-name', 'entrusted', 'rule')];
}

function quarantineFindings({ quarantine }: SoundParts): Found[] {
  if (quarantine?.erased === undefined) return [];
  const isLonger = isLongerPeriod(quarantine.erased, quarantine.period);
  return isLonger ? [found('erased-stay-longer', 'quarantine', 'erased')] : [];
}

function floorFindings({ floors }: SoundParts): Found[] {
  const groups = new Set(definitions.flatMap((definition) => definition.groups.map(({ id }) => id)));
  return floors.flatMap(([floor, { keeps }]) =>
    keeps.flatMap((id, index) =>
      groups.has(id) ? [] : [found('unknown-name', 'floors', floor, 'keeps', index)],
    ),
  );
}

/** Also uses whose rule is wrong count: they serve their purpose all the same. */
function purposeFindings({ purposes }: SoundParts, content: unknown): Found[] {
  const served = new Set(purposesNamedIn(property(content, 'categories')));
  return purposes.flatMap(([id, { unused }]): Found[] => {
    if (unused === undefined) return served.has(id) ? [] : [found('purpose-unserved', 'purposes', id)];
    return served.has(id) ? [found('purpose-served', 'purposes', id, 'unused')] : [];
  });
}

function purposesNamedIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'purpose' ? [inner as unknown] : purposesNamedIn(inner),
  );
}

/**
 * C3: the door takes events of people who have not signed up, because a subject needs no member. A text that speaks of
 * registered users does not cover them.
 */
function coverageFindings({ categories }: SoundParts): Found[] {
  return categories
    .filter(([, { covers }]) => covers === 'registered-users')
    .map(([id]) => found('capture-before-registration', 'categories', id, 'covers'));
}
