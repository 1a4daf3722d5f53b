import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileProvider } from '@keiro/keys/file-provider';
import { openKeks } from '@keiro/keys/keks';
import { createProvisionKeys } from '@keiro/keys/provision-keys';
import { callJson, connectMongo, createLog, loadPolicies, type Mongo } from '@keiro/runtime';
import {
  addPeriod,
  custodyTopics,
  lineageAnswerSchema,
  provisionSearchAnswerSchema,
  registeredAnswerSchema,
  type AuditDocument,
  type FactDocument,
  type Holder,
  type Life,
  type LinkDocument,
  type ProvisionDocument,
  type ProvisionInput,
  type ProvisionSeriesDocument,
  type StandingDocument,
} from '@keiro/schemas';
import { createKeysClient, createProvisionIdentities, recordProvisions } from '@keiro/sdk';
import { openProvisionEndStore } from '@keiro/transfer/provision-end-store';
import { provisionEndRound } from '@keiro/transfer/provision-ends';
import { env } from '../builders/environment.ts';
import { fit } from '../builders/holders.ts';
import { keyFile } from '../builders/key-file.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

/* APPI 29 to 31: what was handed over stays on record, with who it was about, after that person's erasure. */

const id = randomBytes(4).toString('hex');
const member = `m-${id}`;
const email = `hanako-${id}@customer.example`;
const started = new Date();
const file = keyFile();
const folder = mkdtempSync(join(tmpdir(), 'keiro-provisions-'));
const keysDatabase = `test_keys_${id}`;

let pipeline: Pipeline;
let keys: ServiceProcess;
let transfer: ServiceProcess;
let query: ServiceProcess;
let keysMongo: Mongo;
let person: Life;
let mail: Life;

const as = (client: string, service: ServiceProcess) => ({
  url: service.url,
  token: env(`KEIRO_TOKEN_${client}`),
});
const provisions = () => pipeline.mongo.db.collection<ProvisionDocument>('provisions');
const audit = (action: string) =>
  pipeline.mongo.db.collection<AuditDocument>('audit').find({ action }).toArray();
const identities = (client: string) => createProvisionIdentities(as(client, keys));
const record = (told: readonly ProvisionInput[]) => recordProvisions(as('OPERATOR', transfer), told);
const search = (body: object) =>
  callJson(as('COMPLIANCE', query), { path: '/v1/provisions/search', body }, provisionSearchAnswerSchema);

const holder = (more: Partial<Holder> & { id: string }): Holder => ({
  kind: 'third-party',
  name: { ja: `相手方 ${more.id}`, en: `party ${more.id}` },
  country: 'JP',
  categories: ['C1'],
  purposes: ['service'],
  basis: 'consent',
  connector: { kind: 'http', url: { env: 'SOME_URL' } },
  ...more,
});

const provided = (
  act: string,
  to: string,
  evidence: Extract<ProvisionInput, { direction: 'provided' }>['transfer']['evidence'],
  more: Partial<ProvisionInput> = {},
): ProvisionInput =>
  ({
    direction: 'provided',
    id: act,
    at: started.toISOString(),
    transfer: { holder: to, purpose: 'service', subject: person, groups: ['C1.identity'], evidence },
    ...more,
  }) as ProvisionInput;

/** Opens who all records are about that have it sealed. */
async function opened() {
  const sealed = await provisions()
    .find({ identity: { $exists: true } })
    .sort({ act: 1 })
    .toArray();
  const results = await identities('DUTIES').open({
    for: 'disclosure',
    reference: 'case-1',
    identities: sealed.map(({ _id, identity }) => ({ provision: _id, key: '', sealed: '', ...identity })),
  });
  return results.map((one) => (one.state === 'open' ? one.identifiers : one.reason));
}

