import { describe, expect, it } from '@jest/globals';
import { printedCertificate } from '@keiro/runtime/evidence/certificate-print';
import { verifyCertificate } from '@keiro/runtime/evidence/jws';
import { renderHtml } from '@keiro/runtime/printed/html';
import { renderPdf } from '@keiro/runtime/printed/pdf';
import { certify, closing, type Proven } from '@keiro/request/evidence/certify';
import { heldAgain } from '@keiro/request/evidence/held-again';
import { certifyRest } from '@keiro/request/evidence/rest';
import { reopening } from '@keiro/request/reopen';
import {
  certificateSchema,
  digestOf,
  type Certificate,
  type CertifiedReceipt,
  type RequestDocument,
  type SnapshotDocument,
  type TaskDocument,
} from '@keiro/schemas';
import { believed, newKey, receiptAt, signedCertificate } from '../builders/evidence.ts';

const key = newKey();
const at = (time: string) => new Date(`2026-04-01T${time}:00.000Z`);
const issued = () =>
  signedCertificate(
    ['crm', 'billing', 'mailer'].map((holder) => receiptAt(holder)),
    key,
  );

interface Loose {
  content: Record<string, unknown>;
  receipts: { receipt: CertifiedReceipt; leaf: string; proof: string[] }[];
  signature: string;
}

/** What is broken, as `part` or `part of holder`. */
async function broken(certificate: Certificate, keys = believed(key)): Promise<string[]> {
  const findings = await verifyCertificate(certificateSchema.parse(certificate), keys);
  return findings
    .filter(({ ok }) => !ok)
    .map(({ part, holder }) => (holder === undefined ? part : `${part} of ${holder}`));
}

describe('a certificate', () => {
  it('is genuine as it was issued, after a trip through JSON, with the public key alone', async () => {
    const copy = JSON.parse(JSON.stringify(await issued())) as Certificate;
    expect(await broken(copy)).toEqual([]);
    expect(await broken(copy, believed(newKey()))).toEqual(['signature']);
  });

  it('is found out by name, whatever was changed', async () => {
    const change = async (edit: (copy: Loose) => void) => {
      const copy = structuredClone(await issued());
      edit(copy);
      return broken(copy);
    };
    const at1 = ({ receipts }: Loose, index: number) =>
      receipts[index] ?? { receipt: receiptAt(''), leaf: '', proof: [] };
    const edits: readonly [readonly string[], (copy: Loose) => unknown][] = [
      [['content'], ({ content }) => (content['doneAt'] = '2026-03-31T00:00:00.000Z')],
      [['receipt of billing'], (copy) => Object.assign(at1(copy, 1).receipt, { affected: 3 })],
      [['receipt of mailer'], (copy) => Object.assign(at1(copy, 2).receipt, { places: { people: 3 } })],
      [['leaf of crm'], (copy) => (at1(copy, 0).leaf = 'A'.repeat(43))],
      [['proof of billing'], (copy) => (at1(copy, 1).proof[0] = 'A'.repeat(43))],
      [['receipts'], ({ receipts }) => receipts.pop()],
      [['proof of mailer', 'proof of crm'], ({ receipts }) => receipts.reverse()],
    ];
    for (const [names, edit] of edits) expect(await change(edit)).toEqual(names);
    const flip = (text: string) =>
      `${text.slice(0, -20)}${text.at(-20) === 'A' ? 'B' : 'A'}${text.slice(-19)}`;
    expect(await change((copy) => (copy.signature = flip(copy.signature)))).toEqual(['signature']);
    expect(
      await change((copy) => (copy.signature = copy.signature.replace(/^[^.]+/, 'eyJhbGciOiJub25lIn0'))),
    ).toEqual(['signature']);
  });

  it('says which fields of the content differ', async () => {
    const copy = await issued();
    const findings = await verifyCertificate(
      { ...copy, content: { ...copy.content, request: 'req-2', identifiers: 9 } },
      believed(key),
    );
    expect(findings.find(({ part }) => part === 'content')?.message).toContain('identifiers, request');
  });

  it('that calls something erased without a probe is not in order, even if it was signed', async () => {
    const { probe: _, ...unproven } = receiptAt('crm');
    expect(await broken(await signedCertificate([unproven], key))).toEqual(['claim of crm']);
    const found = receiptAt('crm', { probe: { at: '2026-04-01T03:00:01.000Z', found: 1 } });
    expect(await broken(await signedCertificate([found], key))).toEqual(['claim of crm']);
  });
});

