import { describe, expect, it } from '@jest/globals';
import { authorise, registeredTransfer, type RegisteredHolder } from '@keiro/schemas';
import { equivalentSince, fit, holder } from '../builders/holders.ts';
import {
  abroad,
  body,
  consented,
  cookie,
  gave,
  judged,
  law,
  life,
  now,
  policy,
  said,
  standing,
  succession,
  terms,
  told,
  type Case,
} from '../builders/transfers.ts';

describe('a transfer is allowed', () => {
  it.each<Case & { is: object }>([
    {
      row: 'T0',
      name: 'to a store of ours, which is no provision',
      to: holder('store'),
      evidence: { basis: 'own' },
      is: { side: 'home', articles: [], record: { kind: 'none', reason: 'not-a-provision' } },
    },
    {
      row: 'TA',
      name: 'by consent, recorded',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: gave(),
      is: { side: 'home', articles: ['APPI 27(1)'], record: { kind: 'provision', articles: ['APPI 29(1)'] } },
    },
    {
      row: 'TA',
      name: 'abroad by consent of one who was told',
      to: holder('thirdParty', abroad),
      evidence: { basis: 'consent' },
      person: gave(told('US')),
      is: { side: 'abroad', articles: ['APPI 28(1)', 'APPI 28(2)'], record: { kind: 'provision' } },
    },
    {
      row: 'TA',
      name: 'by a consent that was given again after a withdrawal',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: consented(
        said('consent-given', 'partner', '2026-01-01'),
        said('consent-withdrawn', 'partner', '2026-02-01'),
        said('consent-given', 'partner', '2026-03-01'),
      ),
      is: { basis: 'consent' },
    },
    {
      row: 'TA',
      name: 'of a cookie to one who will know whose it is, recorded under 31',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: gave(),
      more: {
        subject: { ref: cookie, generation: 1 },
        purpose: 'quality',
        category: 'C3',
        groups: ['C3.usage'],
        recipientIdentifies: true,
      },
      is: { record: { kind: 'personal-related', articles: ['APPI 31(3)'] } },
    },
    {
      row: 'TB',
      name: 'for breach of the terms with a law beside it',
      to: holder('thirdParty'),
      evidence: { ...terms, 'basis-beside-it': law },
      is: {
        basis: 'terms-violation',
        beside: 'law',
        articles: ['APPI 27(1)(i)'],
        record: { kind: 'none', reason: 'exception-of-27(1)' },
      },
    },
    {
      row: 'TB',
      name: 'for breach of the terms with life or property beside it',
      to: holder('thirdParty'),
      evidence: { ...terms, 'basis-beside-it': life },
      is: { beside: 'life-or-property', articles: ['APPI 27(1)(ii)'] },
    },
    {
      row: 'TB',
      name: 'for breach of the terms with prior consent beside it',
      to: holder('thirdParty'),
      evidence: { ...terms, 'basis-beside-it': { basis: 'consent' } },
      person: gave(),
      is: { beside: 'consent', record: { kind: 'provision' } },
    },
    {
      row: 'TC',
      name: 'for life or property, at home',
      to: holder('thirdParty'),
      evidence: life,
      is: {
        side: 'home',
        articles: ['APPI 27(1)(ii)'],
        record: { kind: 'none', reason: 'exception-of-27(1)' },
      },
    },
    {
      row: 'TC',
      name: 'for life or property, abroad as well, whatever is suspended',
      to: holder('thirdParty', abroad),
      evidence: life,
      person: standing({ suspended: ['all'], denied: ['partner'] }),
      is: { side: 'abroad', articles: ['APPI 27(1)(ii)', 'APPI 28(1)'] },
    },
    {
      row: 'TD',
      name: 'to a public body',
      to: holder('thirdParty'),
      evidence: body,
      is: { articles: ['APPI 27(1)(iv)'], record: { kind: 'none', reason: 'exception-of-27(1)' } },
    },
    {
      row: 'TE',
      name: 'to the successor, of the business, for the purposes from before',
      to: holder('thirdParty'),
      evidence: succession,
      is: {
        articles: ['APPI 27(5)(ii)', 'APPI 18(2)'],
        record: { kind: 'none', reason: 'not-third-party-by-27(5)' },
      },
    },
    {
      row: 'TE',
      name: 'to a successor in a designated country',
      to: holder('thirdParty', {
        country: 'DE',
        abroad: { basis: 'designated-country', reviewedAt: '2026-01-01', nextReview: '2027-01-01' },
      }),
      evidence: succession,
      is: {
        side: 'abroad',
        articles: ['APPI 27(5)(ii)', 'APPI 18(2)', 'APPI 28(1)'],
        record: { kind: 'none' },
      },
    },
    {
      row: 'TF',
      name: 'by a law that compels it, whatever is suspended',
      to: holder('thirdParty'),
      evidence: law,
      person: standing({ suspended: ['all'] }),
      is: { articles: ['APPI 27(1)(i)'], record: { kind: 'none', reason: 'exception-of-27(1)' } },
    },
    {
      row: 'TF',
      name: 'by 27(2) with its filing, recorded',
      to: holder('thirdParty'),
      evidence: { ...law, article: 'APPI 27(2)', filing: { reference: 'ppc-1', filedOn: '2026-01-01' } },
      is: {
        articles: ['APPI 27(2)'],
        record: { kind: 'provision', items: ['date', 'recipient', 'person', 'items'] },
      },
    },
    {
      row: 'TF',
      name: 'by a law even to a processor that nobody examined',
      to: holder('processor', { qualification: undefined }),
      evidence: law,
      is: { articles: ['APPI 27(1)(i)'] },
    },
    {
      row: 'T1',
      name: 'to a processor that was examined, under contract',
      to: holder('processor'),
      evidence: { basis: 'entrustment' },
      is: {
        articles: ['APPI 27(5)(i)', 'APPI 25'],
        record: { kind: 'none', reason: 'not-third-party-by-27(5)' },
      },
    },
    {
      row: 'T1',
      name: 'to a processor abroad with an equivalent system',
      to: holder('processor', { country: 'US', ...equivalentSince('2025-12-01') }),
      evidence: { basis: 'entrustment' },
      is: { side: 'abroad', articles: ['APPI 27(5)(i)', 'APPI 25', 'APPI 28(1)'], record: { kind: 'none' } },
    },
    {
      row: 'T1',
      name: 'to a processor abroad by consent, recorded though it is entrustment',
      to: holder('processor', {
        country: 'US',
        abroad: { basis: 'consent', reviewedAt: '2026-01-01', nextReview: '2027-01-01' },
      }),
      evidence: { basis: 'entrustment' },
      person: consented(said('consent-given', 'mailer', '2026-02-01', told('US'))),
      is: { basis: 'entrustment', record: { kind: 'provision' } },
    },
    {
      row: 'T2',
      name: 'to the affiliate under the duties of a processor',
      to: holder('affiliate'),
      evidence: { basis: 'entrustment' },
      is: { articles: ['APPI 27(5)(i)', 'APPI 25'] },
    },
    {
      row: 'T3',
      name: 'to a site abroad of our own branch: no third party',
      to: holder('site'),
      evidence: { basis: 'own' },
      is: { side: 'abroad', articles: ['APPI 23'], record: { kind: 'none', reason: 'not-a-provision' } },
    },
    {
      row: 'T3',
      name: 'to a site on a cloud that does not handle the data',
      to: holder('site', { operator: 'cloud' }),
      evidence: { basis: 'own' },
      is: { side: 'abroad', record: { kind: 'none' } },
    },
    {
      row: 'T3',
      name: 'to a site of an affiliate with an equivalent system',
      to: holder('site', {
        basis: 'entrustment',
        operator: 'affiliate',
        ...fit,
        ...equivalentSince('2026-05-01'),
      }),
      evidence: { basis: 'entrustment' },
      is: { side: 'abroad' },
    },
    {
      row: 'T4',
      name: 'to a joint user after the announcement',
      to: holder('jointUser'),
      evidence: { basis: 'joint-use' },
      is: {
        articles: ['APPI 27(5)(iii)', 'APPI 27(6)'],
        record: { kind: 'none', reason: 'not-third-party-by-27(5)' },
      },
    },
    {
      row: 'R5',
      name: 'where it is a duty: a lapsed holder is told of an erasure',
      to: holder('processor', { contract: undefined }),
      evidence: { basis: 'duty', duty: 'erase' },
      person: standing({ erasedThrough: 1, suspended: ['all'], denied: ['mailer'] }),
      is: { basis: 'duty', record: { kind: 'none', reason: 'duty' } },
    },
    {
      row: 'R6',
      name: 'to a processor, whom no denial reaches',
      to: holder('processor'),
      evidence: { basis: 'entrustment' },
      person: standing({ denied: ['mailer'] }),
      is: { basis: 'entrustment' },
    },
  ])('$row: $name', ({ to, evidence, person, more, is }) => {
    expect(judged(to, evidence, person, more)).toMatchObject({ allowed: true, basis: evidence.basis, ...is });
  });
});

describe('a holder as such', () => {
  const carried = (to: RegisteredHolder, at = now) =>
    authorise(registeredTransfer(to, 'service'), to, {}, policy, at).allowed;

  it('is judged by the basis of the register, and lapses with the day in Japan', () => {
    const mailer = holder('processor', { contract: { ...fit.contract, until: '2026-06-01' } });
    expect([carried(holder('store')), carried(holder('jointUser')), carried(mailer)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(carried(mailer, new Date('2026-06-01T14:59:59.000Z'))).toBe(true);
    expect(carried(mailer, new Date('2026-06-01T15:00:00.000Z'))).toBe(false);
  });

  it('is carried by nothing where each person or case decides', () => {
    expect(carried(holder('thirdParty'))).toBe(false);
    expect(carried(holder('thirdParty', { basis: 'law' }))).toBe(false);
    expect(carried(holder('thirdParty', { basis: 'no-such-basis' }))).toBe(false);
  });
});
