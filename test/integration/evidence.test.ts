import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendAudit, callJson, until } from '@keiro/runtime';
import pg from 'pg';
import { openChainStore } from '@keiro/request/evidence/chain-store';
import { openHeads } from '@keiro/request/evidence/heads';
import { createSealer } from '@keiro/request/evidence/sealer';
import {
  acceptedSchema,
  certificateSchema,
  collectionTopics,
  custodyTopics,
  requestViewSchema,
  retryAllAnswerSchema,
  type AuditDocument,
  type Certificate,
  type CertificateDocument,
  type SegmentDocument,
} from '@keiro/schemas';
import { createCompany, type Company } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { newKey, signSegment } from '../builders/evidence.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

let company: Company;
let request: ServiceProcess;
const started: ServiceProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'keiro-evidence-'));
const file = (name: string) => join(folder, name);

async function start(name: 'tag' | 'transfer' | 'request' | 'erase'): Promise<ServiceProcess> {
  const service = await startService(name, {
    ...company.variablesOf(name),
    KEIRO_AUDIT_FOLDER: file('heads'),
    KEIRO_AUDIT_SEAL_SECONDS: '0.2',
  });
  started.push(service);
  return service;
}

beforeAll(async () => {
  company = await createCompany('evidence');
  [request] = await Promise.all([start('request'), start('tag'), start('transfer'), start('erase')]);
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await company.close();
  rmSync(folder, { recursive: true });
}, 60_000);

/** The command, as compliance runs it beside the services. */
async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = keiro(args, {
    env: {
      ...process.env,
      ...company.pipeline.variables,
      KEIRO_REQUEST_URL: request.url,
      KEIRO_AUDIT_FOLDER: file('heads'),
    },
  });
  return { code: await program.code, output: program.output() };
}

/** The command on a machine that has nothing but the files. */
async function offline(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = keiro(args, { env: { PATH: process.env['PATH'] ?? '' }, cwd: folder });
  return { code: await program.code, output: program.output() };
}

const asCompliance = () => ({ url: request.url, token: env('KEIRO_TOKEN_COMPLIANCE') });
const audit = () => company.pipeline.mongo.db.collection<AuditDocument>('audit');

async function allSealed(): Promise<void> {
  await until(async () => (await audit().countDocuments({ segment: { $exists: false } })) === 0, {
    what: 'all sealed',
    timeoutMs: 20_000,
  });
}

async function certificateOf(id: string): Promise<Certificate> {
  let found: Certificate | undefined;
  await until(
    async () => {
      const call = { method: 'GET' as const, path: `/v1/requests/${id}/certificate` };
      found = await callJson(asCompliance(), call, certificateSchema).catch(() => undefined);
      return found !== undefined;
    },
    { what: 'a certificate', timeoutMs: 45_000 },
  );
  return found ?? Promise.reject(new Error('no certificate'));
}

