import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, until } from '@keiro/runtime';
import {
  acceptedSchema,
  certificateSchema,
  collectionTopics,
  custodyTopics,
  dayInJapan,
  deletionDryRunSchema,
  dueOn,
  lineageAnswerSchema,
  packDataSchema,
  requestViewSchema,
  restoreViewSchema,
  type Certificate,
  type DueDocument,
  type RecordDocument,
  type RequestView,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import type { Collection } from 'mongodb';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

/* R4: a law keeps the books of a payment whose payer is deleted: that and nothing else, until it ends, and then nothing. */

let company: Company;
let request: ServiceProcess;
let erase: ServiceProcess;
let query: ServiceProcess;
let records: Collection<RecordDocument>;
const started: ServiceProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'keiro-floors-'));

beforeAll(async () => {
  company = await createCompany('floors', {}, { billingFor: 'payment' });
  records = company.pipeline.mongo.db.collection('records');
  query = await startService('query', {
    ...company.pipeline.variables,
    KEIRO_TOKEN: env('KEIRO_TOKEN_QUERY'),
  });
  const more = { KEIRO_QUERY_URL: query.url, KEIRO_AUDIT_FOLDER: folder, KEIRO_AUDIT_SEAL_SECONDS: '0.2' };
  const names = ['request', 'erase', 'tag', 'transfer'] as const;
  const services = await Promise.all(
    names.map((name) => startService(name, { ...company.variablesOf(name), ...more })),
  );
  started.push(query, ...services);
  const [first, second] = services;
  if (first === undefined || second === undefined) throw new Error('they were started');
  [request, erase] = [first, second];
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await company.close();
  rmSync(folder, { recursive: true });
}, 60_000);

const asCompliance = () => ({ url: request.url, token: env('KEIRO_TOKEN_COMPLIANCE') });
const post = <S extends Parameters<typeof callJson>[2]>(path: string, body: unknown, schema: S) =>
  callJson(asCompliance(), { path, body }, schema);
const view = (id: string) =>
  callJson(asCompliance(), { method: 'GET', path: `/v1/requests/${id}` }, requestViewSchema);
async function inState(id: string, state: RequestView['state']): Promise<RequestView> {
  let last: RequestView | undefined;
  await until(async () => (last = await view(id)).state === state, {
    what: `${id} ${state}`,
    timeoutMs: 20_000,
  }).catch((error: unknown) => {
    throw new Error(`not ${state} but ${JSON.stringify(last, null, 1)}`, { cause: error });
  });
  return view(id);
}
const certificateOf = async (id: string, number: number): Promise<Certificate> => {
  let found: Certificate | undefined;
  const path = `/v1/requests/${id}/certificate?number=${String(number)}`;
  await until(
    async () => {
      found = await callJson(asCompliance(), { method: 'GET', path }, certificateSchema).catch(
        () => undefined,
      );
      return found !== undefined;
    },
    { what: `certificate ${String(number)}`, timeoutMs: 30_000 },
  );
  return found ?? Promise.reject(new Error('no certificate'));
};
const command = async (args: readonly string[], more: Record<string, string> = {}) => {
  const program = keiro([...args], {
    env: { ...process.env, KEIRO_REQUEST_URL: request.url, KEIRO_ERASE_URL: erase.url, ...more },
  });
  return { code: await program.code, output: program.output() };
};
async function verified(certificate: Certificate): Promise<void> {
  const [file, keys] = [join(folder, 'c.json'), join(folder, 'keys.json')];
  writeFileSync(file, JSON.stringify(certificate));
  writeFileSync(keys, (await command(['audit', 'keys'])).output);
  const answer = await command(['certificate', 'verify', file, '--public-key', keys]);
  expect(answer).toMatchObject({ code: 0, output: expect.stringContaining('Genuine') });
}

const keysOf = (client: string) =>
  createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
const opened = async ({ lives }: TestPerson, duty: 'duty:disclosure' | 'duty:correction' | 'duty:floor') => {
  const asked = { holder: 'duties', duty, reference: 'case-1', groups: ['C5.books'], lives: [lives[0]] };
  const [answer] = (await keysOf('DUTIES').releaseForDuty(asked)).results;
  return answer?.state === 'released' ? Object.keys(answer.keys) : answer?.reason;
};

