import {
  authorise,
  shippedPolicies,
  transferSchema,
  type Evidence,
  type RegisteredHolder,
  type Standing,
  type Transfer,
  type TransferPerson,
} from '@keiro/schemas';
import { refNamed } from './link-graphs.ts';

export const now = new Date('2026-06-01T03:00:00.000Z');
export const policy = shippedPolicies().inForce(now);
export const ref = refNamed('member', 'somebody');
export const cookie = refNamed('cookie', 'browser');

export const transferOf = (
  to: RegisteredHolder,
  evidence: Evidence,
  more: Partial<Transfer> = {},
): Transfer =>
  transferSchema.parse({
    holder: to.id,
    purpose: 'service',
    subject: { ref, generation: 1 },
    category: 'C1',
    groups: ['C1.identity'],
    evidence,
    ...more,
  });

export const judged = (
  to: RegisteredHolder,
  evidence: Evidence,
  person: TransferPerson = {},
  more: Partial<Transfer> = {},
  at = now,
) => authorise(transferOf(to, evidence, more), to, person, policy, at);

export const standing = (change: Partial<Standing>): TransferPerson => ({
  standing: {
    ref,
    hiddenThrough: 0,
    erasedThrough: 0,
    suspended: [],
    request: 'r',
    at: now.toISOString(),
    ...change,
  },
});

let fact = 0;
export const said = (
  kind: 'consent-given' | 'consent-withdrawn',
  recipient: string,
  day: string,
  more: Partial<NonNullable<NonNullable<TransferPerson['consents']>[number]['consent']>> = {},
) => ({
  _id: `fact-${String((fact += 1))}`,
  kind,
  time: new Date(`${day}T00:00:00.000Z`),
  consent: { recipients: [recipient], wording: 'w-1', means: 'form' as const, ...more },
});
export const consented = (...consents: NonNullable<TransferPerson['consents']>): TransferPerson => ({
  consents,
});
export const told = (country: string) => ({
  abroad: { country, informedOf: ['system-of-country' as const, 'measures-of-recipient' as const] },
});

export const life = {
  basis: 'life-or-property',
  protects: 'body',
  reason: 'case-1',
  'why-consent-is-hard': 'unreachable',
  approver: 'privacy-office',
} as const satisfies Evidence;
export const law = {
  basis: 'law' as const,
  article: 'APPI 27(1)(i)' as const,
  authority: '架空地方裁判所',
  'reference-number': 'case-2',
  items: ['C1.identity'],
} satisfies Evidence;
export const body = {
  basis: 'public-body',
  authority: '架空市役所',
  'legal-provision': '架空法12条',
  'reference-number': 'case-3',
} as const satisfies Evidence;
export const succession = {
  basis: 'succession' as const,
  successor: 'partner',
  date: '2026-05-01',
  scope: { categories: ['C1'], purposes: ['service'] },
} satisfies Evidence;
export const terms = {
  basis: 'terms-violation',
  'case-reference': 'case-4',
  approver: 'privacy-office',
} as const satisfies Evidence;
export const abroad: Partial<RegisteredHolder> = { country: 'US' };
export const gave = (more = {}) => consented(said('consent-given', 'partner', '2026-02-01', more));

export interface Case {
  readonly row: string;
  readonly name: string;
  readonly to: RegisteredHolder;
  readonly evidence: Evidence;
  readonly person?: TransferPerson;
  readonly more?: Partial<Transfer>;
}
