import { describe, expect, it } from '@jest/globals';
import { pageOf } from '@keiro/query/page';
import { lineageAnswerSchema, type FactDocument } from '@keiro/schemas';
import { consentTo, factDocument } from '../builders/facts.ts';
import { lineageOf, loadedOf, minute, recordOf, refOf, standingOf } from '../builders/lineage.ts';

/* What facts change in an answer. */

const member = refOf('member', 'hanako');
const now = minute(60);
const record = recordOf(member, 'e-1');
const answerWith = (facts: readonly FactDocument[], more = {}) => {
  const answer = lineageOf(loadedOf([member], { records: [record], facts, ...more }), now);
  return { ...lineageAnswerSchema.parse(answer), group: answer.records[0]?.groups[0] };
};
const consent = (id: string, kind: 'consent-given' | 'consent-withdrawn', at: number, more = {}) =>
  factDocument(id, kind, minute(at), { consent: consentTo({ purposes: ['marketing'], ...more }) });

describe('facts in an answer', () => {
  it('give a group its start and end, and say which fact did', () => {
    const fact = factDocument('f-1', 'account-closed', minute(10));
    expect(answerWith([]).group).toMatchObject({ state: 'open', cap: '2028-03-01T00:00:00.000Z' });
    expect(answerWith([fact]).group).toMatchObject({
      state: 'running',
      startAt: minute(10).toISOString(),
      end: '2026-03-31T00:10:00.000Z',
      closedBy: fact._id,
    });
  });

  it('a newer record of the person moves a cap from the last use, a customer’s own does not', async () => {
    const later = minute(24 * 60);
    const theirs = { time: minute(48 * 60), scope: { kind: 'entrusted', tenant: 'kaede' } } as const;
    const { newest } = await pageOf(
      [record, recordOf(member, 'e-2', { time: later }), recordOf(member, 'e-3', theirs)],
      1,
      undefined,
    );
    expect(newest).toEqual(later);
    expect(answerWith([], { newest }).group).toMatchObject({ cap: '2028-03-02T00:00:00.000Z' });
  });

  it('are listed newest first, 200 at most, and counted', () => {
    const many = Array.from({ length: 201 }, (_, n) => factDocument(`f-${String(n)}`, 'used', minute(n)));
    const { facts } = answerWith(many);
    expect(facts.total).toBe(201);
    expect(facts.shown.map(({ at }) => at)).toEqual(
      many
        .slice(1)
        .toReversed()
        .map(({ time }) => time.toISOString()),
    );
  });

  it('a consent that stands adds its purpose to what the policy lets it open (PM)', () => {
    expect(answerWith([consent('f-1', 'consent-given', 1)]).group?.byConsent).toEqual(['marketing']);
    expect(answerWith([]).group).not.toHaveProperty('byConsent');
    const statistics = consent('f-1', 'consent-given', 1, { purposes: ['statistics'] });
    expect(answerWith([statistics]).group).not.toHaveProperty('byConsent');
  });

  it.each([
    ['withdrawn', [consent('f-1', 'consent-given', 1), consent('f-2', 'consent-withdrawn', 2)], {}],
    ['implied by use', [consent('f-1', 'consent-given', 1, { means: 'implied-by-use' })], {}],
    [
      'of an erased life',
      [consent('f-1', 'consent-given', 1)],
      { standings: [standingOf(member, { erasedThrough: 1, hiddenThrough: 1 })] },
    ],
  ])('a consent %s adds none', (_, facts, more) => {
    expect(answerWith(facts, more).group).not.toHaveProperty('byConsent');
  });

  it('a withdrawal shows in the standing of the person', () => {
    const standings = [standingOf(member, { withdrawn: ['marketing'], denied: ['partner'] })];
    expect(answerWith([], { standings }).standing).toMatchObject({
      state: 'suspended',
      withdrawn: ['marketing'],
      denied: ['partner'],
    });
  });

  it('a recipient of a consent is named among the holders, registered or not', () => {
    const { holders, consents } = answerWith([
      consent('f-1', 'consent-given', 1, { purposes: undefined, recipients: ['partner'] }),
    ]);
    expect(consents).toMatchObject([{ to: 'recipient', id: 'partner', countsFor: ['APPI 31'] }]);
    expect(holders.map(({ id }) => id)).toEqual(['partner']);
  });

  it('sensitive data are named in both languages (APPI 2(3))', () => {
    const flagged = recordOf(member, 'e-2', { sensitive: { kinds: ['disability'], given: 'by-person' } });
    const answer = answerWith([], { records: [flagged] });
    expect(answer.records[0]?.sensitive).toEqual({ kinds: ['disability'], given: 'by-person' });
    expect(answer.labels.sensitive).toEqual({ disability: { ja: '障害', en: 'Disability' } });
  });
});