const request: RequestDocument = {
  _id: 'req-1',
  type: 'deletion',
  lives: [{ ref: 'member:a', generation: 1 }],
  ambiguous: [],
  purposes: [],
  ground: 'policy',
  state: 'done',
  receivedAt: at('02:00'),
  dueAt: new Date('2026-04-15T14:59:59.999Z'),
  doneAt: at('03:00'),
  steps: [],
  by: 'compliance',
};
const task = (holder: string, more: Partial<TaskDocument> = {}): TaskDocument => ({
  _id: `req-1.${holder}`,
  request: 'req-1',
  holder,
  directive: 'erase',
  purposes: [],
  state: 'done',
  attempt: 1,
  errors: [],
  createdAt: at('02:00'),
  doneAt: at('03:00'),
  receipt: { affected: 1, detail: { people: 1 }, sweptAt: at('02:59'), probe: { at: at('03:00'), found: 0 } },
  ...more,
});
const snapshot = (id: string, more: Partial<SnapshotDocument> = {}): SnapshotDocument => ({
  _id: `dr|crm|${id}`,
  holder: 'dr',
  store: 'crm',
  snapshot: id,
  watermark: at('01:00'),
  takenAt: at('01:00'),
  expiresAt: new Date('2026-05-01T00:00:00.000Z'),
  mutable: false,
  rows: 1,
  reportedAt: at('01:01'),
  ...more,
});
const proven = (more: Partial<Proven> = {}): Proven => ({
  request,
  tasks: [task('crm')],
  holders: new Map(),
  snapshots: [],
  heldSince: () => undefined,
  sealedIn: { segment: 3, hash: 'A'.repeat(43) },
  ...more,
});
const certificateFor = (more: Partial<Proven>): Certificate => {
  const certified = certify(proven(more), at('04:00'));
  if ('withheld' in certified) throw new Error(JSON.stringify(certified));
  return { content: certified.content, receipts: [...certified.receipts], signature: 'a.b.c' };
};
const contentOf = (more: Partial<Proven>) => certificateFor(more).content;