beforeAll(async () => {
  pipeline = await createPipeline('provisions', [
    { group: 'keiro.transfer', topics: custodyTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
  ]);
  keys = await startService('keys', {
    KEIRO_KEYS_DATABASE: keysDatabase,
    KEIRO_KEY_FILE: file.path,
    KEIRO_STANDING_CHECK: 'off',
  });
  [transfer, query] = await Promise.all([
    pipeline.start('transfer', { KEIRO_KEYS_URL: keys.url }),
    pipeline.start('query', { KEIRO_KEYS_URL: keys.url }),
  ]);
  keysMongo = await connectMongo({
    url: env('KEIRO_KEYS_MONGO_URL'),
    database: keysDatabase,
    log: createLog('test-keys', 'warn'),
  });
  for (const one of [
    holder({ id: 'overseas', country: 'US' }),
    holder({ id: 'printer', kind: 'processor', basis: 'entrustment', ...fit }),
  ])
    await callJson(as('OPERATOR', transfer), { path: '/v1/holders', body: one }, registeredAnswerSchema);

  const identifier = { groups: [], type: 'registration' as const, time: started.toISOString() };
  const { results } = await createKeysClient(as('DEMO', keys)).seal({
    source: 'demo-site',
    identifiers: [
      { kind: 'member', value: member, ...identifier },
      { kind: 'email', value: email, ...identifier },
    ],
  });
  const [first, second] = results.map(({ ref, generation }) => ({ ref, generation }));
  if (first === undefined || second === undefined) throw new Error('two');
  [person, mail] = [first, second];
  await pipeline.mongo.db.collection<LinkDocument>('links').insertMany(
    [
      [person.ref, mail.ref],
      [mail.ref, person.ref],
    ].map(([from = '', to = '']) => ({ _id: `${from}|${to}`, from, to, record: 'r', at: started })),
  );
  await pipeline.mongo.db.collection<FactDocument>('facts').insertOne({
    _id: `${mail.ref}#1/consent`,
    ...mail,
    refs: [mail],
    kind: 'consent-given',
    consent: {
      recipients: ['overseas'],
      wording: 'w-7',
      means: 'form',
      abroad: { country: 'US', informedOf: ['system-of-country', 'measures-of-recipient'] },
    },
    site: 'www.demo.example',
    source: 'demo-site',
    policy: '2017-02-02',
    time: new Date('2026-02-01'),
    takenAt: new Date('2026-02-01'),
    position: { topic: 'collection.facts', partition: 0, offset: '0' },
    digest: 'none',
  });
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await pipeline.close();
  await keysMongo.db.dropDatabase();
  await keysMongo.close();
  await keys.end();
  file.remove();
});

const abroad = () => provided('act-1', 'overseas', { basis: 'consent' });
const printed = () => provided('act-2', 'printer', { basis: 'entrustment' });
const underContract = (act: string, at: Date) =>
  provided(
    act,
    'overseas',
    { basis: 'consent' },
    {
      at: at.toISOString(),
      keeping: { kind: 'contract', reference: 'contract-5' },
    },
  );
const received = (): ProvisionInput => ({
  direction: 'received',
  id: 'act-4',
  at: started.toISOString(),
  from: '架空名簿株式会社',
  acquired: 'from-the-person',
  subject: mail,
  groups: ['C1.identity'],
});
const dayBefore = new Date(started.getTime() - 86_400_000);

describe('what is handed over or received', () => {
  it('is judged again and recorded, or why it need not be, or refused with the same reasons', async () => {
    const results = await record([
      abroad(),
      printed(),
      provided('act-3', 'overseas', {
        basis: 'terms-violation',
        'case-reference': 'c-1',
        approver: 'office',
      }),
      received(),
      underContract('act-5', dayBefore),
      underContract('act-6', started),
      { ...received(), id: 'act-7', subject: { ref: mail.ref, generation: 9 } } as ProvisionInput,
    ]);
    expect(results).toMatchObject([
      { state: 'recorded', record: { kind: 'provision' }, repeated: false },
      { state: 'recorded', record: { kind: 'none', reason: 'not-third-party-by-27(5)' } },
      { state: 'refused', reason: 'terms-violation-alone', row: 'TB' },
      { state: 'recorded', record: { articles: ['APPI 30'] } },
      { state: 'recorded' },
      { state: 'recorded' },
      { state: 'refused', reason: 'unknown-person' },
    ]);
    const stored = await provisions().find().toArray();
    expect(stored).toHaveLength(5);
    expect(stored.find(({ act }) => act === 'act-1')).toMatchObject({
      party: { id: 'overseas', country: 'US' },
      side: 'abroad',
      consent: { wording: 'w-7', at: new Date('2026-02-01') },
      refs: [person.ref, mail.ref],
      by: 'operator',
    });
    expect(stored.find(({ act }) => act === 'act-2')).not.toHaveProperty('identity');
    const all = JSON.stringify([stored, await pipeline.mongo.db.collection('audit').find().toArray()]);
    for (const value of [member, email]) expect(all).not.toContain(value);
    expect(await audit('provision.recorded')).toHaveLength(4);
    expect(await audit('provision.none')).toMatchObject([{ about: [person.ref, expect.any(String)] }]);
    expect(await audit('provision.refused')).toMatchObject([
      { detail: { holder: 'overseas', reason: 'terms-violation-alone' } },
      { about: [mail.ref], detail: { direction: 'received', reason: 'no-such-life' } },
    ]);
  });

  it('is recorded once, however often it is told; another content under its id is a conflict', async () => {
    const results = await record([abroad(), printed(), { ...abroad(), at: dayBefore.toISOString() }]);
    expect(results).toMatchObject([
      { state: 'recorded', repeated: true },
      { state: 'recorded', repeated: true, record: { kind: 'none' } },
      { state: 'conflict' },
    ]);
    expect(await provisions().countDocuments({})).toBe(5);
    expect(await audit('provision.recorded')).toHaveLength(4);
  });

  it('is neither of the future nor told much too late, and only by who may', async () => {
    const at = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString();
    await expect(record([abroad(), { ...abroad(), at: at(1) }])).rejects.toThrow(
      'provisions.1.at is in the future',
    );
    await expect(record([{ ...abroad(), at: at(-8) }])).rejects.toThrow(
      'provisions.0.at is more than 7 days',
    );
    await expect(recordProvisions(as('COMPLIANCE', transfer), [abroad()])).rejects.toThrow(
      'transfers:record',
    );
    const provision = `p-${'x'.repeat(22)}`;
    await expect(identities('OPERATOR').seal([{ provision, subject: person, refs: [] }])).rejects.toThrow(
      'keys:provisions',
    );
    const sealed = { provision, key: `${person.ref}#1|2026-01`, sealed: '' };
    await expect(
      identities('TRANSFER').open({ for: 'regulator', reference: 'r', identities: [sealed] }),
    ).rejects.toThrow('keys:provisions-open');
  });
});

const both = [
  { kind: 'member', value: member },
  { kind: 'email', value: email },
];

describe('when the person has been erased', () => {
  it('all is still listed, who it was about still opens, and nothing more is recorded', async () => {
    await createKeysClient(as('REQUEST', keys)).destroy('r-1', [person, mail], new Date());
    await pipeline.mongo.db.collection<StandingDocument>('standing').insertOne({
      _id: person.ref,
      ref: person.ref,
      hiddenThrough: 1,
      erasedThrough: 1,
      suspended: [],
      request: 'r-1',
      at: new Date().toISOString(),
    });
    const byMember = await search({ member });
    expect(byMember).toEqual({ ...(await search({ email })), asOf: expect.any(String) });
    expect(byMember.provisions.map(({ act }) => act).sort()).toEqual([
      'act-1',
      'act-2',
      'act-4',
      'act-5',
      'act-6',
    ]);
    const made = (act: string) => byMember.provisions.find((one) => one.act === act);
    expect(made('act-1')?.kept).toMatchObject({
      as: 'single',
      article: 'APPI 29',
      mark: 'S',
      until: addPeriod(new Date(made('act-1')?.recordedAt ?? ''), 'P3Y').toISOString(),
    });
    // Its end moved with the later one of the same contract.
    expect(made('act-5')?.kept.until).toBe(addPeriod(started, 'P1Y').toISOString());
    expect(await opened()).toEqual([both, both.toReversed(), both, both]);
    expect(
      await record([provided('act-8', 'overseas', { basis: 'consent' }), { ...received(), id: 'act-9' }]),
    ).toMatchObject([
      { state: 'refused', reason: 'erased' },
      { state: 'refused', reason: 'erased' },
    ]);
    expect(await provisions().countDocuments({})).toBe(5);

    const lineage = await callJson(
      as('COMPLIANCE', query),
      { path: '/v1/lineage/search', body: { member } },
      lineageAnswerSchema,
    );
    const note = lineage.notes.find(({ code }) => code === 'provisions-kept');
    expect(note?.ja).toMatch(/提供の記録が 5 件.*個人情報保護法29条/);
  });

  it('a new key-encryption key takes the keys of records with it', async () => {
    const rotated = keiro(['kek', 'rotate', '--yes', '--wait'], {
      env: { ...process.env, KEIRO_KEYS_URL: keys.url },
    });
    expect([await rotated.code, rotated.output()]).toEqual([0, expect.stringContaining('包み直し')]);
    expect(await keysMongo.db.collection('provisionKeys').distinct('epoch')).toEqual([2]);
    expect(await opened()).toEqual([both, both.toReversed(), both, both]);
  }, 60_000);
});

describe('the command line', () => {
  const services = () => ({
    ...process.env,
    KEIRO_QUERY_URL: query.url,
    KEIRO_KEYS_URL: keys.url,
  });
  const run = async (...args: string[]) => {
    const program = keiro(['provisions', ...args], { env: services() });
    return { code: await program.code, output: program.output() };
  };

  it('lists what was recorded of a person, and says when nothing was', async () => {
    const { code, output } = await run('list', '--email', email);
    expect(code).toBe(0);
    expect(output).toContain('相手方 overseas party overseas (US)');
    expect(output).toContain('不要 not needed: 27条5項の場合は記録を要しません。');
    expect(output).not.toContain(email);
    const nobody = await run('list', '--member', `m-${randomUUID()}`, '--lang', 'en');
    expect(nobody).toEqual({ code: 0, output: 'no provision recorded\n' });
  });

  it('exports a span of time for an authority into a file of its owner alone, audited with each person shown', async () => {
    const tomorrow = new Date(started.getTime() + 86_400_000).toISOString().slice(0, 10);
    const out = join(folder, 'provisions.csv');
    const yesterday = dayBefore.toISOString().slice(0, 10);
    const args = ['export', '--from', yesterday, '--to', tomorrow, '--reference', 'case-12'];
    expect(await run(...args, '--out', out)).toMatchObject({ code: 0 });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const text = readFileSync(out, 'utf8');
    expect(text.startsWith('\uFEFF提供年月日,区分,')).toBe(true);
    expect(text).toContain(`会員：${member}、メール：${email}`);
    expect(text).toContain('架空名簿株式会社');
    expect(text.trim().split('\r\n')).toHaveLength(6);
    expect(await audit('provision.exported')).toMatchObject([
      { by: 'duties', detail: { count: 5, total: 5, page: 1 } },
    ]);

    const json = join(folder, 'provisions.json');
    expect((await run(...args, '--format', 'json', '--sealed', '--out', json)).code).toBe(0);
    const rows = JSON.parse(readFileSync(json, 'utf8')) as Record<string, string>[];
    expect(rows.map((row) => row['本人']).sort()).toEqual([
      '',
      ...Array.from({ length: 4 }, () => '（封印）'),
    ]);

    // What is there is left as it is.
    const again = await run(...args, '--out', out);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('there is a file of this name') });
    expect(readFileSync(out, 'utf8')).toBe(text);
    await expect(
      callJson(
        as('COMPLIANCE', query),
        { path: '/v1/provisions/export', body: {} },
        provisionSearchAnswerSchema,
      ),
    ).rejects.toThrow('provisions:export');
  }, 60_000);
});

