import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, type OutgoingMessage } from '@keiro/runtime';
import {
  authoriseResponseSchema,
  custodyTopics,
  holderAnswerSchema,
  registeredAnswerSchema,
  reportedAnswerSchema,
  violationsAnswerSchema,
  violationViewSchema,
  type AuditDocument,
  recordId,
  type CopyDocument,
  type CopyReport,
  type FactDocument,
  type Holder,
  type HolderDocument,
  type LinkDocument,
  type QuarantineDocument,
  type SnapshotDocument,
  type SnapshotReport,
  type StandingDocument,
} from '@keiro/schemas';
import { authoriseTransfers, createKeysClient } from '@keiro/sdk';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { fit } from '../builders/holders.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { provenBy } from '../builders/reporting.ts';
import { keiro } from '../builders/program.ts';
import { runToEnd, type ServiceProcess } from '../builders/service-process.ts';
import { env } from '../builders/environment.ts';

const holder = (id: string, more: Partial<Holder> = {}): Holder => ({
  id,
  kind: 'store',
  name: { ja: `保管先 ${id}`, en: `store ${id}` },
  country: 'JP',
  categories: ['C1'],
  purposes: ['membership'],
  basis: 'own',
  connector: { kind: 'http', url: { env: 'SOME_URL' } },
  ...more,
});

let pipeline: Pipeline;
let transfer: ServiceProcess;
const folder = mkdtempSync(join(tmpdir(), 'keiro-transfer-'));
const file = join(folder, 'holders.json');
const write = (content: unknown) => {
  writeFileSync(file, JSON.stringify(content));
};
const holders = () => pipeline.mongo.db.collection<HolderDocument>('holders');
const copies = () => pipeline.mongo.db.collection<CopyDocument>('copies');
const snapshots = () => pipeline.mongo.db.collection<SnapshotDocument>('snapshots');
const settled = async () => {
  await pipeline.passed('keiro.transfer', custodyTopics);
  await pipeline.passed('keiro.quarantine', ['quarantine']);
};

beforeAll(async () => {
  pipeline = await createPipeline('transfer', [
    { group: 'keiro.transfer', topics: custodyTopics },
    { group: 'keiro.tag', topics: ['collection.access'] },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
  ]);
  write([
    holder('crm'),
    holder('dr', { kind: 'dr-site', country: 'SG', operator: 'own-branch', replicates: ['crm'] }),
  ]);
  transfer = await pipeline.start('transfer', { KEIRO_HOLDERS_FILE: file });
  // What is set aside is kept by tag.
  await pipeline.start('tag');
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await pipeline.close();
});

function copy(more: Partial<CopyReport> = {}): CopyReport {
  const life = lifeOf('member', randomUUID());
  return {
    holder: 'crm',
    action: 'held',
    record: recordId(life, 'demo-site', 'e-1'),
    ref: life.ref,
    generation: 1,
    category: 'C1',
    groups: ['C1.identity'],
    purpose: 'membership',
    locator: Buffer.from('sealed').toString('base64'),
    at: '2026-04-01T00:00:00.000Z',
    ...more,
  };
}

async function send(
  topic: 'custody.copies' | 'custody.snapshots',
  reports: readonly (CopyReport | SnapshotReport | Buffer)[],
) {
  const encode = await pipeline.registry.encoder(`${topic}-value`);
  const messages: OutgoingMessage[] = [];
  for (const report of reports) {
    if (Buffer.isBuffer(report)) messages.push({ key: 'one', value: report });
    else messages.push(...(await provenBy(report.holder, topic, [{ key: 'one', value: encode(report) }])));
  }
  return (await pipeline.producer.send([{ topic, messages }])).flat();
}