describe('what a certificate says of a request', () => {
  const receipt = task('crm').receipt ?? { affected: 0, detail: {} };
  const { probe: _, ...unprobed } = receipt;
  it.each([
    ['has failed', task('crm', { state: 'failed' }), 'failed'],
    ['has not answered', task('crm', { state: 'running' }), 'not-answered'],
    ['was not looked at again', task('crm', { receipt: unprobed }), 'no-probe'],
    [
      'was found to lie',
      task('crm', { receipt: { ...receipt, probe: { at: at('03:00'), found: 1 } } }),
      'probe-found',
    ],
  ])('is nothing while a holder %s', (_name, bad, why) => {
    expect(certify(proven({ tasks: [task('billing'), bad] }), at('04:00'))).toEqual({
      withheld: [{ holder: 'crm', why }],
    });
  });

  it('is erased, told, in force, ended or refused', () => {
    const told = task('ga', {
      receipt: { affected: 0, detail: {}, told: { at: at('03:00'), identifiers: 1 } },
    });
    expect(contentOf({}).outcome).toBe('erased');
    expect(contentOf({ tasks: [task('crm'), told] }).outcome).toBe('erased');
    expect(contentOf({ tasks: [told] }).outcome).toBe('told');
    const flagged = task('crm', { directive: 'suspend', receipt: { affected: 1, detail: {} } });
    expect(contentOf({ request: { ...request, type: 'suspension' }, tasks: [flagged] }).outcome).toBe(
      'in-force',
    );
    const overtaken = { ...request, steps: [{ step: 'overtaken', at: at('03:00'), evidence: {} }] };
    expect(contentOf({ request: overtaken, tasks: [task('crm', { receipt: unprobed })] })).toMatchObject({
      outcome: 'ended',
      receipts: { count: 0 },
    });
  });

  it('calls neither a pseudonym nor what a law keeps erased', () => {
    const left = { place: 'people', why: 'pseudonymised' as const, columns: ['name'], rows: 2 };
    const narrowed = task('crm', { receipt: { ...receipt, remains: [left] } });
    const certified = certify(proven({ tasks: [task('billing'), narrowed] }), at('04:00'));
    if ('withheld' in certified) throw new Error(JSON.stringify(certified));
    expect(certified.content.outcome).toBe('remains');
    expect(
      certified.receipts.map(({ receipt: { holder, outcome, remains } }) => [holder, outcome, remains]),
    ).toEqual([
      ['billing', 'erased', undefined],
      ['crm', 'remains', [{ place: 'people', why: 'pseudonymised', rows: 2 }]],
    ]);
    // Nothing was there to be left.
    const none = task('crm', { receipt: { ...receipt, remains: [{ ...left, rows: 0 }] } });
    expect(contentOf({ tasks: [none] }).outcome).toBe('erased');
  });

  it.each([
    ['correction', 'correct', 'corrected'],
    ['disclosure', 'export', 'exported'],
  ] as const)('is answered by a %s', (type, directive, outcome) => {
    const done = task('crm', { directive, receipt: { affected: 1, detail: {} } });
    const certified = certify(proven({ request: { ...request, type }, tasks: [done] }), at('04:00'));
    if ('withheld' in certified) throw new Error(JSON.stringify(certified));
    expect([certified.content.outcome, certified.receipts[0]?.receipt.outcome]).toEqual([
      'answered',
      outcome,
    ]);
  });

  it('lists snapshots that took it while it was held, until the last of them ends; a second one closes them', () => {
    const snapshots = [
      snapshot('one'),
      snapshot('two', { expiresAt: new Date('2026-05-09T00:00:00.000Z') }),
      snapshot('ended', { expiresAt: at('03:30') }),
      snapshot('after', { watermark: at('03:01') }),
      snapshot('replica', { mutable: true }),
      snapshot('other', { store: 'elsewhere' }),
    ];
    const one = certificateFor({ snapshots });
    const first = one.content;
    expect(first).toMatchObject({
      outcome: 'erased-snapshots',
      snapshots: [{ snapshot: 'one' }, { snapshot: 'two' }],
      snapshotsUntil: '2026-05-09T00:00:00.000Z',
    });
    expect(contentOf({ snapshots, heldSince: () => at('01:30') }).outcome).toBe('erased');
    const { sealedIn } = first;
    expect(closing(one, snapshots, sealedIn, new Date('2026-05-08T00:00:00.000Z'))).toEqual({
      until: new Date('2026-05-09T00:00:00.000Z'),
    });
    const second = closing(one, snapshots, sealedIn, new Date('2026-05-09T00:00:01.000Z'));
    expect(second).toMatchObject({
      number: 2,
      closes: first.id,
      supersedes: { id: first.id, digest: digestOf(one), because: 'snapshots-ended' },
      outcome: 'erased',
      snapshots: [],
    });
    expect(second).not.toHaveProperty('snapshotsUntil');
    // Nobody knows when it ends: never called plainly erased.
    const { expiresAt: _end, ...endless } = snapshot('one');
    expect(contentOf({ snapshots: [endless] })).not.toHaveProperty('snapshotsUntil');
    expect(closing(certificateFor({ snapshots: [endless] }), [endless], sealedIn, at('05:00'))).toEqual({
      until: undefined,
    });
  });
});

