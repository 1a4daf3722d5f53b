import { describe, expect, it } from '@jest/globals';
import { answerLines } from '@keiro/cli/links';
import { decideCut } from '@keiro/request/cuts';
import type { CutAnswer, CutDocument } from '@keiro/schemas';
import { wayBetween } from '@keiro/schemas/cuts';
import { minute, requestOf } from '../builders/lineage.ts';
import { refNamed } from '../builders/link-graphs.ts';

const member = refNamed('member', 'm1');
const phone = refNamed('phone', 'phone');
const email = refNamed('email', 'email');
const cookie = refNamed('cookie', 'cookie');
const at = minute(0);

const cut = (number: number, decision: CutDocument['decision']): CutDocument => ({
  _id: `${member}|${phone}|${String(number)}`,
  from: member,
  to: phone,
  number,
  decision,
  by: 'operator',
  at,
});
const command = (decision: CutDocument['decision']) => ({ decision, by: 'operator', note: 'C-1' });
const decide = (decision: CutDocument['decision'], last: CutDocument | null, open = [] as string[]) =>
  decideCut([member, phone], command(decision), { last, open: open.map((id) => requestOf(id)) }, at);

describe('a decision about a pair', () => {
  it('is written both ways, counted, and audited once', () => {
    const { cuts, audit } = decide('cut', cut(2, 'withdrawn'));
    expect(cuts.map(({ from, to, number, decision, note }) => [from, to, number, decision, note])).toEqual([
      [member, phone, 3, 'cut', 'C-1'],
      [phone, member, 3, 'cut', 'C-1'],
    ]);
    expect(audit).toMatchObject([
      { action: 'link.cut', by: 'operator', about: [member, phone], detail: { number: 3, note: 'C-1' } },
    ]);
  });

  it('has one name in the audit, whichever of the two is named first', () => {
    const other = decideCut([phone, member], command('cut'), { last: null, open: [] }, at);
    expect(other.audit.map(({ _id }) => _id)).toEqual(decide('cut', null).audit.map(({ _id }) => _id));
  });

  it.each([
    ['cut', cut(1, 'cut')],
    ['withdrawn', cut(2, 'withdrawn')],
    ['withdrawn', null],
  ] as const)('%s that stands already changes nothing, open requests or not', (decision, last) => {
    expect(decide(decision, last, ['req-1'])).toEqual({ cuts: [], audit: [] });
  });

  it('waits for open requests, and names them', () => {
    expect(() => decide('cut', null, ['req-1', 'req-2'])).toThrow('req-1, req-2 must be done first');
    expect(() => decide('withdrawn', cut(1, 'cut'), ['req-3'])).toThrow('req-3');
  });
});

describe('the way between two refs of a person', () => {
  const person = [member, phone, email];
  const links = [
    { from: member, to: phone },
    { from: member, to: email },
    { from: phone, to: email },
    { from: member, to: cookie },
  ];

  it('is the shortest, from whichever end a link was loaded', () => {
    expect(wayBetween(phone, member, person, links, new Set())).toEqual([phone, member]);
    expect(wayBetween(email, phone, person, links, new Set())).toEqual([email, phone]);
  });

  it.each([`${member}|${phone}`, `${phone}|${member}`])('goes round a cut: %s', (pair) => {
    expect(wayBetween(phone, member, person, links, new Set([pair]))).toEqual([phone, email, member]);
  });

  it('leads through nobody else’s refs, and may not be there', () => {
    expect(wayBetween(member, cookie, person, links, new Set())).toEqual([]);
    const both = new Set([`${member}|${phone}`, `${email}|${phone}`]);
    expect(wayBetween(phone, member, person, links, both)).toEqual([]);
  });
});

describe('what an operator reads', () => {
  const answer: CutAnswer = {
    asOf: at.toISOString(),
    a: member,
    b: phone,
    decision: 'cut',
    changed: true,
    together: false,
    way: [],
    shared: [],
    standingDiffers: false,
  };

  it('says whether they still meet, and over what', () => {
    expect(answerLines(answer).join('\n')).toContain('not of one person');
    const met = answerLines({ ...answer, together: true, way: [member, email, phone] }).join('\n');
    expect(met).toContain(`${member} – ${email} – ${phone}`);
    expect(answerLines({ ...answer, shared: [phone] }).join('\n')).toContain(phone);
    expect(answerLines({ ...answer, standingDiffers: true }).join('\n')).toContain('send the request again');
  });
});
