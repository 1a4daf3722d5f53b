import { describe, expect, it } from '@jest/globals';
import { decideConsent, ofLives, type ConsentSituation } from '@keiro/request/consent';
import { resumed } from '@keiro/request/standing';
import type { FactDocument, Life, Standing } from '@keiro/schemas';
import { consentTo, factDocument } from '../builders/facts.ts';
import { minute, refOf, requestOf } from '../builders/lineage.ts';

const now = new Date('2026-04-02T03:00:00.000Z');
const member: Life = { ref: refOf('member', 'hanako'), generation: 1 };
const email: Life = { ref: refOf('email', 'hanako'), generation: 1 };

const situation = (
  facts: readonly FactDocument[],
  more: Partial<ConsentSituation> = {},
): ConsentSituation => ({
  lives: [member, email],
  ambiguous: [],
  standings: new Map(),
  open: [],
  categories: ['C1'],
  holders: [
    { id: 'crm', kind: 'store', categories: ['C1'], purposes: ['membership', 'marketing'] },
    { id: 'mail-company', kind: 'processor', categories: ['C1'], purposes: ['marketing'] },
    { id: 'helpdesk', kind: 'store', categories: ['C1'], purposes: ['quality'] },
    { id: 'partner', kind: 'third-party', categories: ['C5'], purposes: ['marketing'] },
  ],
  answerWithin: 'P14D',
  facts,
  ...more,
});

let drawn = 0;
const decideOf = (given: ConsentSituation) => decideConsent(given, now, () => `stamp-${String(drawn++)}`);
const withdrawn = (id: string, at: number, more = {}) =>
  factDocument(id, 'consent-withdrawn', minute(at), {
    consent: consentTo({ purposes: ['marketing'], ...more }),
  });
const given = (id: string, at: number, more = {}) =>
  factDocument(id, 'consent-given', minute(at), { consent: consentTo({ purposes: ['marketing'], ...more }) });

/** What standing is after a change. */
const after = (change: ReturnType<typeof decideOf>): ReadonlyMap<string, Standing> =>
  new Map(change?.standings.map(({ _id, ...standing }) => [_id, standing]));