describe('a deletion that is done', () => {
  let id: string;
  let certificate: Certificate;

  beforeAll(async () => {
    const person = await company.newPerson();
    const row = { id: `row-${person.member}`, member: person.member, email: person.email, generation: 1 };
    await Promise.all(Object.values(company.stores).map((store) => store.put([row])));
    await company.send('registration', person.lives);
    await company.send('payment', person.lives);
    await company.pipeline.passed('keiro.tag', collectionTopics);
    await company.pipeline.passed('keiro.transfer', custodyTopics);
    const body = { type: 'deletion', subject: { member: person.member } };
    ({ id } = await callJson(asCompliance(), { path: '/v1/requests', body }, acceptedSchema));
    certificate = await certificateOf(id);
    expect(JSON.stringify(certificate)).not.toContain(person.member);
    await allSealed();
  }, 90_000);

  it('has a certificate with every receipt, which is verified offline with the public key alone', async () => {
    expect(certificate.content).toMatchObject({ request: id, outcome: 'erased', inTime: true, number: 1 });
    expect(
      certificate.receipts.map(({ receipt }) => [receipt.holder, receipt.outcome, receipt.probe?.found]),
    ).toEqual(['billing', 'crm', 'mailer', 'recovery'].map((holder) => [holder, 'erased', 0]));
    writeFileSync(file('keys.json'), (await run('audit', 'keys')).output);
    expect(await run('certificate', 'get', id, '--out', file('c.json'))).toMatchObject({ code: 0 });
    const verified = await offline('certificate', 'verify', 'c.json', '--public-key', 'keys.json');
    expect(verified).toMatchObject({
      code: 0,
      output: expect.stringContaining('receipt of recovery is one of those'),
    });

    const copy = readFileSync(file('c.json'), 'utf8');
    writeFileSync(file('content.json'), copy.replace('"inTime": true', '"inTime": false'));
    writeFileSync(file('receipt.json'), copy.replace('"people": 1', '"people": 7'));
    expect(copy).toContain('"people": 1');
    const content = await offline('certificate', 'verify', 'content.json', '--public-key', 'keys.json');
    expect(content).toMatchObject({ code: 1, output: expect.stringMatching(/BROKEN {2}content .*inTime/) });
    const receipt = await offline('certificate', 'verify', 'receipt.json', '--public-key', 'keys.json');
    expect(receipt).toMatchObject({
      code: 1,
      output: expect.stringMatching(/BROKEN {2}receipt of (crm|billing) /),
    });
  }, 60_000);

  it('has it for a person to read, in Japanese and English, and to print', async () => {
    const fetched = async (path: string) => {
      const answer = await fetch(`${request.url}/v1/requests/${id}/certificate.${path}`, {
        headers: { authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}` },
      });
      return [
        answer.status,
        answer.headers.get('content-type'),
        Buffer.from(await answer.arrayBuffer()),
      ] as const;
    };
    const [status, type, html] = await fetched('html');
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(html.toString()).toContain('請求への対応に関する証明書');
    expect((await fetched('html?lang=en'))[2].toString()).toContain('a second look found nothing');
    const [, pdfType, pdf] = await fetched('pdf');
    expect([pdfType, pdf.subarray(0, 5).toString()]).toEqual(['application/pdf', '%PDF-']);
    expect((await fetched('html?lang=fr'))[0]).toBe(400);
  });

  it('is in the chain, from its first segment to the heads outside the store, and in a bundle that needs no server', async () => {
    const first = await run('audit', 'verify', '--public-key', file('keys.json'));
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('1 certificates') });
    expect(first.output).not.toContain('No heads');
    const database = company.pipeline.variables['KEIRO_DATABASE'] ?? '';
    expect(statSync(file(`heads/${database}.heads.jsonl`)).mode & 0o077).toBe(0);
    expect(statSync(join(dirname(env('KEIRO_KEY_FILE')), 'signing.json')).mode & 0o077).toBe(0);

    const rotated = await run('audit', 'rotate-key');
    expect(rotated).toMatchObject({ code: 0, output: expect.stringContaining('→') });
    await appendAudit(company.pipeline.mongo.db, [
      { _id: 'after-rotation', at: new Date(), by: 'test', action: 'test.noted', detail: { n: 1 } },
    ]);
    await allSealed();
    const keysOf = async (entry: string) => {
      const { segment } = (await audit().findOne({ _id: entry })) ?? {};
      const found = await company.pipeline.mongo.db
        .collection<SegmentDocument>('segments')
        .findOne({ _id: segment ?? 0 });
      return found?.keyId;
    };
    const [from = '', to = ''] = rotated.output.split(/ → | {2}\(/);
    expect(await keysOf(`signing-key/${to}`)).toBe(from);
    expect(await keysOf('after-rotation')).toBe(to);
    // The keys that were saved before still do: the new one is endorsed.
    expect(await run('audit', 'verify', '--public-key', file('keys.json'))).toMatchObject({ code: 0 });

    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', dateStyle: 'short' }).format(
      new Date(),
    );
    const bundled = await run('audit', 'bundle', '--from', today, '--to', today, '--out', file('bundle'));
    expect(bundled).toMatchObject({ code: 0, output: expect.stringContaining('1 requests, 1 certificates') });
    const sums = readFileSync(file('bundle/SHA256SUMS'), 'utf8').trimEnd().split('\n');
    expect(sums.length).toBeGreaterThan(6);
    for (const line of sums) {
      const [sum = '', name = ''] = line.split('  ');
      expect(hash('sha256', readFileSync(file(`bundle/${name}`)))).toBe(sum);
    }
    const checked = await offline('audit', 'verify', '--bundle', 'bundle', '--public-key', 'keys.json');
    expect(checked).toMatchObject({ code: 0, output: expect.stringContaining('1 certificates') });
  }, 60_000);

  it('is found changed in MongoDB, by name: an entry, a receipt of its certificate, a chain cut at its end', async () => {
    const db = company.pipeline.mongo.db;
    const verify = () => run('audit', 'verify', '--public-key', file('keys.json'));
    const entry = `${id}/done`;
    await audit().updateOne({ _id: entry }, { $set: { by: 'requesT' } });
    const changed = await verify();
    expect(changed.code).toBe(1);
    expect(changed.output).toMatch(new RegExp(`BROKEN {2}segment \\d+ {2}${entry} is not what was sealed`));
    await audit().updateOne({ _id: entry }, { $set: { by: 'request' } });

    const certificates = db.collection<CertificateDocument>('certificates');
    const stored = await certificates.findOne({ request: id });
    const text = stored?.text ?? '';
    await certificates.updateOne(
      { request: id },
      { $set: { text: text.replace('"people":1', '"people":0') } },
    );
    const receipt = await verify();
    expect(receipt.code).toBe(1);
    expect(receipt.output).toMatch(
      new RegExp(`cert-${id}-1 receipt of (crm|billing) is not what was signed`),
    );
    await certificates.updateOne({ request: id }, { $set: { text } });

    const segments = db.collection<SegmentDocument>('segments');
    const newest = await segments.find().sort({ _id: -1 }).limit(1).next();
    const last = newest?._id ?? 0;
    await segments.deleteOne({ _id: last });
    const cut = await verify();
    expect(cut.code).toBe(1);
    expect(cut.output).toContain(`segment ${String(last)} is missing: its head is held outside the store`);
    if (newest !== null) await segments.insertOne(newest);
    expect(await verify()).toMatchObject({ code: 0 });
  }, 60_000);
});

/** A store that says it deleted, and keeps some: a trigger of its own sees to that. Answers what ends it. */
async function keepSome(kept: string): Promise<() => Promise<void>> {
  const { config } = company.stores.billing;
  if (config.kind !== 'postgresql') throw new Error('billing is a PostgreSQL');
  const [schema = '', table = ''] = config.tables[0]?.name.split('.') ?? [];
  const name = `${schema}."${table.replaceAll('"', '""')}"`;
  const client = new pg.Client({ connectionString: env('DEMO_POSTGRES_URL') });
  await client.connect();
  await client.query(
    `create function ${schema}.keep() returns trigger language plpgsql as $$
      begin if old.id = '${kept}' then return null; end if; return old; end $$;
     create trigger keep before delete on ${name} for each row execute function ${schema}.keep()`,
  );
  return async () => {
    await client.query(`drop trigger keep on ${name}; drop function ${schema}.keep()`);
    await client.end();
  };
}

describe('a deletion at holders that do not do what they say', () => {
  const stateOf = async (id: string) =>
    callJson(asCompliance(), { method: 'GET', path: `/v1/requests/${id}` }, requestViewSchema);
  const certificateAt = (id: string) =>
    fetch(`${request.url}/v1/requests/${id}/certificate`, {
      headers: { authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}` },
    });

  it('has no certificate while one kept half and one answers garbage; when they are mended it has, and adds up', async () => {
    const [person, nobody] = await Promise.all([company.newPerson(), company.newPerson()]);
    const row = (n: number) => ({
      id: `row-${String(n)}-${person.member}`,
      member: person.member,
      email: person.email,
      generation: 1,
    });
    await Promise.all(Object.values(company.stores).map((store) => store.put([row(1), row(2)])));
    await company.send('registration', person.lives);
    await company.send('payment', person.lives);
    await company.pipeline.passed('keiro.tag', collectionTopics);
    const mend = await keepSome(row(2).id);
    const { processor } = company.stores.mailer;
    processor.manner = 'garbage';
    const erased = async ({ member }: { member: string }) => {
      const body = { type: 'deletion', subject: { member } };
      return (await callJson(asCompliance(), { path: '/v1/requests', body }, acceptedSchema)).id;
    };
    const [id, empty] = [await erased(person), await erased(nobody)];
    let waiting = await stateOf(id);
    const isGivenUp = async () => {
      waiting = await stateOf(id);
      const failed = waiting.tasks.filter(({ state }) => state === 'failed');
      const other = (await stateOf(empty)).state;
      return failed.length === 2 && waiting.state === 'waiting-for-operator' && other === waiting.state;
    };
    await until(isGivenUp, { what: 'both given up', timeoutMs: 40_000 });
    const at = (holder: string) => waiting.tasks.find((task) => task.holder === holder);
    expect(at('billing')?.receipt).toMatchObject({ affected: 1, probe: { found: 1 } });
    expect(at('mailer')?.receipt?.probe).toBeUndefined();
    expect((await certificateAt(id)).status).toBe(404);

    processor.manner = 'honest';
    await mend();
    for (const holder of ['billing', 'mailer'])
      await callJson(asCompliance(), { path: '/v1/tasks/retry-all', body: { holder } }, retryAllAnswerSchema);
    const isDone = async () => (await stateOf(id)).state === 'done';
    await until(isDone, { what: 'done', timeoutMs: 30_000 }).catch(async (error: unknown) => {
      throw new Error(`not done but ${JSON.stringify((await stateOf(id)).tasks, null, 1)}`, { cause: error });
    });
    const certificate = await certificateOf(id);
    expect(
      certificate.receipts.map(({ receipt }) => [receipt.holder, receipt.affected, receipt.probe?.found]),
    ).toEqual([
      ['billing', 2, 0],
      ['crm', 2, 0],
      ['mailer', 2, 0],
      ['recovery', 4, 0],
    ]);
    // Of whom nothing was ever held: every holder has looked, and says so.
    const { content, receipts } = await certificateOf(empty);
    expect(content.outcome).toBe('erased');
    expect(new Set(receipts.map(({ receipt }) => receipt.outcome))).toEqual(new Set(['nothing-held']));
  }, 90_000);
});

describe('sealing', () => {
  it('by two at once, of what is committed late, and after a crash before the stamps, seals each entry once', async () => {
    const { client } = company.pipeline.mongo;
    const db = client.db(`${company.pipeline.variables['KEIRO_DATABASE'] ?? ''}_two`);
    const store = openChainStore(db);
    const key = newKey();
    const onSealed: string[] = [];
    const sealer = (name: string) =>
      createSealer({
        store,
        signing: { segment: (head) => Promise.resolve(signSegment({ head }, key)) },
        heads: openHeads({
          folder: file(name),
          database: 'two',
          producer: { send: () => Promise.resolve([]) },
        }),
        now: () => new Date(),
        onSealed: (segment) => {
          onSealed.push(String(segment.head.number));
          return Promise.resolve();
        },
      });
    const [one, two] = [sealer('one'), sealer('two')];
    const append = (from: number, n: number) =>
      appendAudit(
        db,
        Array.from({ length: n }, (_, index) => ({
          _id: `entry-${String(from + index)}`,
          at: new Date(1_800_000_000_000 - from - index),
          by: 'test',
          action: 'test.noted',
          detail: { n: from + index },
        })),
      );
    try {
      await append(0, 600);
      const late = append(600, 50);
      await Promise.all([one.seal(), two.seal(), late]);
      await append(650, 5);
      await Promise.all([one.seal(), two.seal()]);
      await two.seal();
      const segments = () => db.collection<SegmentDocument>('segments').find().sort({ _id: 1 }).toArray();
      const before = await segments();
      const ids = before.flatMap(({ leaves }) => leaves.map(({ id }) => id));
      expect([ids.length, new Set(ids).size]).toEqual([655, 655]);

      // The segment was written, and its sealer killed before it stamped.
      const newest = before.at(-1);
      await db.collection('audit').updateMany({ segment: newest?._id }, { $unset: { segment: '' } });
      await sealer('one').seal();
      expect((await segments()).length).toBe(before.length);
      expect(await store.countUnsealed()).toBe(0);
      expect(onSealed).toContain(String(newest?._id));

      // A store that was restored from an old copy is not gone on with.
      await db.collection<SegmentDocument>('segments').deleteOne({ _id: newest?._id ?? 0 });
      await expect(sealer('one').seal()).rejects.toThrow('an old copy was restored');
    } finally {
      await db.dropDatabase();
    }
  }, 60_000);
});
