import { describe, expect, it } from '@jest/globals';
import { csvPart, provisionHeads, provisionRow } from '@keiro/cli/provision-rows';
import { provisionLines } from '@keiro/cli/provisions';
import { nextCursor, readExportCursor } from '@keiro/query/provision-routes';
import { provisionLabels, provisionView, remainsOf } from '@keiro/query/provision-view';
import {
  mayHaveEnded,
  provisionCuts,
  provisionEnd,
  provisionId,
  provisionMonth,
  seriesOf,
  upkeepOf,
  type ProvisionDocument,
} from '@keiro/schemas';
import { lastOfEach } from '@keiro/transfer/provision-store';
import { recordedEntry } from '@keiro/transfer/provisions';
import { equivalentSince, holder } from '../builders/holders.ts';
import { providedOf, recorded } from '../builders/provisions.ts';
import { abroad, body, consented, gave, life, now, policy, ref, said, told } from '../builders/transfers.ts';

const partner = holder('thirdParty');
const consent = { basis: 'consent' } as const;
const day = (text: string) => new Date(`${text}T00:00:00+09:00`);
const under = (kind: 'batch' | 'contract', reference = 'c-1') => ({ keeping: { kind, reference } }) as const;

describe('what is written down of a provision (APPI 29 to 31)', () => {
  it('by consent at home: recipient, person, items and the consent', () => {
    expect(recorded(partner, consent, gave())).toMatchObject({
      party: { id: 'partner', name: { ja: 'a holder（架空）' }, country: 'JP' },
      groups: ['C1.identity'],
      record: { kind: 'provision', items: ['recipient', 'person', 'items', 'consent'] },
      consent: { wording: 'w-1', means: 'form', at: new Date('2026-02-01T00:00:00.000Z') },
      basis: 'consent',
      articles: ['APPI 27(1)'],
    });
  });

  it('abroad by consent even to a processor; nothing where its country or system carries it', () => {
    const abroadBy = (more: object, person = {}) =>
      recorded(holder('processor', { country: 'US', ...more }), { basis: 'entrustment' }, person);
    const toProcessor = consented(said('consent-given', 'mailer', '2026-02-01', told('US')));
    const byConsent = { abroad: { ...equivalentSince('2026-01-01').abroad, basis: 'consent' as const } };
    expect(abroadBy({ ...equivalentSince('2026-01-01'), ...byConsent }, toProcessor)).toMatchObject({
      side: 'abroad',
      record: { kind: 'provision', articles: ['APPI 29(1)'] },
      consent: { wording: 'w-1' },
    });
    expect(abroadBy(equivalentSince('2026-01-01')).record).toMatchObject({
      kind: 'none',
      reason: 'not-third-party-by-27(5)',
    });
  });

  it('is the newest consent that counts there, not one that was withdrawn or did not tell of the country', () => {
    const person = consented(
      said('consent-given', 'partner', '2026-01-01', { wording: 'w-old', ...told('US') }),
      said('consent-withdrawn', 'partner', '2026-01-15'),
      said('consent-given', 'partner', '2026-02-01', { wording: 'w-told', ...told('US') }),
      said('consent-given', 'partner', '2026-03-01', { wording: 'w-untold' }),
    );
    expect(recorded(holder('thirdParty', abroad), consent, person).consent?.wording).toBe('w-told');
  });

  it.each([
    ['entrusted at home', holder('processor'), { basis: 'entrustment' } as const, 'not-third-party-by-27(5)'],
    ['what saves a life', partner, life, 'exception-of-27(1)'],
    ['a public body', partner, body, 'exception-of-27(1)'],
    ['our own', holder('store'), { basis: 'own' } as const, 'not-a-provision'],
  ])('is for %s only why nothing is, kept and audited as such', (_name, to, evidence, reason) => {
    const document = recorded(to, evidence);
    expect(document.record).toMatchObject({ kind: 'none', reason });
    expect(document).not.toHaveProperty('consent');
    expect(recordedEntry(document)).toMatchObject({ action: 'provision.none', detail: { reason } });
  });

  it('is the same one told again, and another one for another person, party or act', () => {
    const one = providedOf(partner, consent);
    const id = provisionId(one);
    expect(provisionId(providedOf(partner, consent, { at: '2026-05-31T00:00:00Z' }))).toBe(id);
    const transfer = { ...(one.direction === 'provided' ? one.transfer : undefined) };
    const others = [
      providedOf(partner, consent, { id: 'act-2' }),
      providedOf(holder('thirdParty', { id: 'other' }), consent),
      providedOf(partner, consent, {
        transfer: { ...transfer, subject: { ref, generation: 2 } } as never,
      }),
    ];
    expect(new Set([id, ...others.map(provisionId)]).size).toBe(4);
  });
});