describe('reports of copies', () => {
  it('become facts, each once, before and without their record', async () => {
    const held = copy();
    const removed: CopyReport = { ...held, action: 'removed', at: '2026-05-01T00:00:00.000Z' };
    await send('custody.copies', [held, held, removed]);
    await settled();
    await send('custody.copies', [held]);
    await settled();
    const facts = await copies().find({ ref: held.ref }).sort({ at: 1 }).toArray();
    expect(facts).toMatchObject([
      { ...held, _id: `${held.record}|crm|held`, at: new Date(held.at) },
      { ...removed, _id: `${held.record}|crm|removed`, at: new Date(removed.at) },
    ]);
  });

  it('by a holder nobody registered are set aside; what stands around them goes on', async () => {
    const canary = `canary-${randomUUID()}@stranger.example`;
    const good = [copy(), copy()];
    const [first, last] = good;
    if (first === undefined || last === undefined) throw new Error('two');
    const stranger = copy({ holder: 'nobody' });
    const sent = await send('custody.copies', [
      first,
      stranger,
      Buffer.from(canary),
      copy({ purpose: canary }),
      last,
    ]);
    await settled();
    expect(await copies().countDocuments({ ref: { $in: good.map(({ ref }) => ref) } })).toBe(2);
    expect(await copies().countDocuments({ holder: 'nobody' })).toBe(0);
    const ids = sent.map(({ partition, offset }) => `transfer|custody.copies/${String(partition)}/${offset}`);
    const found = await pipeline.mongo.db
      .collection<QuarantineDocument>('quarantine')
      .find({ _id: { $in: ids } })
      .toArray();
    expect(Object.fromEntries(found.map(({ _id, reason }) => [ids.indexOf(_id), reason]))).toEqual({
      1: 'unknown-holder',
      2: 'unreadable',
      3: 'malformed',
    });
    expect(JSON.stringify(found)).not.toContain(canary);
    expect(found.find(({ reason }) => reason === 'unknown-holder')).toMatchObject({
      ref: stranger.ref,
      record: stranger.record,
    });
  });

  it('that do not come from the holder they name are set aside and counted; what stands around them goes on', async () => {
    const [unproven, foreign, changed, good] = [copy(), copy(), copy(), copy()];
    const encode = await pipeline.registry.encoder('custody.copies-value');
    const plain = (report: CopyReport) => ({ key: 'one', value: encode(report) });
    const [proof] = await provenBy('crm', 'custody.copies', [plain(unproven)]);
    const messages = [
      plain(unproven),
      ...(await provenBy('dr', 'custody.copies', [plain(foreign)])),
      { ...plain(changed), ...(proof?.headers === undefined ? {} : { headers: proof.headers }) },
      ...(await provenBy('crm', 'custody.copies', [plain(good)])),
    ];
    const sent = (await pipeline.producer.send([{ topic: 'custody.copies', messages }])).flat();
    await settled();
    const refs = [unproven, foreign, changed, good].map(({ ref }) => ref);
    expect(await copies().distinct('ref', { ref: { $in: refs } })).toEqual([good.ref]);
    const ids = sent.map(({ partition, offset }) => `transfer|custody.copies/${String(partition)}/${offset}`);
    const aside = pipeline.mongo.db.collection<QuarantineDocument>('quarantine').find({ _id: { $in: ids } });
    expect((await aside.toArray()).map(({ reason }) => reason)).toEqual(Array(3).fill('forged-report'));
    const counted = await (await fetch(`${transfer.url}/metrics`)).text();
    expect(counted).toMatch(/keiro_transfer_forged_total\{holder="crm",reason="no-proof"[^}]*\} 1/);
    expect(counted).toMatch(/keiro_transfer_forged_total\{holder="crm",reason="bad-proof"[^}]*\} 2/);
  });

  it('are proven with a key that only the client of the holder is given', async () => {
    const keys = (client: string) =>
      createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
    const [all] = await keys('TRANSFER').reportKeys(['crm']);
    expect(await keys('CRM').reportKey('crm')).toEqual(all);
    await expect(keys('CRM').reportKey('billing')).rejects.toMatchObject({ status: 403 });
    await expect(keys('CRM').reportKeys(['crm'])).rejects.toMatchObject({ status: 403 });
  });

  it('by a holder whom another instance registers meanwhile are taken', async () => {
    const late = holder('late');
    await holders().insertOne({ ...late, _id: 'late', registeredAt: new Date() });
    const report = copy({ holder: 'late' });
    await send('custody.copies', [report]);
    await settled();
    expect(await copies().countDocuments({ ref: report.ref })).toBe(1);
  });
});

const as = (client: string, url = transfer.url) => ({ url, token: env(`KEIRO_TOKEN_${client}`) });