describe('a deletion that was reopened', () => {
  const step = (name: string, time: string, evidence = {}) => ({ step: name, at: at(time), evidence });
  const again: RequestDocument = {
    ...request,
    doneAt: at('06:00'),
    dueAt: at('05:00'),
    steps: [
      step('shredded', '02:30'),
      step('done', '03:00'),
      step('reopened', '05:30', { because: 'late-report', found: 'v-1', holder: 'crm' }),
      step('done', '06:00'),
    ],
  };

  it('has a second certificate that names the first, says why, and is in time as the first was', () => {
    const before = certificateFor({});
    expect(
      contentOf({ request: again, before: { certificate: before, because: 'late-report' } }),
    ).toMatchObject({
      id: 'cert-req-1-2',
      number: 2,
      supersedes: { id: 'cert-req-1-1', digest: digestOf(before), because: 'late-report' },
      doneAt: at('06:00').toISOString(),
      inTime: true,
      outcome: 'erased',
    });
  });

  it('goes on where the copy is, and at the site that replicates it, with what was done there before', () => {
    const found = { found: 'v-2', holder: 'crm', record: 'member:a#1/x' };
    const holders = [{ id: 'crm' }, { id: 'dr', replicates: ['crm'] }, { id: 'billing' }];
    const change = reopening(again, [task('crm'), task('billing')], holders, found, at('07:00'));
    expect(change?.tasks).toMatchObject([
      {
        _id: 'req-1.crm',
        state: 'pending',
        attempt: 2,
        receipt: { affected: 1, detail: { people: 1 } },
        again: { records: ['member:a#1/x'] },
      },
      { _id: 'req-1.dr', state: 'pending', attempt: 1 },
    ]);
    // What was proven there before is proven no more.
    expect(change?.tasks[0]?.receipt).not.toHaveProperty('probe');
    expect(change?.request).toMatchObject({ $set: { state: 'carrying-out' }, $unset: { doneAt: '' } });
    expect(reopening(again, [], holders, { ...found, found: 'v-1' }, at('07:00'))).toBeUndefined();
    expect(reopening({ ...again, state: 'withdrawn' }, [], holders, found, at('07:00'))).toBeUndefined();
  });

  it('is found before a certificate says otherwise: a copy from after the look that found nothing', () => {
    const copy = (time: string, more = {}) => ({
      record: 'member:a#1/x',
      ref: 'member:a',
      generation: 1,
      holder: 'crm',
      action: 'held' as const,
      at: at(time),
      ...more,
    });
    const found = (...copies: ReturnType<typeof copy>[]) => heldAgain(request, [task('crm')], copies).length;
    expect(found(copy('03:01'))).toBe(1);
    expect(found(copy('02:59'))).toBe(0);
    expect(found(copy('03:01', { generation: 2 }))).toBe(0);
    expect(found(copy('03:01', { action: 'withheld' }))).toBe(0);
  });
});

describe('what a certificate says beside its outcome', () => {
  const shredded = (evidence: Readonly<Record<string, unknown>>) => ({
    ...request,
    steps: [{ step: 'shredded', at: at('02:30'), evidence }],
  });

  it('is until when backups hold the destroyed keys, where that is known', () => {
    const end = '2026-05-06T00:00:00.000Z';
    expect(contentOf({ request: shredded({ destroyed: 2, backupsEnd: end }) }).keyBackupsUntil).toBe(end);
    expect(contentOf({ request: shredded({ destroyed: 2 }) })).not.toHaveProperty('keyBackupsUntil');
  });

  it('is how much was erased without an answer that said so, on paper too', async () => {
    const unheard = {
      affected: 3,
      unanswered: 1,
      detail: { people: 3 },
      probe: { at: at('03:00'), found: 0 },
    };
    const certified = certify(proven({ tasks: [task('crm', { receipt: unheard })] }), at('04:00'));
    if ('withheld' in certified) throw new Error('it is proven');
    expect(certified.receipts[0]?.receipt).toMatchObject({ affected: 3, unanswered: 1, outcome: 'erased' });
    const more = { keyBackupsUntil: '2026-05-06T00:00:00.000Z' };
    const html = renderHtml(
      printedCertificate(await signedCertificate([receiptAt('crm', { unanswered: 1 })], key, more), 'en'),
    );
    expect(html).toContain('no answer having come: 1)');
    expect(html).toContain('2026-05-06 09:00:00 JST');
  });
});

