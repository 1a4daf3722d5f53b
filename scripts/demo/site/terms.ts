import { addPeriod, dayInJapan, type Policy } from '@keiro/schemas';

/** What becomes of one kind of data when a member leaves, in Japanese. */
export interface Term {
  readonly what: string;
  readonly until: readonly string[];
  /** What a law makes us keep of it for longer. */
  readonly byLaw: readonly string[];
}

/** Read from the policy itself, so that the page can't promise anything else. Pure. */
export function termsOfClosing({ rules }: Policy, at: Date): Term[] {
  return Object.values(rules.categories).map(({ label, groups }) => {
    const all = Object.values(groups);
    const periods = new Set(all.flatMap(({ uses }) => uses.map(({ rule }) => rule)));
    const floors = new Set(all.flatMap((group) => group.floors));
    return {
      what: label.ja,
      until: [...periods].flatMap((id) => {
        const rule = rules.retention[id];
        if (rule === undefined) return [];
        const day = rule.start === 'account-closed' ? addPeriod(at, rule.period) : undefined;
        return [day === undefined ? rule.label.ja : `${rule.label.ja}（${inWords(day)}まで）`];
      }),
      byLaw: [...floors].flatMap((id) => {
        const floor = rules.floors[id];
        if (floor === undefined) return [];
        return [`${floor.label.ja}（${rules.law[floor.law]?.ja ?? floor.law}）`];
      }),
    };
  });
}

/** The day on which the account's own data end. Pure. */
export function lastDayOfAccount({ rules }: Policy, at: Date): string | undefined {
  const rule = Object.values(rules.retention).find(({ start }) => start === 'account-closed');
  return rule === undefined ? undefined : inWords(addPeriod(at, rule.period));
}

function inWords(at: Date): string {
  const [year, month, day] = dayInJapan(at).split('-').map(Number);
  return `${String(year)}年${String(month)}月${String(day)}日`;
}
