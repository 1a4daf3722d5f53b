import {
  groupRules,
  keepingRuleOf,
  provisionEnd,
  upkeepOf,
  type Labels,
  type Policy,
  type ProvisionDocument,
  type ProvisionLabels,
  type ProvisionView,
} from '@keiro/schemas';
import type { KeptProvisions } from './provision-store.ts';

/** A record as it is shown, with when and by what it ends. Pure. */
export function provisionView(
  one: ProvisionDocument,
  lastAt: KeptProvisions['lastAt'],
  policy: Policy,
): ProvisionView {
  const { _id, party, record, consent, keeping, series } = one;
  const rule = keepingRuleOf(one);
  const until = provisionEnd(policy, one, series === undefined ? undefined : lastAt.get(series));
  const articles = [...record.articles];
  return {
    id: _id,
    direction: one.direction,
    act: one.act,
    party: { ...party, name: { ...party.name } },
    ...(one.purpose === undefined ? {} : { purpose: one.purpose }),
    subject: { ...one.subject },
    groups: [...one.groups],
    at: one.at.toISOString(),
    recordedAt: one.recordedAt.toISOString(),
    by: one.by,
    ...(one.basis === undefined ? {} : { basis: one.basis }),
    ...(one.beside === undefined ? {} : { beside: one.beside }),
    ...(one.side === undefined ? {} : { side: one.side }),
    articles: [...one.articles],
    record:
      record.kind === 'none' ? { ...record, articles } : { ...record, articles, items: [...record.items] },
    ...(consent === undefined ? {} : { consent: { ...consent, at: consent.at.toISOString() } }),
    ...(one.acquired === undefined ? {} : { acquired: one.acquired }),
    kept: {
      as: rule,
      ...('reference' in keeping ? { reference: keeping.reference } : {}),
      ...upkeepOf(policy, rule),
      until: until.toISOString(),
    },
  };
}

/** How many there are, until when the last of them is kept, and by which article. */
export interface Remains {
  readonly count: number;
  readonly until: Date;
  readonly article: Labels | undefined;
}

/** What outlives an erasure; undefined where there is nothing. Pure. */
export function remainsOf({ provisions, lastAt }: KeptProvisions, policy: Policy): Remains | undefined {
  const ends = provisions.map((one) =>
    provisionEnd(policy, one, one.series === undefined ? undefined : lastAt.get(one.series)).getTime(),
  );
  if (ends.length === 0) return undefined;
  const article = provisions.flatMap((one) => upkeepOf(policy, keepingRuleOf(one)).article ?? [])[0];
  return {
    count: provisions.length,
    until: new Date(ends.reduce((latest, end) => Math.max(latest, end))),
    article: article === undefined ? undefined : policy.rules.law[article],
  };
}

/** Names of what these use, in Japanese and English (L2). Pure. */
export function provisionLabels(provisions: readonly ProvisionDocument[], policy: Policy): ProvisionLabels {
  const { purposes, bases } = policy.rules;
  const groups = new Set(provisions.flatMap((one) => one.groups));
  return {
    groups: Object.fromEntries(
      [...groups].flatMap((id) => {
        const found = groupRules(policy, id);
        return found === undefined ? [] : [[id, found.label] as const];
      }),
    ),
    purposes: named(
      purposes,
      provisions.flatMap(({ purpose }) => purpose ?? []),
    ),
    bases: {
      ...named(
        bases,
        provisions.flatMap(({ basis, beside }) => [basis ?? [], beside ?? []].flat()),
      ),
      own: { ja: '自社での取扱い', en: 'Our own' },
      duty: { ja: '本人の求めの伝達', en: 'What the person asked' },
    },
  };
}

function named(
  table: Readonly<Record<string, { readonly label: Labels }>>,
  ids: readonly string[],
): Record<string, Labels> {
  return Object.fromEntries(
    [...new Set(ids)].flatMap((id) => {
      const found = Object.hasOwn(table, id) ? table[id] : undefined;
      return found === undefined ? [] : [[id, found.label] as const];
    }),
  );
}