describe('R4: a certificate of what a law keeps', () => {
  const left = { place: 'payments', why: 'kept' as const, columns: ['amount'], rows: 1 };
  const kept = {
    group: 'C5.books',
    label: { ja: '帳簿と証憑', en: 'Books' },
    law: 'Companies Act 432(2)',
    why: { ja: '10年保存', en: '10 years' },
    records: 1,
    holders: ['billing'],
    until: new Date('2037-03-31T15:00:00.000Z'),
  };
  const receipt = task('billing').receipt ?? { affected: 0, detail: {} };
  const tasks = [task('crm'), task('billing', { receipt: { ...receipt, remains: [left] } })];
  const first = (more: Partial<Proven> = {}) =>
    certificateFor({ request: { ...request, kept: [kept] }, tasks, ...more });

  it('never says erased: it lists what is kept, why and until when; what a pseudonym hides is worse', () => {
    const { content } = first();
    expect(content).toMatchObject({
      outcome: 'erased-kept',
      kept: [{ group: 'C5.books', law: 'Companies Act 432(2)', until: '2037-03-31T15:00:00.000Z' }],
    });
    // Where no holder had a row, the keys are kept all the same.
    expect(first({ tasks: [task('crm')] }).content.outcome).toBe('erased-kept');
    const hidden = { ...left, why: 'pseudonymised' as const };
    const worse = [...tasks, task('mail', { receipt: { ...receipt, remains: [hidden] } })];
    expect(first({ tasks: worse }).content.outcome).toBe('remains');
    const snapshots = first({ snapshots: [snapshot('one')] });
    expect(snapshots.content).toMatchObject({ outcome: 'erased-kept', snapshots: [{ snapshot: 'one' }] });
    expect(closing(snapshots, [], snapshots.content.sealedIn, at('05:00'))).toMatchObject({
      outcome: 'erased-kept',
      number: 2,
      kept: [{ group: 'C5.books' }],
    });
  });

  it('is closed by a further one when the law has ended, with what holders proved then', () => {
    const rest = [
      {
        holder: 'billing',
        affected: 2,
        detail: { payments: 2 },
        attempts: 1,
        sweptAt: at('09:00'),
        probe: { at: at('09:01'), found: 0 },
        doneAt: at('09:01'),
      },
    ];
    const snapshots = [snapshot('late', { store: 'billing', watermark: at('08:00'), takenAt: at('08:00') })];
    const sealedIn = { segment: 9, hash: 'B'.repeat(43) };
    const close = (more: Partial<Parameters<typeof certifyRest>[1]> = {}) =>
      certifyRest(
        first(),
        { rest, snapshots: [], heldSince: () => at('02:00'), sealedIn, ...more },
        at('10:00'),
      );
    const { content, receipts } = close();
    expect(content).toMatchObject({ number: 2, closes: 'cert-req-1-1', outcome: 'erased', sealedIn });
    expect(content).not.toHaveProperty('kept');
    expect(receipts.map((one) => [one.receipt.holder, one.receipt.outcome, one.receipt.affected])).toEqual([
      ['billing', 'erased', 3],
      ['crm', 'erased', 1],
    ]);
    expect(receipts[0]?.receipt.probe?.at).toBe(at('09:01').toISOString());
    // What was taken of it meanwhile holds it still.
    expect(close({ snapshots }).content).toMatchObject({
      outcome: 'erased-snapshots',
      snapshots: [{ snapshot: 'late' }],
    });
  });

  it('is told to a person, and does not verify where it hides what it says', async () => {
    const { outcome, kept: listed } = first().content;
    const says = { outcome, ...(listed === undefined ? {} : { kept: listed }) };
    const certificate = await signedCertificate([receiptAt('crm')], key, says);
    expect(renderHtml(printedCertificate(certificate, 'ja'))).toMatch(/帳簿と証憑[^]*10年保存[^]*2037-04-01/);
    expect(await broken(certificate)).toEqual([]);
    expect(await broken(await signedCertificate([receiptAt('crm')], key, { outcome }))).toEqual(['claim']);
  });
});

describe('a printed certificate', () => {
  it('is HTML in Japanese or English that needs nothing else, with everything escaped', async () => {
    const certificate = await signedCertificate(
      [receiptAt('crm', { name: { ja: '<顧客>&"管理"', en: "<b>Customers'</b>" } })],
      key,
    );
    const html = renderHtml(printedCertificate(certificate, 'ja'));
    expect(html).toContain('<html lang="ja">');
    expect(html).toContain('&lt;顧客&gt;&amp;&quot;管理&quot;');
    expect(html).toContain('再確認で残存なし');
    expect(html).not.toMatch(/<script|src=|href=/);
    expect(renderHtml(printedCertificate(certificate, 'en'))).toContain('&lt;b&gt;Customers&#39;&lt;/b&gt;');
  });

  it('is a small PDF with its Japanese glyphs embedded, the same each time, and tagged with its language', async () => {
    const certificate = await issued();
    const pdf = await renderPdf(printedCertificate(certificate, 'ja'));
    const text = pdf.toString('latin1');
    expect(text.startsWith('%PDF-1.7')).toBe(true);
    expect(text).toMatch(/\/FontName \/[A-Z0-9]{6}\+NotoSansJP-Regular/);
    expect(text).toContain('/FontFile2');
    expect(text).toMatch(/\/Lang \(ja\)/);
    expect(text).toContain('/MarkInfo');
    expect(pdf.length).toBeLessThan(200_000);
    const { blocks } = printedCertificate(certificate, 'en');
    expect(blocks.length).toBe(printedCertificate(certificate, 'ja').blocks.length);
  });
});
