import type { RegisteredHolder } from '@keiro/schemas';

const both = (text: string) => ({ ja: `${text}（架空）`, en: text });

/** What makes a processor fit in the eyes of T1, for as long as a test needs. */
export const fit = {
  qualification: { checkedAt: '2026-01-10', by: 'privacy-office', result: 'passed', nextDue: '2036-12-31' },
  contract: { from: '2026-01-15', safetyClauses: true, subProcessing: 'none' },
  safetyMeasures: both('encrypted disks'),
} as const satisfies Partial<RegisteredHolder>;

/** An equivalent system, looked at on a day (APPI 28(1)). */
export const equivalentSince = (reviewedAt: string) =>
  ({
    countrySystem: both('a general law since 2012'),
    abroad: {
      basis: 'equivalent-system',
      reviewedAt,
      nextReview: '2036-12-31',
      measures: both('a contract by the standard of the Act'),
    },
  }) as const satisfies Partial<RegisteredHolder>;

/** T4 with all that the policy and APPI 27(5)(iii) name. */
export const announced = (publishedAt: string) => ({
  announcement: {
    publishedAt,
    purpose: both('joint campaigns'),
    partner: both('Example Partners'),
    items: both('name and address'),
    administrator: both('Example Ltd.'),
    'fact-of-joint-use': both('used jointly'),
    'range-of-users': both('the two companies'),
    'address-of-administrator': both('1-1 Example, Tokyo'),
    representative: both('the president'),
  },
});

const base = {
  name: both('a holder'),
  country: 'JP',
  categories: ['C1', 'C3', 'C6'],
  purposes: ['membership', 'service', 'quality'],
} as const;

/** Holders that are in order, by what they are. */
export const inOrder = {
  store: { ...base, id: 'crm', kind: 'store', basis: 'own' },
  processor: { ...base, id: 'mailer', kind: 'processor', basis: 'entrustment', ...fit },
  affiliate: { ...base, id: 'group-company', kind: 'affiliate', basis: 'entrustment', ...fit },
  thirdParty: { ...base, id: 'partner', kind: 'third-party', basis: 'consent' },
  jointUser: { ...base, id: 'joint', kind: 'joint-user', basis: 'joint-use', ...announced('2026-03-01') },
  analytics: { ...base, id: 'analytics', kind: 'analytics', basis: 'consent', country: 'US' },
  site: { ...base, id: 'recovery', kind: 'dr-site', country: 'SG', basis: 'own', operator: 'own-branch' },
} as const satisfies Record<string, RegisteredHolder | object>;

type Name = keyof typeof inOrder;

export const holder = (name: Name, more: Partial<RegisteredHolder> = {}): RegisteredHolder =>
  // The tables above are readonly through and through, which the schema's own type is not.
  structuredClone({ ...inOrder[name], ...more }) as unknown as RegisteredHolder;