describe('at its end', () => {
  const round = async (at: Date) => {
    const now = () => at;
    const provisionKeys = createProvisionKeys({
      db: keysMongo.db,
      keks: await openKeks(fileProvider(file.path, randomBytes), now),
      random: randomBytes,
      now,
    });
    return provisionEndRound({
      store: openProvisionEndStore(pipeline.mongo.db),
      identities: { destroy: (ids) => provisionKeys.destroy(ids) },
      policies: loadPolicies(env('KEIRO_POLICY_FILE')),
      now,
      pause: () => Promise.resolve(),
    });
  };
  const series = () =>
    pipeline.mongo.db.collection<ProvisionSeriesDocument>('provisionSeries').countDocuments({});

  it('no key goes before its time', async () => {
    const [one] = await provisions()
      .find({ identity: { $exists: true } })
      .toArray();
    const key = one?.identity?.key ?? '';
    await expect(identities('TRANSFER').destroy([key])).rejects.toThrow('not all of these can have ended');
    expect(await round(new Date())).toEqual({ ended: 0, keys: 0 });
    expect(await opened()).toHaveLength(4);
  });

  it('what a contract served for goes a year after the last provision; its key stays for what is kept longer', async () => {
    expect(await round(addPeriod(started, 'P1Y'))).toEqual({ ended: 2, keys: 0 });
    expect(await series()).toBe(0);
    expect(await opened()).toEqual([both, both.toReversed()]);
  });

  it('the rest goes after three years, with one entry each, and its keys: it opens no more', async () => {
    const [kept] = await provisions().find({ act: 'act-1' }).toArray();
    expect(await round(addPeriod(new Date(), 'P3Y'))).toEqual({ ended: 3, keys: 2 });
    expect(await provisions().countDocuments({})).toBe(0);
    const identity = { provision: kept?._id ?? '', key: '', sealed: '', ...kept?.identity };
    const gone = { for: 'disclosure' as const, reference: 'case-1', identities: [identity] };
    expect(await identities('DUTIES').open(gone)).toEqual([{ state: 'refused', reason: 'destroyed' }]);
    expect(await keysMongo.db.collection('provisionKeys').countDocuments({})).toBe(0);
    expect(await audit('provision.ended')).toHaveLength(5);
    expect(await round(addPeriod(new Date(), 'P3Y'))).toEqual({ ended: 0, keys: 0 });
    expect((await search({ member })).provisions).toEqual([]);
  });
});
