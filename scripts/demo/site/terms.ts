import { addPeriod, dayInJapan, periodText, type Policy, type PolicyRules } from '@keiro/schemas';

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
    return {
      what: label.ja,
      until: [...periods].flatMap((id) => {
        const rule = rules.retention[id];
        if (rule === undefined) return [];
        return [`${rule.label.ja}${limitOf(rule, rules, at)}`];
      }),
      byLaw: all.flatMap((group) => {
        const laws = group.floors.flatMap((id) => {
          const floor = rules.floors[id];
          return floor === undefined ? [] : [`${floor.label.ja}（${rules.law[floor.law]?.ja ?? floor.law}）`];
        });
        return laws.length === 0 ? [] : [`${group.label.ja}：${laws.join('、')}`];
      }),
    };
  });
}

/** The day where it is known by now, or else the latest end. A cap that ends in a review is none: she has left. */
function limitOf(
  { start, period, cap }: PolicyRules['retention'][string],
  { starts }: PolicyRules,
  at: Date,
): string {
  if (start === 'account-closed') return `（${inWords(addPeriod(at, period))}まで）`;
  if (cap?.then !== 'erase') return '';
  return `（遅くとも${starts[cap.from].ja}から${periodText(cap.period, 'ja')}）`;
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
