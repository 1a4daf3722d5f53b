import {
  groupRules,
  sensitiveLabels,
  type Labels,
  type LineageAnswer,
  type LineageConsent,
  type LineageRecord,
  type LineageTransfer,
  type Policy,
} from '@keiro/schemas';

type LabelTable = Record<string, Labels>;

/** What the register says where no basis of the policy is needed, or none is known. */
const otherBases: LabelTable = {
  own: { ja: '自社での取扱い', en: 'Our own' },
  unknown: { ja: '根拠不明', en: 'No basis known' },
};

/** Names, in Japanese and English, of the ids that an answer uses, as a policy has them (L2). Pure. */
export function labelsFor(
  used: {
    readonly records: readonly LineageRecord[];
    readonly categories: readonly { readonly category: string }[];
    readonly transfers: readonly LineageTransfer[];
    readonly consents: readonly LineageConsent[];
  },
  policy: Policy,
): LineageAnswer['labels'] {
  const { rules } = policy;
  const groups = used.records.flatMap((record) => record.groups);
  return {
    categories: pick(
      rules.categories,
      used.categories.map(({ category }) => category),
    ),
    groups: Object.fromEntries(
      [...new Set(groups.map(({ group }) => group))].flatMap((id) => {
        const found = groupRules(policy, id);
        return found === undefined ? [] : [[id, found.label] as const];
      }),
    ),
    purposes: {
      ...pick(rules.purposes, [
        ...groups.flatMap(({ purposes, byConsent = [] }) => [...purposes, ...byConsent]),
        ...used.consents.map(({ id }) => id),
      ]),
      // The purposes of customers (X2): one each, and all called the same.
      ...Object.fromEntries(
        groups
          .flatMap(({ purposes }) => purposes)
          .filter((purpose) => purpose.startsWith('entrusted:'))
          .map((purpose) => [purpose, rules.entrusted.label]),
      ),
    },
    bases: {
      ...pick(
        rules.bases,
        used.transfers.map(({ basis }) => basis),
      ),
      ...otherBases,
    },
    starts: Object.fromEntries(
      Object.entries(rules.starts).filter(([id]) => groups.some(({ start }) => start === id)),
    ),
    rules: pick(
      rules.retention,
      groups.map(({ rule }) => rule),
    ),
    sensitive: Object.fromEntries(
      used.records
        .flatMap(({ sensitive }) => sensitive?.kinds ?? [])
        .map((kind) => [kind, sensitiveLabels[kind]]),
    ),
  };
}

function pick(
  table: Readonly<Record<string, { readonly label: Labels }>>,
  ids: readonly string[],
): LabelTable {
  return Object.fromEntries(
    [...new Set(ids)].flatMap((id) => {
      const found = Object.hasOwn(table, id) ? table[id] : undefined;
      return found === undefined ? [] : [[id, found.label] as const];
    }),
  );
}
