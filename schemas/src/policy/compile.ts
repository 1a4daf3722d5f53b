import type { Category } from '../events/define.ts';
import { createPolicies, type CategoryRules, type Policies, type PolicyRules } from './policy.ts';
import type { PolicyFile } from './schema-file.ts';

/** The versions of a file, each with the rules that apply to it: what the file leaves out is filled in. Pure. */
export function compile(file: PolicyFile): Policies {
  const { versions, ...rest } = file;
  const rules: PolicyRules = {
    ...rest,
    categories: Object.fromEntries(
      Object.entries(file.categories).map(([id, category]) => [id, categoryRules(file, id, category)]),
    ) as Record<Category, CategoryRules>,
  };
  return createPolicies(versions.map((version) => ({ ...version, rules })));
}

function categoryRules(
  file: PolicyFile,
  id: string,
  category: PolicyFile['categories'][Category],
): CategoryRules {
  const groups = Object.entries(category.groups).map(([name, group]) => {
    const keptBy = Object.entries(file.floors).filter(([, { keeps }]) => keeps.includes(`${id}.${name}`));
    return [
      name,
      {
        label: group.label,
        fields: group.fields,
        uses: group.uses ?? category.uses,
        floors: keptBy.map(([floor]) => floor),
        source: group.source ?? file.map.source,
      },
    ] as const;
  });
  return {
    label: category.label,
    source: category.source,
    covers: category.covers,
    groups: Object.fromEntries(groups),
  };
}
