import { describe, expect, it } from '@jest/globals';
import { shippedPolicies, type HolderDocument, type ProvisionDocument } from '@keiro/schemas';
import { sectionsOf, type Known } from '@keiro/request/answers';
import { fit, holder } from '../builders/holders.ts';

/* What Keiro answers by itself (R1): each from what it knows, and nothing of anybody's values. */

const abroad = {
  country: 'SG',
  countrySystem: { ja: '2012年からの一般法', en: 'a general law since 2012' },
  abroad: {
    basis: 'equivalent-system',
    reviewedAt: '2026-01-10',
    nextReview: '2027-01-10',
    measures: { ja: '同等の契約', en: 'a contract to the same effect' },
  },
} as const;
const document = (one: object) => one as HolderDocument;
const provision = (more: object) =>
  ({
    direction: 'provided',
    party: { id: 'partner', name: { ja: '提携先', en: 'Partner' }, country: 'US' },
    purpose: 'marketing',
    groups: ['C6.contact'],
    // The 3rd in Japan.
    at: new Date('2026-04-02T16:30:00.000Z'),
    record: { kind: 'record', items: [], articles: [] },
    ...more,
  }) as unknown as ProvisionDocument;
const known = (more: Partial<Known>): Known => ({
  categories: ['C1'],
  held: [],
  holders: [],
  provisions: [],
  policy: shippedPolicies().newest,
  ...more,
});
const english = (sections: ReturnType<typeof sectionsOf>) =>
  sections?.map(({ heading, items }) => [heading.en, ...items.map(({ en }) => en)]);

describe('an answer', () => {
  it('APPI 28(3): tells of recipients abroad that may hold something, their country’s system and their measures', () => {
    const mailer = document({ ...holder('processor'), ...fit, ...abroad });
    const other = document({ ...mailer, id: 'other', categories: ['C5'] });
    const home = document({ ...mailer, country: 'JP' });
    const [section, ...more] =
      sectionsOf('overseas-measures', known({ holders: [mailer, other, home] })) ?? [];
    expect(more).toEqual([]);
    expect(section?.items.map(({ en }) => en)).toEqual(
      expect.arrayContaining([
        'System of the country: a general law since 2012',
        'Equivalent measures: a contract to the same effect',
        'Last reviewed 2026-01-10, next 2027-01-10',
      ]),
    );
  });

  it('APPI 33(5): lists what was provided and received, but for what needed no record', () => {
    const sections = sectionsOf(
      'provision-disclosure',
      known({
        provisions: [provision({}), provision({ record: { kind: 'none', reason: 'duty', articles: [] } })],
      }),
    );
    expect(english(sections)).toEqual([
      ['Provided to third parties', expect.stringMatching(/^2026-04-03 \| Partner \(US\) \| /)],
      ['Received from third parties', 'none'],
    ]);
  });

  it('APPI 32(2): names the purposes of each group that is held, once each', () => {
    const held = [
      { group: 'C1.identity', purposes: ['membership'] },
      { group: 'C1.identity', purposes: ['service', 'membership'] },
    ];
    const sections = sectionsOf('purpose-notice', known({ held }));
    expect(sections).toHaveLength(1);
    expect(sections?.[0]?.items).toHaveLength(2);
  });

  it.each(['overseas-measures', 'purpose-notice', 'provision-disclosure'] as const)(
    'says so where there is nothing to tell: %s',
    (type) => {
      const sections = sectionsOf(type, known({}));
      expect(sections?.every(({ items }) => items[0]?.ja === 'なし')).toBe(true);
    },
  );

  it('is a person’s to give where Keiro has none', () => {
    expect(sectionsOf('question', known({}))).toBeUndefined();
    expect(sectionsOf('disclosure', known({}))).toBeUndefined();
  });
});
