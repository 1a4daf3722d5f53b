import { describe, expect, it } from '@jest/globals';
import { authorise, transferRefusals, type RegisteredHolder } from '@keiro/schemas';
import { announced, equivalentSince, fit, holder } from '../builders/holders.ts';
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
  transferOf,
  type Case,
} from '../builders/transfers.ts';

const announcement = announced('2026-03-01').announcement;
const site = (more: Partial<RegisteredHolder>) =>
  holder('site', {
    basis: 'entrustment',
    operator: 'cloud',
    ...fit,
    ...equivalentSince('2026-05-01'),
    ...more,
  });

describe('a transfer is refused', () => {
  it.each<Case & { reason: keyof typeof transferRefusals }>([
    {
      row: 'T0',
      name: 'under a basis that is not the holder’s',
      to: holder('thirdParty'),
      evidence: { basis: 'own' },
      reason: 'no-basis',
    },
    {
      row: 'T0',
      name: 'as entrustment to one who is entrusted with nothing',
      to: holder('store'),
      evidence: { basis: 'entrustment' },
      reason: 'no-basis',
    },
    {
      row: 'T0',
      name: 'of a category that it is not registered for',
      to: holder('store'),
      evidence: { basis: 'own' },
      more: { category: 'C5', groups: [] },
      reason: 'beyond-category',
    },
    {
      row: 'T1',
      name: 'beyond the purposes of the entrustment',
      to: holder('processor'),
      evidence: { basis: 'entrustment' },
      more: { purpose: 'marketing', groups: [] },
      reason: 'beyond-purpose',
    },
    {
      row: 'T0',
      name: 'of groups that the policy has not serve the purpose',
      to: holder('store'),
      evidence: { basis: 'own' },
      more: { purpose: 'quality' },
      reason: 'beyond-purpose',
    },
    {
      row: 'R4',
      name: 'of an erased person',
      to: holder('store'),
      evidence: { basis: 'own' },
      person: standing({ erasedThrough: 1 }),
      reason: 'erased',
    },
    {
      row: 'R4',
      name: 'of a person whose deletion is under way, to anybody',
      to: holder('thirdParty'),
      evidence: law,
      person: standing({ hiddenThrough: 1 }),
      reason: 'hidden',
    },
    {
      row: 'R5',
      name: 'for a suspended purpose',
      to: holder('processor'),
      evidence: { basis: 'entrustment' },
      person: standing({ suspended: ['service'] }),
      reason: 'suspended',
    },
    {
      row: 'R5',
      name: 'to a public body that the law does not compel us to answer',
      to: holder('thirdParty'),
      evidence: body,
      person: standing({ suspended: ['all'] }),
      reason: 'suspended',
    },
    {
      row: 'R6',
      name: 'to a joint user whom the person denies',
      to: holder('jointUser'),
      evidence: { basis: 'joint-use' },
      person: standing({ denied: ['joint'] }),
      reason: 'denied',
    },
    {
      row: 'R6',
      name: 'to a joint user that was registered after the person denied every third party',
      to: holder('jointUser'),
      evidence: { basis: 'joint-use' },
      person: standing({ stopped: ['all', 'partner'] }),
      reason: 'denied',
    },
    {
      row: 'TA',
      name: 'without any consent',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      reason: 'consent-missing',
    },
    {
      row: 'TA',
      name: 'by a consent towards somebody else',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: consented(said('consent-given', 'other', '2026-01-01')),
      reason: 'consent-missing',
    },
    {
      row: 'TA',
      name: 'by a consent that is given later',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: consented(said('consent-given', 'partner', '2026-07-01')),
      reason: 'consent-missing',
    },
    {
      row: 'TA',
      name: 'after a withdrawal',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: consented(
        said('consent-given', 'partner', '2026-01-01'),
        said('consent-withdrawn', 'partner', '2026-02-01'),
      ),
      reason: 'consent-withdrawn',
    },
    {
      row: 'TA',
      name: 'on use of the site alone',
      to: holder('thirdParty'),
      evidence: { basis: 'consent' },
      person: gave({ means: 'implied-by-use' }),
      reason: 'consent-implied',
    },
    {
      row: 'TA',
      name: 'abroad, of one who was told nothing',
      to: holder('thirdParty', abroad),
      evidence: { basis: 'consent' },
      person: gave(),
      reason: 'consent-uninformed',
    },
    {
      row: 'TA',
      name: 'abroad, of one who was told of another country',
      to: holder('thirdParty', abroad),
      evidence: { basis: 'consent' },
      person: gave(told('SG')),
      reason: 'consent-uninformed',
    },
    {
      row: 'TA',
      name: 'of a cookie to one who will know whose it is, by announcement alone',
      to: holder('jointUser'),
      evidence: { basis: 'joint-use' },
      more: {
        subject: { ref: cookie, generation: 1 },
        purpose: 'quality',
        category: 'C3',
        groups: ['C3.usage'],
        recipientIdentifies: true,
      },
      reason: 'consent-of-article-31',
    },
    {
      row: 'TB',
      name: 'for breach of the terms alone',
      to: holder('thirdParty'),
      evidence: terms,
      reason: 'terms-violation-alone',
    },
    {
      row: 'TB',
      name: 'for breach of the terms without a case',
      to: holder('thirdParty'),
      evidence: { basis: 'terms-violation', 'basis-beside-it': law },
      reason: 'evidence-missing',
    },
    {
      row: 'TA',
      name: 'for breach of the terms beside a consent that is none',
      to: holder('thirdParty'),
      evidence: { ...terms, 'basis-beside-it': { basis: 'consent' } },
      reason: 'consent-missing',
    },
    {
      row: 'TC',
      name: 'for life or property without an approver',
      to: holder('thirdParty'),
      evidence: { ...life, approver: undefined },
      reason: 'evidence-missing',
    },
    {
      row: 'TD',
      name: 'to a public body without a reference',
      to: holder('thirdParty'),
      evidence: { ...body, 'reference-number': undefined },
      reason: 'evidence-missing',
    },
    {
      row: 'TE',
      name: 'to another than the successor',
      to: holder('thirdParty'),
      evidence: { ...succession, successor: 'other' },
      reason: 'successor-differs',
    },
    {
      row: 'TE',
      name: 'before the day of the succession',
      to: holder('thirdParty'),
      evidence: { ...succession, date: '2026-06-02' },
      reason: 'before-succession',
    },
    {
      row: 'TE',
      name: 'of a business that is not transferred',
      to: holder('thirdParty'),
      evidence: succession,
      more: { category: 'C6', groups: [] },
      reason: 'beyond-succession',
    },
    {
      row: 'TE',
      name: 'for a purpose that was not there before',
      to: holder('thirdParty'),
      evidence: succession,
      more: { purpose: 'membership' },
      reason: 'beyond-succession',
    },
    {
      row: 'T0',
      name: 'to a successor abroad without a basis for that',
      to: holder('thirdParty', abroad),
      evidence: succession,
      reason: 'abroad-without-basis',
    },
    {
      row: 'TF',
      name: 'by a law without the inquiring authority',
      to: holder('thirdParty'),
      evidence: { ...law, authority: undefined },
      reason: 'evidence-missing',
    },
    {
      row: 'TF',
      name: 'of items that were not inquired for',
      to: holder('thirdParty'),
      evidence: law,
      more: { groups: ['C1.contact'] },
      reason: 'items-beyond-inquiry',
    },
    {
      row: 'TF',
      name: 'by 27(2) without its filing',
      to: holder('thirdParty'),
      evidence: { ...law, article: 'APPI 27(2)' },
      reason: 'filing-missing',
    },
    {
      row: 'TF',
      name: 'by 27(2) before its filing',
      to: holder('thirdParty'),
      evidence: { ...law, article: 'APPI 27(2)', filing: { reference: 'ppc-1', filedOn: '2026-06-02' } },
      reason: 'filing-missing',
    },
    {
      row: 'TF',
      name: 'by 27(2) abroad',
      to: holder('thirdParty', abroad),
      evidence: { ...law, article: 'APPI 27(2)', filing: { reference: 'ppc-1', filedOn: '2026-01-01' } },
      reason: 'article-not-abroad',
    },
    {
      row: 'T1',
      name: 'to a processor that nobody examined',
      to: holder('processor', { qualification: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'qualification-missing',
    },
    {
      row: 'T1',
      name: 'to a processor that failed',
      to: holder('processor', { qualification: { ...fit.qualification, result: 'failed' } }),
      evidence: { basis: 'entrustment' },
      reason: 'qualification-failed',
    },
    {
      row: 'T1',
      name: 'to a processor whose examination is overdue',
      to: holder('processor', { qualification: { ...fit.qualification, nextDue: '2026-05-31' } }),
      evidence: { basis: 'entrustment' },
      reason: 'qualification-lapsed',
    },
    {
      row: 'T1',
      name: 'to a processor without a contract',
      to: holder('processor', { contract: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-missing',
    },
    {
      row: 'T1',
      name: 'under a contract without safety clauses',
      to: holder('processor', { contract: { ...fit.contract, safetyClauses: false } }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-unsafe',
    },
    {
      row: 'T1',
      name: 'under a contract that has not begun',
      to: holder('processor', { contract: { ...fit.contract, from: '2026-06-02' } }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-not-begun',
    },
    {
      row: 'T1',
      name: 'under a contract that has ended',
      to: holder('processor', { contract: { ...fit.contract, until: '2026-05-31' } }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-ended',
    },
    {
      row: 'T1',
      name: 'to a processor whose safety measures nobody noted',
      to: holder('processor', { safetyMeasures: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'safety-measures-missing',
    },
    {
      row: 'T1',
      name: 'to an unexamined processor even by consent',
      to: holder('processor', { qualification: undefined }),
      evidence: { basis: 'consent' },
      person: consented(said('consent-given', 'mailer', '2026-01-01')),
      reason: 'qualification-missing',
    },
    {
      row: 'T2',
      name: 'to an affiliate without a contract',
      to: holder('affiliate', { contract: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-missing',
    },
    {
      row: 'T2',
      name: 'to an affiliate as if it were ours',
      to: holder('affiliate'),
      evidence: { basis: 'own' },
      reason: 'no-basis',
    },
    {
      row: 'T1',
      name: 'to a processor abroad without a basis for that',
      to: holder('processor', abroad),
      evidence: { basis: 'entrustment' },
      reason: 'abroad-without-basis',
    },
    {
      row: 'T1',
      name: 'to a designated country that is none',
      to: holder('processor', {
        ...abroad,
        abroad: { basis: 'designated-country', reviewedAt: '2026-01-01', nextReview: '2027-01-01' },
      }),
      evidence: { basis: 'entrustment' },
      reason: 'country-not-designated',
    },
    {
      row: 'T3',
      name: 'to a site whose equivalent system was last looked at over a year ago',
      to: site(equivalentSince('2025-05-31')),
      evidence: { basis: 'entrustment' },
      reason: 'abroad-review-lapsed',
    },
    {
      row: 'T3',
      name: 'to a site whose equivalent measures nobody noted',
      to: site({ countrySystem: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'measures-missing',
    },
    {
      row: 'T3',
      name: 'to a site abroad that nobody is known to run',
      to: site({ operator: undefined }),
      evidence: { basis: 'entrustment' },
      reason: 'operator-unknown',
    },
    {
      row: 'T3',
      name: 'to a site of an affiliate as if it were ours',
      to: holder('site', { operator: 'affiliate' }),
      evidence: { basis: 'own' },
      reason: 'no-basis',
    },
    {
      row: 'T3',
      name: 'to a site whose operator’s contract has ended',
      to: site({ contract: { ...fit.contract, until: '2026-05-31' } }),
      evidence: { basis: 'entrustment' },
      reason: 'contract-ended',
    },
    {
      row: 'T4',
      name: 'to a joint user whom nothing announced',
      to: holder('jointUser', { announcement: undefined }),
      evidence: { basis: 'joint-use' },
      reason: 'announcement-incomplete',
    },
    {
      row: 'T4',
      name: 'to a joint user announced on the very day',
      to: holder('jointUser', announced('2026-06-01')),
      evidence: { basis: 'joint-use' },
      reason: 'announcement-later',
    },
    {
      row: 'G1',
      name: 'to analytics, by any server of ours',
      to: holder('analytics'),
      evidence: { basis: 'consent' },
      person: consented(said('consent-given', 'analytics', '2026-01-01', told('US'))),
      more: { purpose: 'quality', groups: [] },
      reason: 'fed-by-browser-only',
    },
  ])('$row: $name', ({ row, to, evidence, person, more, reason }) => {
    expect(judged(to, evidence, person, more)).toMatchObject({
      allowed: false,
      reason,
      row,
      message: { ja: transferRefusals[reason].ja, en: transferRefusals[reason].en },
    });
  });

  it('T0: to somebody who is not registered', () => {
    const transfer = transferOf(holder('store'), { basis: 'own' });
    expect(authorise(transfer, undefined, {}, policy, now)).toMatchObject({
      reason: 'unknown-holder',
      row: 'T0',
    });
  });

  it('TB: in the words that the policy permits it and the Act does not', () => {
    const verdict = judged(holder('thirdParty'), terms);
    if (verdict.allowed) throw new Error('refused');
    expect(verdict.message.ja).toContain('個人情報保護法27条にその例外はありません');
    expect(verdict.message.en).toContain('the policy permits it (4(1)B), but APPI 27 has no such exception');
  });

  it.each(Object.keys(announcement).filter((item) => item !== 'publishedAt'))(
    'T4: to a joint user whose announcement lacks %s',
    (item) => {
      const rest = Object.fromEntries(Object.entries(announcement).filter(([name]) => name !== item));
      // As an older document of the store may be.
      const to = { ...holder('jointUser'), announcement: rest } as unknown as RegisteredHolder;
      expect(judged(to, { basis: 'joint-use' })).toMatchObject({ reason: 'announcement-incomplete' });
    },
  );

  it('names all that its basis must have on record', () => {
    expect(judged(holder('thirdParty'), { basis: 'law' })).toMatchObject({
      reason: 'evidence-missing',
      row: 'TF',
      missing: ['article', 'authority', 'reference-number', 'items'],
    });
  });
});
