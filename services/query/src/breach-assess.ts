import {
  addPeriod,
  breachCauseLabels,
  dayInJapan,
  type BreachAnswer,
  type BreachCause,
  type BreachClass,
  type BreachTally,
  type BreachVerdict,
  type Labels,
  type Policy,
} from '@keiro/schemas';

/* What APPI 26 and Rules 7 and 8 ask of a breach, as far as counts and dates say it. Pure. */

const words = (ja: string, en: string): Labels => ({ ja, en });

/** Rule 7(4): more than this many. */
const manyPersons = 1000;
/** Field groups whose misuse can cost somebody money: by themselves, or as circumstances are. */
const costly = { yes: ['C5.card'], possible: ['C5.books', 'C5.contact'] } as const;

/**
 * Which of the four classes of Rule 7 apply to what was exposed, and why. The first three count from one person; data
 * that nobody can be named for may be of anybody.
 */
export function classesOf(exposed: BreachTally, cause: BreachCause): BreachClass[] {
  const is = (condition: boolean, otherwise: BreachVerdict = 'no'): BreachVerdict =>
    condition ? 'yes' : otherwise;
  const holds = (groups: readonly string[]) => groups.some((group) => (exposed.groups[group] ?? 0) > 0);
  const { atLeast, atMost } = exposed.persons;
  const most = atMost + exposed.unattributed;
  const isImproper = breachCauseLabels[cause].improper;
  return [
    {
      id: 'sensitive',
      item: 1,
      applies: is(exposed.sensitive > 0),
      why: words(
        `要配慮個人情報を含む記録 ${String(exposed.sensitive)}件`,
        `${String(exposed.sensitive)} records with sensitive data`,
      ),
    },
    {
      id: 'property-damage',
      item: 2,
      applies: is(holds(costly.yes), holds(costly.possible) ? 'possible' : 'no'),
      why: holds(costly.yes)
        ? words('カードの識別情報を含む', 'it holds what identifies a card')
        : holds(costly.possible)
          ? words(
              '決済の情報を含む。悪用されうるかは担当者が判断する',
              'it holds payment data: a person decides whether misuse could cost money',
            )
          : words('カード・決済の情報を含まない', 'it holds no card or payment data'),
    },
    {
      id: 'improper-purpose',
      item: 3,
      applies: is(isImproper && exposed.records > 0),
      why: isImproper
        ? words(
            `原因が${breachCauseLabels[cause].ja}であり、不正の目的によるおそれがある（取得しようとしている情報も含む）`,
            `the cause is ${breachCauseLabels[cause].en}: it may have been for an improper purpose (data being acquired included)`,
          )
        : words(`原因は${breachCauseLabels[cause].ja}`, `the cause is ${breachCauseLabels[cause].en}`),
    },
    {
      id: 'more-than-1000',
      item: 4,
      applies: is(atLeast > manyPersons, most > manyPersons ? 'possible' : 'no'),
      why: words(
        `本人は${String(atLeast)}人以上${String(atMost)}人以下、識別子のない記録${String(exposed.unattributed)}件`,
        `${String(atLeast)} to ${String(atMost)} persons, and ${String(exposed.unattributed)} records without any identifier`,
      ),
    },
  ];
}

/** Whether it must be reported: as soon as one class applies. */
export function reportableOf(classes: readonly BreachClass[]): BreachVerdict {
  const verdicts = classes.map(({ applies }) => applies);
  return verdicts.includes('yes') ? 'yes' : verdicts.includes('possible') ? 'possible' : 'no';
}

/** Where a policy has no clock: Rule 8, from secondary sources. */
const shipped = {
  'breach-preliminary': 'P3D',
  'breach-final': 'P30D',
  'breach-final-improper': 'P60D',
} as const;
/** "Promptly" is taken for three to five days. */
const promptlyAtMost = 'P5D';

/** The reports' last days from the moment of knowing, each at its end in Asia/Tokyo (Rule 8; L1). */
export function deadlinesOf(
  knownAt: Date,
  classes: readonly BreachClass[],
  policy: Policy,
): BreachAnswer['deadlines'] {
  const { clocks, law } = policy.rules;
  const endAfter = (period: string) => endOfDay(addPeriod(knownAt, period)).toISOString();
  const periodOf = (clock: keyof typeof shipped) => clocks[clock]?.period ?? shipped[clock];
  const mark = law['APPI 26(1)']?.mark ?? 'S';
  const isImproper = classes.some(({ id, applies }) => id === 'improper-purpose' && applies === 'yes');
  const final = isImproper ? 'breach-final-improper' : 'breach-final';
  const [from = '', by = ''] = [endAfter(periodOf('breach-preliminary')), endAfter(promptlyAtMost)].sort();
  return {
    preliminary: { clock: 'breach-preliminary', from, by, mark },
    final: { clock: final, by: endAfter(periodOf(final)), mark },
  };
}

const endOfDay = (at: Date) => new Date(`${dayInJapan(at)}T23:59:59.999+09:00`);

export type Keys = 'untouched' | 'touched' | 'unknown';
type Encryption = BreachAnswer['places'][number]['encryption'];

/** How data lie at a place: what is sealed in a topic is no use to one who has no keys; a store holds plaintext. */
export function encryptionOf(
  kind: 'holder' | 'topic',
  keys: Keys,
): { encryption: Encryption; isExcluded: boolean } {
  if (kind === 'holder') return { encryption: 'plaintext', isExcluded: false };
  const encryption = {
    untouched: 'sealed-keys-apart',
    touched: 'sealed-keys-touched',
    unknown: 'sealed-keys-unknown',
  } as const;
  return { encryption: encryption[keys], isExcluded: keys === 'untouched' };
}