describe('reports by HTTP of a holder without Kafka', () => {
  const report = (reports: readonly unknown[], client = 'CRM', what = 'copies') =>
    callJson(as(client), { path: `/v1/custody/${what}`, body: { reports } }, reportedAnswerSchema);
  const forgedOf = async (named: string) => {
    const text = await (await fetch(`${transfer.url}/metrics`)).text();
    const labels = `holder="${named}",reason="not-its-holder"`;
    const line = text.split('\n').find((one) => one.startsWith(`keiro_transfer_forged_total{${labels}`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };

  it('are taken at once, each once, whichever way they come again', async () => {
    const held = copy();
    const removed: CopyReport = { ...held, action: 'removed', at: '2026-05-01T00:00:00.000Z' };
    expect(await report([held, held, removed])).toEqual({ taken: 2, known: 1 });
    expect(await copies().countDocuments({ ref: held.ref })).toBe(2);
    expect(await report([removed])).toEqual({ taken: 0, known: 1 });
    await send('custody.copies', [held]);
    await settled();
    expect(await copies().countDocuments({ ref: held.ref })).toBe(2);
  });

  it('are refused and counted where they name another holder, and where they do not hold together, none taken', async () => {
    const good = copy();
    const canary = `canary-${randomUUID()}@stranger.example`;
    const before = await forgedOf('dr');
    await expect(report([good, copy({ holder: 'dr' })])).rejects.toMatchObject({ status: 403 });
    await expect(report([copy({ holder: canary })])).rejects.toMatchObject({ status: 400 });
    await expect(report([copy()], 'OPERATOR')).rejects.toMatchObject({ status: 403 });
    const broken = report([good, copy({ generation: 2 })]);
    await expect(broken).rejects.toMatchObject({ status: 400 });
    await expect(broken).rejects.toThrow(/reports\.1\.record/);
    const image = { holder: 'crm', store: 'nobody', snapshot: 's-1', mutable: true, rows: 1 };
    const times = { watermark: '2026-04-01T00:00:00.000Z', takenAt: '2026-04-01T00:00:00.000Z' };
    await expect(report([{ ...image, ...times }], 'CRM', 'snapshots')).rejects.toThrow(/reports\.0\.store/);
    await expect(report(Array.from({ length: 501 }, () => good))).rejects.toMatchObject({ status: 400 });
    expect((await forgedOf('dr')) - before).toBe(1);
    expect(await copies().countDocuments({ ref: good.ref })).toBe(0);
  });
});

describe('T0: copies at a holder without a basis', () => {
  it('become violations, in sight of compliance until an operator closes them; those in order do not', async () => {
    const query = await pipeline.start('query');
    const list = (state = 'open') =>
      callJson(
        as('COMPLIANCE', query.url),
        { method: 'GET', path: `/v1/violations?state=${state}` },
        violationsAnswerSchema,
      );
    const ended = { ...fit, contract: { ...fit.contract, until: '2026-03-31' } };
    for (const one of [
      holder('ended', { kind: 'processor', basis: 'entrustment', ...ended }),
      holder('partner', { kind: 'third-party', basis: 'consent' }),
    ])
      await callJson(as('OPERATOR'), { path: '/v1/holders', body: one }, registeredAnswerSchema);
    const before = copy({ holder: 'ended', at: '2026-03-31T14:59:00.000Z' });
    const after = copy({ holder: 'ended' });
    const [asked, unasked] = [copy({ holder: 'partner' }), copy({ holder: 'partner' })];
    await consentTo('partner', asked.ref);
    await send('custody.copies', [before, after, after, asked, unasked, copy()]);
    await settled();

    const { open, violations } = await list();
    expect(open).toBe(2);
    expect(
      violations.map(({ holder: at, copy: of, reason, row }) => [at, of?.record, reason, row]).sort(),
    ).toEqual([
      ['ended', after.record, 'contract-ended', 'T1'],
      ['partner', unasked.record, 'consent-missing', 'TA'],
    ]);
    const metrics = await (await fetch(`${transfer.url}/metrics`)).text();
    expect(metrics).toMatch(/keiro_transfer_violations\{holder="ended",service="transfer"\} 1/);
    expect(transfer.output()).toContain('a holder has copies that it had no basis for');

    const id = violations.find(({ copy: of }) => of?.record === after.record)?.id ?? '';
    const close = () =>
      callJson(
        as('OPERATOR'),
        { path: `/v1/violations/${id}/close`, body: { reason: 'returned-or-erased', note: 'case-1' } },
        violationViewSchema,
      );
    // Nothing shows that it is gone: no directive is done, and the holder has not reported it.
    await expect(close()).rejects.toThrow('not been issued yet');
    await send('custody.copies', [{ ...after, action: 'removed', at: '2026-05-01T00:00:00.000Z' }]);
    await settled();
    expect(await close()).toMatchObject({ state: 'closed', closed: { by: 'operator', note: 'case-1' } });
    await expect(close()).rejects.toThrow('closed already');
    // Told once more, it does not come back.
    await send('custody.copies', [after]);
    await settled();
    expect((await list()).open).toBe(1);
    expect((await list('closed')).violations).toMatchObject([{ id }]);
    expect(
      await pipeline.mongo.db
        .collection<AuditDocument>('audit')
        .find({ action: 'violation.closed' })
        .toArray(),
    ).toMatchObject([{ by: 'operator', about: [after.record], detail: { holder: 'ended', note: 'case-1' } }]);
  }, 120_000);
});

describe('T0: a transfer before it happens', () => {
  it('is authorised or refused one by one, in the order asked; what is refused is audited', async () => {
    await callJson(
      as('OPERATOR'),
      { path: '/v1/holders', body: holder('asking', { kind: 'third-party', basis: 'consent' }) },
      registeredAnswerSchema,
    );
    const [given, elsewhere, none, withdrawn, denied] = Array.from({ length: 5 }, () =>
      lifeOf('member', randomUUID()),
    );
    if (!given || !elsewhere || !none || !withdrawn || !denied) throw new Error('five');
    const mail = lifeOf('email', randomUUID());
    await consentTo('asking', given.ref);
    // Said under the address of the same person.
    await consentTo('asking', mail.ref);
    await link(elsewhere.ref, mail.ref);
    await consentTo('asking', withdrawn.ref);
    await consentTo('asking', withdrawn.ref, { kind: 'consent-withdrawn', time: new Date('2026-03-01') });
    await consentTo('asking', denied.ref);
    await pipeline.mongo.db.collection<StandingDocument>('standing').insertOne({
      _id: denied.ref,
      ref: denied.ref,
      hiddenThrough: 0,
      erasedThrough: 0,
      suspended: [],
      denied: ['asking'],
      request: 'r',
      at: new Date().toISOString(),
    });
    const transfers = [given, elsewhere, none, withdrawn, denied].map((subject) => ({
      holder: 'asking',
      purpose: 'membership',
      subject,
      category: 'C1',
      groups: ['C1.identity'],
      evidence: { basis: 'consent' as const },
    }));
    const verdicts = await authoriseTransfers(as('OPERATOR'), [
      ...transfers,
      { holder: 'nobody', purpose: 'membership', evidence: { basis: 'own' } },
    ]);
    expect(verdicts.map((one) => (one.allowed ? one.record.kind : one.reason))).toEqual([
      'provision',
      'provision',
      'consent-missing',
      'consent-withdrawn',
      'denied',
      'unknown-holder',
    ]);
    const audited = await pipeline.mongo.db
      .collection<AuditDocument>('audit')
      .find({ action: 'transfer.refused' })
      .toArray();
    expect(audited.map(({ about, detail = {} }) => [about?.[0], detail['reason']]).sort()).toEqual(
      [
        [none.ref, 'consent-missing'],
        [withdrawn.ref, 'consent-withdrawn'],
        [denied.ref, 'denied'],
        [undefined, 'unknown-holder'],
      ].sort(),
    );
    await expect(authoriseTransfers(as('COMPLIANCE'), transfers)).rejects.toThrow('transfers:authorise');
  });

  it('is asked for 500 at once, each of them resolved to a person', async () => {
    const asked = Array.from({ length: 500 }, () => ({
      holder: 'asking',
      purpose: 'membership',
      subject: lifeOf('member', randomUUID()),
      evidence: { basis: 'consent' as const },
    }));
    const last = asked.at(-1);
    await consentTo('asking', last?.subject.ref ?? '');
    const verdicts = await authoriseTransfers(as('OPERATOR'), asked);
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([...Array<boolean>(499).fill(false), true]);
    const tooMany = { path: '/v1/transfers/authorise', body: { transfers: [...asked, last] } };
    await expect(callJson(as('OPERATOR'), tooMany, authoriseResponseSchema)).rejects.toThrow('transfers');
  });
});

/** What `tag` keeps of a consent towards a holder. */
async function consentTo(recipient: string, ref: string, more: Partial<FactDocument> = {}): Promise<void> {
  await pipeline.mongo.db.collection<FactDocument>('facts').insertOne({
    _id: `${ref}#1/${randomUUID()}`,
    ref,
    generation: 1,
    refs: [{ ref, generation: 1 }],
    kind: 'consent-given',
    consent: { recipients: [recipient], wording: 'w-1', means: 'form' },
    site: 'www.demo.example',
    source: 'demo-site',
    policy: '2017-02-02',
    time: new Date('2026-02-01'),
    takenAt: new Date('2026-02-01'),
    position: { topic: 'collection.facts', partition: 0, offset: '0' },
    digest: 'none',
    ...more,
  });
}

async function link(a: string, b: string): Promise<void> {
  const both = [
    [a, b],
    [b, a],
  ] as const;
  await pipeline.mongo.db
    .collection<LinkDocument>('links')
    .insertMany(
      both.map(([from, to]) => ({ _id: `${from}|${to}`, from, to, record: 'r', at: new Date('2026-01-01') })),
    );
}

describe('reports of snapshots (T3)', () => {
  it('become facts, once, where holder and store are registered', async () => {
    const report: SnapshotReport = {
      holder: 'dr',
      store: 'crm',
      snapshot: `s-${randomUUID()}`,
      watermark: '2026-04-01T00:00:00.000Z',
      takenAt: '2026-04-01T00:01:00.000Z',
      mutable: true,
      rows: 3,
    };
    await send('custody.snapshots', [report, report, { ...report, store: 'nobody' }]);
    await settled();
    const found = await snapshots().find({ snapshot: report.snapshot }).toArray();
    expect(found).toHaveLength(1);
    expect(found).toMatchObject([
      { _id: `dr|crm|${report.snapshot}`, watermark: new Date(report.watermark), rows: 3 },
    ]);
  });
});

describe('the register of holders', () => {
  const operator = { url: '', token: env('KEIRO_TOKEN_OPERATOR') };
  const get = (id: string) =>
    callJson(
      { ...operator, url: transfer.url },
      { method: 'GET', path: `/v1/holders/${id}` },
      holderAnswerSchema,
    );
  const register = (body: unknown, token = operator.token) =>
    callJson({ url: transfer.url, token }, { path: '/v1/holders', body }, registeredAnswerSchema);
  const audited = (id: string) =>
    pipeline.mongo.db.collection<AuditDocument>('audit').find({ about: id }).sort({ _id: 1 }).toArray();

  it('keeps since when and every version, forgets nobody whom the file leaves out, and is audited', async () => {
    const before = await holders().findOne({ _id: 'dr' });
    expect(before).toMatchObject({ kind: 'dr-site', replicates: ['crm'], country: 'SG', version: 1 });
    await transfer.end();
    write([
      holder('dr', {
        kind: 'dr-site',
        country: 'US',
        basis: 'entrustment',
        operator: 'cloud',
        replicates: ['crm'],
      }),
      holder('billing'),
      holder('crm'),
    ]);
    transfer = await pipeline.start('transfer', { KEIRO_HOLDERS_FILE: file });
    expect(await holders().findOne({ _id: 'dr' })).toMatchObject({
      country: 'US',
      basis: 'entrustment',
      registeredAt: before?.registeredAt,
      version: 2,
    });
    const ids = (await holders().find({}).toArray()).map(({ _id }) => _id);
    expect(ids).toEqual(expect.arrayContaining(['crm', 'dr', 'billing']));
    const { versions } = await get('dr');
    expect(versions).toMatchObject([
      { version: 2, by: 'transfer', changed: ['basis', 'country', 'operator'] },
      { version: 1, by: 'transfer' },
    ]);
    // The same content again is no new version.
    expect((await get('crm')).versions).toHaveLength(1);
    expect(await audited('dr')).toMatchObject([
      { action: 'holder.registered', by: 'transfer', detail: { version: 1 } },
      { action: 'holder.changed', detail: { version: 2, changed: ['basis', 'country', 'operator'] } },
    ]);
  }, 120_000);

  it('is changed by an operator, who is told what lapses; compliance reads it', async () => {
    const mailer = holder('mailer', {
      kind: 'processor',
      basis: 'entrustment',
      ...fit,
    });
    expect(await register(mailer)).toEqual({ id: 'mailer', version: 1, changed: true });
    expect(await register(mailer)).toEqual({ id: 'mailer', version: 1, changed: false });
    expect((await get('mailer')).holder.lapses).toMatchObject([
      { what: 'qualification', state: 'ok', due: '2036-12-31' },
    ]);
    await register({ ...mailer, contract: { ...fit.contract, until: '2026-01-31' } });
    const { holder: lapsed, versions } = await get('mailer');
    expect(lapsed.lapses).toContainEqual({
      what: 'contract',
      state: 'over',
      due: '2026-01-31',
      label: { ja: '契約の期間', en: 'contract' },
    });
    expect(versions).toMatchObject([{ version: 2, by: 'operator', changed: ['contract'] }, { version: 1 }]);
    expect((await audited('mailer')).map(({ action }) => action)).toEqual([
      'holder.registered',
      'holder.changed',
    ]);
    await expect(register(mailer, env('KEIRO_TOKEN_COMPLIANCE'))).rejects.toThrow('holders:manage');
    await expect(register({ ...mailer, basis: 'own' })).rejects.toThrow('basis');
  });

  it('is registered, shown and checked from the command line, which fails while something is over', async () => {
    const run = async (...args: string[]) => {
      const program = keiro(args, { env: { ...process.env, KEIRO_TRANSFER_URL: transfer.url } });
      return { code: await program.code, output: program.output() };
    };
    const over = { ...fit, contract: { ...fit.contract, until: '2026-02-28' } };
    write([holder('by-hand'), holder('over', { kind: 'processor', basis: 'entrustment', ...over })]);
    expect(await run('holders', 'register', file)).toEqual({
      code: 0,
      output: expect.stringContaining('by-hand  v1  登録しました registered'),
    });
    const shown = await run('holders', 'show', 'over');
    expect(shown.output).toContain('保管先 over store over');
    expect(shown.output).toContain('期限切れ over 契約の期間 contract 2026-02-28');
    expect(shown.output).toMatch(/v1 {2}\d{4}-\d\d-\d\d \S+ {2}operator {2}basis, /);
    const checked = await run('holders', 'check');
    expect(checked.code).toBe(1);
    expect(checked.output).toMatch(/over +期限切れ over +2026-02-28 +契約の期間 contract/);
    expect(checked.output).not.toContain('by-hand');
  });

  it('whose version was written and nothing else is mended when the change is sent again', async () => {
    const late = holder('cut-off');
    await register(late);
    const changed = { ...late, purposes: ['service'] };
    await register(changed);
    // As if the process had died after the version and before the rest.
    await holders().updateOne({ _id: 'cut-off' }, { $set: { version: 1, purposes: ['membership'] } });
    await pipeline.mongo.db.collection<AuditDocument>('audit').deleteOne({ _id: 'holder/cut-off/2' });
    expect(await register(changed)).toEqual({ id: 'cut-off', version: 2, changed: false });
    expect(await holders().findOne({ _id: 'cut-off' })).toMatchObject({ version: 2, purposes: ['service'] });
    expect(await audited('cut-off')).toHaveLength(2);
  });

  it('refuses to start with a file that has faults, and tells all of them', async () => {
    write([holder('crm', { basis: 'whim' }), { ...holder('two'), country: 'Japan' }]);
    const { code, output } = await runToEnd('transfer', {
      ...pipeline.variables,
      KEIRO_TOKEN: env('KEIRO_TOKEN_TRANSFER'),
      KEIRO_HOLDERS_FILE: file,
    });
    expect(code).toBe(1);
    expect(output).toContain('0 (crm).basis');
    expect(output).toContain('1 (two).country');
    expect(output).not.toContain('whim');
    expect((await holders().findOne({ _id: 'crm' }))?.basis).toBe('own');
  }, 120_000);
});