describe('R4: a deletion with a floor', () => {
  let person: TestPerson;
  let id: string;
  const amounts = { id: 'row-a', generation: 1, name: 'Hanako', amount: 1200 };

  beforeAll(async () => {
    person = await company.newPerson();
    const { member, email } = person;
    const { billing, crm, mailer, recovery } = company.stores;
    const rows = [
      { ...amounts, member, email },
      // Nobody has reported it.
      { ...amounts, id: 'row-b', member, email },
      // The law of its books has ended.
      { ...amounts, id: 'row-old', member, email },
      { id: 'row-card', member, email, generation: 1, name: 'Hanako' },
    ];
    await Promise.all([billing, recovery].map((store) => store.put(rows)));
    await Promise.all([crm, mailer].map((store) => store.put([{ ...amounts, id: 'row-c', member, email }])));
    await company.send('registration', person.lives);
    const [kept, old] = [
      await company.send('payment', person.lives),
      await company.send('payment', person.lives),
    ];
    await company.pipeline.passed('keiro.tag', collectionTopics);
    await company.reportCopy(person.lives[0], kept, 'row-a', { holder: 'billing', purpose: 'payment' });
    await company.reportCopy(person.lives[0], old, 'row-old', { holder: 'billing', purpose: 'payment' });
    await company.pipeline.passed('keiro.transfer', custodyTopics);
    await records.updateOne(
      { _id: old },
      { $set: { 'groups.$[one].floor.until': new Date() } },
      {
        arrayFilters: [{ 'one.group': 'C5.books' }],
      },
    );
  }, 90_000);

  it('narrows what the law keeps to that, at who has the duty, and erases the rest; as a dry run had said', async () => {
    const subject = { member: person.member };
    const foreseen = await post('/v1/requests/dry-run', { type: 'deletion', subject }, deletionDryRunSchema);
    expect(foreseen.floors).toMatchObject([
      { group: 'C5.books', law: 'Companies Act 432(2)', records: 1, holders: ['billing', 'recovery'] },
    ]);
    const printed = await command(['request', 'create', 'deletion', '--member', person.member, '--dry-run']);
    expect(printed.output).toMatch(/法令により保存.*C5\.books.*Companies Act 432\(2\).*billing, recovery/);

    ({ id } = await post('/v1/requests', { type: 'deletion', subject }, acceptedSchema));
    const done = await inState(id, 'done');
    expect(done.kept).toEqual(foreseen.floors);
    expect(done.tasks.map(({ holder, keep }) => [holder, keep?.fields])).toEqual(
      foreseen.holders.map(({ holder, keeps }) => [holder, keeps]),
    );
    const { billing, crm, mailer, recovery } = company.stores;
    expect(await billing.scan()).toEqual([
      { id: 'row-a', member: '', amount: 1200 },
      { id: 'row-b', member: '', amount: 1200 },
    ]);
    expect([await crm.ids(), await mailer.ids()]).toEqual([[], []]);
    expect((await recovery.ids()).filter((one) => one !== 'row-a' && one !== 'row-b')).toEqual([]);
    expect((await command(['requests', id])).output).toMatch(/消去済み。ただし法令により保存.*C5\.books/);
  }, 60_000);

  it('opens it for no purpose, and for the person and the law alone', async () => {
    const asked = { holder: 'billing', purpose: 'payment', groups: ['C5.books'], lives: [person.lives[0]] };
    expect((await keysOf('BILLING').release(asked)).results).toEqual([
      { state: 'refused', reason: 'erased' },
    ]);
    expect(await opened(person, 'duty:disclosure')).toEqual(['C5.books']);
    expect(await opened(person, 'duty:floor')).toEqual(['C5.books']);
    expect(await opened(person, 'duty:correction')).toBe('erased');
    await expect(
      keysOf('DUTIES').releaseForDuty({
        holder: 'duties',
        duty: 'duty:floor',
        reference: 'case-1',
        groups: ['C5.card'],
        lives: [person.lives[0]],
      }),
    ).rejects.toMatchObject({ status: 403 });
  });

  it('shows in lineage, in a disclosure and in a certificate that verifies what is kept, why and until when', async () => {
    const search = { path: '/v1/lineage/search', body: { member: person.member } };
    const lineage = await callJson({ ...asCompliance(), url: query.url }, search, lineageAnswerSchema);
    expect(lineage.standing).toMatchObject({
      state: 'erased',
      kept: [{ group: 'C5.books', law: 'Companies Act 432(2)', request: id }],
    });
    const [kept] = lineage.records.filter(({ state }) => state === 'kept');
    expect(kept).toMatchObject({ groups: [{ group: 'C5.books', purposes: [] }] });
    expect(kept?.copies).toMatchObject([{ holder: 'billing', state: 'kept' }]);
    expect(lineage.notes.map(({ code }) => code)).toContain('kept-by-law');

    const body = { type: 'disclosure', subject: { member: person.member } };
    const asked = await post('/v1/requests', body, acceptedSchema);
    await post(
      `/v1/requests/${asked.id}/review`,
      { decision: 'accept' },
      requestViewSchema.partial().loose(),
    );
    await inState(asked.id, 'waiting-for-operator');
    const out = join(folder, 'pack');
    const made = await command(['request', 'pack', asked.id, '--out', out, '--language', 'en', '--json']);
    expect(made.code).toBe(0);
    const data = packDataSchema.parse(JSON.parse(readFileSync(join(out, 'data.json'), 'utf8')));
    const items = data.holders.find((one) => one.id === 'billing')?.items ?? [];
    expect(items.map(({ locator, fields }) => [locator, fields['amount'], fields['name']])).toEqual(
      expect.arrayContaining([['row-a', 1200, null]]),
    );

    const certificate = await certificateOf(id, 1);
    expect(certificate.content).toMatchObject({
      outcome: 'erased-kept',
      kept: [{ group: 'C5.books', law: 'Companies Act 432(2)', holders: ['billing', 'recovery'] }],
    });
    expect(certificate.receipts.map(({ receipt }) => [receipt.holder, receipt.outcome])).toEqual([
      ['billing', 'remains'],
      ['crm', 'erased'],
      ['mailer', 'erased'],
      ['recovery', 'remains'],
    ]);
    await verified(certificate);
  }, 60_000);

  it('is left by a replay too, after a restore from before the deletion, and nothing but that', async () => {
    const { billing } = company.stores;
    const { member, email } = person;
    await billing.take(['row-a']);
    await billing.put([
      { ...amounts, id: 'row-a', member, email },
      { id: 'row-d', member, email, generation: 1, name: 'Hanako' },
    ]);
    const operator = { url: erase.url, token: env('KEIRO_TOKEN_OPERATOR') };
    const declared = { holder: 'billing', watermark: new Date(Date.now() - 3_600_000).toISOString() };
    const restore = await callJson(operator, { path: '/v1/restores', body: declared }, restoreViewSchema);
    const is = (state: string) =>
      until(
        async () => {
          const call = { method: 'GET', path: `/v1/restores/${restore.id}` } as const;
          return (await callJson(operator, call, restoreViewSchema)).state === state;
        },
        { what: `the restore ${state}`, timeoutMs: 20_000 },
      );
    await is('checked');
    await callJson(operator, { path: `/v1/restores/${restore.id}/replay`, body: {} }, restoreViewSchema);
    await is('open');
    expect(await billing.scan()).toEqual([
      { id: 'row-a', member: '', amount: 1200 },
      { id: 'row-b', member: '', amount: 1200 },
    ]);
  }, 60_000);

  it('ends with its law: the rest goes everywhere, the keys too, and a second certificate says so', async () => {
    const { db } = company.pipeline.mongo;
    const found = await records.find({ 'kept.request': id }).toArray();
    expect(found).toHaveLength(1);
    await records.updateMany(
      { 'kept.request': id },
      { $set: { 'groups.$[].floor.until': new Date(Date.now() - 1000) } },
    );
    const today = dueOn(dayInJapan(new Date()), { records: found.map(({ _id }) => _id) });
    await db.collection<DueDocument>('due').insertMany(today);
    await until(async () => (await view(id)).restErasedAt !== undefined, {
      what: 'the rest is erased',
      timeoutMs: 30_000,
    });
    expect(await company.stores.billing.ids()).toEqual([]);
    expect(await company.stores.recovery.ids()).toEqual([]);
    expect(await records.countDocuments({ 'kept.request': id })).toBe(0);
    expect(await opened(person, 'duty:disclosure')).toBe('erased');

    const certificate = await certificateOf(id, 2);
    expect(certificate.content).toMatchObject({ outcome: 'erased', closes: `cert-${id}-1`, number: 2 });
    expect(certificate.content).not.toHaveProperty('kept');
    expect(certificate.receipts.map(({ receipt }) => [receipt.outcome, receipt.probe?.found])).toEqual(
      ['billing', 'crm', 'mailer', 'recovery'].map(() => ['erased', 0]),
    );
    await verified(certificate);
    const last = (await view(id)).steps.at(-1);
    expect(last).toMatchObject({ step: 'floor-ended', evidence: { left: 0, told: false } });
  }, 60_000);
});