describe('a consent that is withdrawn', () => {
  it('suspends its purpose for every ref of the person, with a task for each holder of that purpose, and an entry in the audit', () => {
    const change = decideOf(situation([withdrawn('f-1', 1)]));
    expect(change?.requests).toMatchObject([
      { type: 'suspension', ground: 'consent-withdrawn', purposes: ['marketing'], state: 'accepted' },
    ]);
    const id = change?.requests[0]?._id;
    expect(change?.tasks.map(({ holder, request }) => [holder, request])).toEqual([
      ['crm', id],
      ['mail-company', id],
    ]);
    expect(change?.standings.map(({ ref, withdrawn: purposes }) => [ref, purposes])).toEqual([
      [member.ref, ['marketing']],
      [email.ref, ['marketing']],
    ]);
    expect(change?.outbox.every(({ request }) => request === id)).toBe(true);
    expect(change?.audit).toMatchObject([
      { action: 'consent.applied', detail: { withdrawn: ['marketing'] } },
    ]);
  });

  it('asks nobody where nothing is tagged yet but the holders of that purpose', () => {
    const change = decideOf(situation([withdrawn('f-1', 1)], { categories: [] }));
    expect(change?.tasks.map(({ holder }) => holder)).toEqual(['crm', 'mail-company', 'partner']);
  });

  it('where no holder is registered for its purpose, is put in force, published and audited without a request', () => {
    const change = decideOf(situation([withdrawn('f-1', 1, { purposes: ['statistics'] })]));
    expect([change?.requests, change?.tasks]).toEqual([[], []]);
    expect(after(change).get(email.ref)?.withdrawn).toEqual(['statistics']);
    expect(change?.outbox.map(({ key }) => key)).toEqual([member.ref, email.ref]);
    expect(change?.audit).toMatchObject([
      { action: 'consent.applied', detail: { withdrawn: ['statistics'], refs: 2 } },
    ]);
  });

  it('reaches a ref that a link brings later, with a request about that one alone', () => {
    const facts = [withdrawn('f-1', 1)];
    const first = decideOf(situation(facts, { lives: [member] }));
    const late = decideOf(situation(facts, { standings: after(first) }));
    expect(late?.requests).toMatchObject([{ type: 'suspension', lives: [email], purposes: ['marketing'] }]);
    expect(late?.requests[0]?._id).not.toBe(first?.requests[0]?._id);
    expect(late?.tasks.map(({ holder }) => holder)).toEqual(['crm', 'mail-company']);
    expect(after(late).get(email.ref)?.withdrawn).toEqual(['marketing']);
    expect(decideOf(situation(facts, { standings: after(late) }))).toBeUndefined();
  });

  it('changes nothing when it comes again', () => {
    const facts = [withdrawn('f-1', 1)];
    const change = decideOf(situation(facts));
    expect(decideOf(situation(facts, { standings: after(change) }))).toBeUndefined();
  });

  it('is the same request whenever it is decided', () => {
    const facts = [withdrawn('f-1', 1)];
    const idOf = () => decideOf(situation(facts))?.requests[0]?._id;
    expect(idOf()).toBe(idOf());
    expect(decideOf(situation([withdrawn('f-2', 1)]))?.requests[0]?._id).not.toBe(idOf());
  });

  it('and given again later resumes exactly that, and no suspension that was asked for', () => {
    const suspended: Standing = {
      ref: member.ref,
      hiddenThrough: 0,
      erasedThrough: 0,
      suspended: ['marketing', 'statistics'],
      request: 'r',
      at: now.toISOString(),
    };
    const first = [withdrawn('f-1', 1, { purposes: ['marketing', 'quality'] })];
    const standings = after(
      decideOf(situation(first, { lives: [member], standings: new Map([[member.ref, suspended]]) })),
    );
    const change = decideOf(situation([...first, given('f-2', 2)], { lives: [member], standings }));
    expect(change?.requests).toMatchObject([
      { type: 'resume', ground: 'consent-given', purposes: ['marketing'] },
    ]);
    expect(after(change).get(member.ref)).toMatchObject({
      suspended: ['marketing', 'statistics'],
      withdrawn: ['quality'],
    });
    // The other way round: a resume on request takes back no withdrawal.
    const change2 = { lives: [member], standings: after(change), request: 'r-2', at: now };
    expect(resumed(change2, ['all'], [])).toMatchObject([{ suspended: [], withdrawn: ['quality'] }]);
  });

  it('whatever the order of arrival, the later one by its own time wins', () => {
    const [older, newer] = [withdrawn('f-1', 1), given('f-2', 2)];
    // The later consent is there first: the withdrawal that comes after it changes nothing.
    expect(decideOf(situation([newer]))).toBeUndefined();
    expect(decideOf(situation([newer, older]))).toBeUndefined();
    const standings = after(decideOf(situation([older])));
    expect(after(decideOf(situation([older, newer], { standings }))).get(member.ref)?.withdrawn).toEqual([]);
  });

  it('towards a third party denies it; towards a processor or a store of ours it is only recorded (R6)', () => {
    const facts = [
      withdrawn('f-1', 1, { purposes: undefined, recipients: ['partner', 'mail-company', 'crm', 'unknown'] }),
    ];
    const change = decideOf(situation(facts));
    expect(change?.requests).toEqual([]);
    expect(after(change).get(member.ref)?.denied).toEqual(['partner', 'unknown']);
    expect(change?.outbox).toHaveLength(2);
  });

  it('while a deletion is under way needs no request of its own', () => {
    const change = decideOf(situation([withdrawn('f-1', 1)], { open: [requestOf('r-1')] }));
    expect(change?.requests).toEqual([]);
    expect(after(change).get(email.ref)?.withdrawn).toEqual(['marketing']);
  });

  it('binds the life that withdrew it, and none after an erasure', () => {
    const old = withdrawn('f-1', 1);
    expect([old].filter(ofLives([member]))).toEqual([old]);
    expect([old].filter(ofLives([{ ...member, generation: 2 }]))).toEqual([]);
  });
});