describe('how long it is kept (Rules under APPI 29, 30: mark S)', () => {
  const one = recorded(partner, consent, gave());

  it('is three years from its making; in a batch from the last provision, under a contract one year from it', () => {
    const at = (more: Partial<ProvisionDocument>, last?: Date) =>
      provisionEnd(policy, { ...one, ...more }, last);
    const made = day('2026-06-01');
    const document = { at: day('2026-05-30'), recordedAt: made };
    expect(at(document, day('2027-01-01'))).toEqual(day('2029-06-01'));
    expect(at({ ...document, ...under('batch') }, day('2026-09-15'))).toEqual(day('2029-09-15'));
    expect(at({ ...document, ...under('contract') }, day('2026-09-15'))).toEqual(day('2027-09-15'));
    // Without a later one it runs from its own.
    expect(at({ ...document, ...under('contract') })).toEqual(day('2027-05-30'));
    const { record } = recorded(holder('processor'), { basis: 'entrustment' });
    expect(at({ ...document, ...under('contract'), record }, day('2026-09-15'))).toEqual(day('2029-06-01'));
  });

  it('is data of the policy, with article and mark, also where a version from before has no clock for it', () => {
    expect(upkeepOf(policy, 'contract')).toEqual({
      clock: 'provision-record-contract',
      period: 'P1Y',
      from: 'last-provision',
      article: 'APPI 29',
      mark: 'S',
    });
    const { answer } = policy.rules.clocks;
    const before = { ...policy, rules: { ...policy.rules, clocks: { answer } } };
    expect(upkeepOf(before, 'batch')).toMatchObject({ period: 'P3Y', article: 'APPI 29', mark: 'S' });
    expect(upkeepOf(policy, 'none')).not.toHaveProperty('article');
  });

  it('ends at the cut, not a millisecond before', () => {
    const cuts = provisionCuts(policy, day('2029-06-01'));
    expect(cuts.single).toEqual(day('2026-06-01'));
    expect(cuts.contract).toEqual(day('2028-06-01'));
    expect(cuts.batch).toEqual(day('2026-06-01'));
  });

  it('lets a key go when its month is over and the shortest period has run, even for what was told a week late', () => {
    expect(provisionMonth(new Date('2026-05-31T15:00:00Z'))).toBe('2026-06');
    expect(mayHaveEnded(policy, '2026-06', day('2027-05-24'))).toBe(false);
    expect(mayHaveEnded(policy, '2026-06', day('2027-05-25'))).toBe(true);
  });

  it('moves with the last of a contract, and not with that of another contract, recipient or kind', () => {
    const of = (at: string, more: object) => ({ ...one, at: day(at), ...more });
    const series = (more: Parameters<typeof providedOf>[2], to = partner) =>
      seriesOf(providedOf(to, consent, more)) ?? '';
    const contract = series(under('contract'));
    const documents = [
      of('2026-03-01', { ...under('contract'), series: contract }),
      of('2026-05-01', { ...under('contract'), series: contract }),
      of('2026-04-01', { ...under('contract'), series: contract }),
      one,
    ];
    expect(lastOfEach(documents)).toEqual([{ _id: contract, kind: 'contract', lastAt: day('2026-05-01') }]);
    const others = [
      series(under('contract', 'c-2')),
      series(under('batch')),
      series(under('contract'), holder('thirdParty', { id: 'other' })),
    ];
    expect(new Set([contract, ...others]).size).toBe(4);
    expect(seriesOf(providedOf(partner, consent))).toBeUndefined();
  });

  it('is what lineage says remains, until the last of them ends', () => {
    const lastAt = new Map([['s-1', day('2026-09-15')]]);
    const contract = { ...one, ...under('contract'), series: 's-1' };
    expect(remainsOf({ provisions: [contract, one], lastAt }, policy)).toMatchObject({
      count: 2,
      until: provisionEnd(policy, one, undefined),
      article: { ja: '個人情報保護法29条' },
    });
    expect(remainsOf({ provisions: [], lastAt }, policy)).toBeUndefined();
  });
});

describe('the list of a person', () => {
  const answerOf = (documents: readonly ProvisionDocument[]) => ({
    asOf: now.toISOString(),
    shared: false,
    provisions: documents.map((one) => provisionView(one, new Map(), policy)),
    labels: provisionLabels(documents, policy),
  });
  const lines = (documents: readonly ProvisionDocument[], lang: 'ja' | 'en') =>
    provisionLines(answerOf(documents), lang, (_style, text) => text).join('\n');

  it('says that nothing is recorded', () => {
    expect(lines([], 'en')).toBe('no provision recorded');
    expect(lines([], 'ja')).toBe('提供の記録はありません。');
  });

  it('shows records, reasons for none, and ends, in Japanese and English', () => {
    const documents = [
      recorded(partner, consent, gave()),
      recorded(holder('processor'), { basis: 'entrustment' }),
    ];
    const ja = lines(documents, 'ja');
    expect(ja).toContain('要（記録済み） (APPI 29(1))');
    expect(ja).toContain('不要: 27条5項の場合は記録を要しません。');
    expect(ja).toContain('2029-06-01 (記録の作成から, APPI 29)');
    expect(lines(documents, 'en')).toContain(
      'not needed: a case of 27(5) needs no record (APPI 29(1), APPI 27(5))',
    );
  });
});

describe('the export for an authority', () => {
  const one = recorded(partner, consent, gave());
  const view = provisionView(one, new Map(), policy);
  const labels = provisionLabels([one], policy);

  it('has Japanese heads, days in Japan, and who it is about', () => {
    const identifiers = [{ kind: 'email' as const, value: 'hanako@customer.example' }];
    const row = provisionRow(view, labels, { identifiers });
    expect(Object.keys(row)).toEqual(provisionHeads);
    expect(row).toMatchObject({
      提供年月日: '2026-06-01',
      '提供先・提供元': 'a holder（架空）',
      本人: 'メール：hanako@customer.example',
      本人の同意: '2026-02-01 文言 w-1（書面・入力画面）',
      根拠: policy.rules.bases['consent']?.label.ja,
      根拠条文: '個人情報保護法27条1項',
      記録の要否: '要',
      保存期間: '記録の作成から3年',
      保存期限: '2029-06-01',
    });
    const none = provisionView(recorded(partner, body), new Map(), policy);
    expect(provisionRow(none, labels, undefined)).toMatchObject({
      本人: '',
      根拠条文: '個人情報保護法27条1項4号',
      記録の要否: '不要',
      記録を要しない理由: '27条1項各号の場合は記録を要しません。',
    });
  });

  it('is CSV that Excel opens and takes for no formula; heads and byte order mark come once, also when it is empty', () => {
    const cells = ['=1+1', '+81 90', '-2', '@SUM(A1)', '\tx', 'a,"b"\nc', '＝1'];
    const rows = cells.map((cell) => ({
      ...provisionRow(view, labels, undefined),
      提供年月日: cell,
      区分: cell,
    }));
    const text = csvPart(rows, true);
    expect(text.startsWith(`\uFEFF${provisionHeads.join(',')}\r\n`)).toBe(true);
    for (const cell of ["'=1+1", "'+81 90", "'-2", "'@SUM(A1)", "'\tx", "'＝1"])
      expect(text).toContain(`\r\n${cell},${cell},`);
    expect(text).toContain('"a,""b""\nc"');
    expect(csvPart(rows, false)).not.toContain('提供年月日');
    expect(csvPart([], true)).toBe(`\uFEFF${provisionHeads.join(',')}\r\n`);
  });

  it('goes on after the records that were told, also where many are of one instant', () => {
    const at = {
      export: '0'.repeat(18),
      from: day('2026-01-01'),
      recordedBy: day('2026-06-01'),
      total: 9,
      skip: 2,
      page: 1,
    };
    const next = (told: Date[]) => readExportCursor(nextCursor(at, told));
    const later = day('2026-02-01');
    expect(next([at.from, later, later])).toMatchObject({ from: later, skip: 2, page: 2 });
    expect(next([at.from, at.from])).toMatchObject({ from: at.from, skip: 4 });
    expect(() => readExportCursor('nonsense')).toThrow('not as it should be');
  });
});
