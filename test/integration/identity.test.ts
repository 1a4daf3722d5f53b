import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newCode } from '@keiro/request/identity/code';
import { identityConfig } from '@keiro/request/identity/config';
import type { CheckedRequest } from '@keiro/request/identity/handle';
import { startIdentity } from '@keiro/request/identity/start';
import type { IdentityOutcomes } from '@keiro/request/identity-outcomes';
import {
  connectMongo,
  createLog,
  createMetrics,
  loadClients,
  serveHttp,
  until,
  type Mongo,
} from '@keiro/runtime';
import {
  identityAnswerSchema,
  identityViewSchema,
  type AuditDocument,
  type Life,
  type Ref,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { z } from 'zod';
import { env } from '../builders/environment.ts';
import { startMailServer, type MailServer } from '../builders/mail-server.ts';

/*
 * The check of who asks on real servers: keys, MongoDB and SMTP. What requests there are, and the time, are the test's; the
 * life-cycle of a request with it is in request-identity.test.ts.
 */

const database = `test_identity_${randomBytes(4).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'keiro-identity-'));
const logFile = join(folder, 'log.json');
const day = 86_400_000;

let mongo: Mongo;
let mail: MailServer;
let sessionKey: CryptoKey;
let url: string;
let clock = Date.now();
const now = () => new Date(clock);
const pass = (seconds: number) => {
  clock += seconds * 1000;
};

/** As the life-cycle has them: one whose check has failed is not looked at, but can still be completed. */
const requests = new Map<string, CheckedRequest>();
const failed = new Set<string>();
type Told = { request: string } & Record<string, unknown>;
const told: Told[] = [];
const outcomes: IdentityOutcomes = {
  confirmed: (request, confirmation) => {
    told.push({ request, ...confirmation });
    const known = requests.get(request);
    if (known !== undefined) requests.set(request, { ...known, waits: false });
    return Promise.resolve();
  },
  failed: (request, failure) => {
    told.push({ request, ...failure });
    failed.add(request);
    return Promise.resolve();
  },
};
/** Who is who, as links would say it. */
const persons: (readonly Life[])[] = [];
const personOf = (asked: readonly Ref[]): Life[] => [
  ...(persons.find((lives) => lives.some(({ ref }) => asked.includes(ref))) ?? []),
];
/** What chance gave, so that the test knows a code that nobody received. */
const drawn: Buffer[] = [];
const lastCode = (): string => newCode(() => drawn.at(-1) ?? Buffer.alloc(4));
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const log = createLog('test-identity', 'debug', logFile);
  mail = await startMailServer();
  mongo = await connectMongo({ url: env('KEIRO_MONGO_URL'), database, log });
  const pair = await generateKeyPair('ES256');
  sessionKey = pair.privateKey;
  const jwks = join(folder, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [await exportJWK(pair.publicKey)] }));
  const config = z.object({ ...identityConfig, KEIRO_TOKEN: z.string() }).parse({
    KEIRO_TOKEN: env('KEIRO_TOKEN_REQUEST'),
    KEIRO_SMTP_URL: mail.url,
    KEIRO_SMTP_FROM: 'privacy@company.example',
    KEIRO_SESSION_ISSUER: 'https://sign-in.example',
    KEIRO_SESSION_AUDIENCE: 'keiro',
    KEIRO_SESSION_JWKS: jwks,
  });
  const metrics = createMetrics('test-identity');
  const routes = startIdentity(config, {
    db: mongo.db,
    keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: config.KEIRO_TOKEN }),
    requests: {
      find: (id) => Promise.resolve(requests.get(id)),
      waiting: () =>
        Promise.resolve([...requests.values()].filter(({ id, waits }) => waits && !failed.has(id))),
    },
    persons: {
      refsOf: (asked) => Promise.resolve(personOf(asked).map(({ ref }) => ref)),
      livesOf: (asked) => Promise.resolve(personOf(asked)),
    },
    outcomes,
    metrics,
    log,
    now,
    random: (bytes) => {
      const given = randomBytes(bytes);
      drawn.push(given);
      return given;
    },
    opened: (_name, close) => void closing.push(close),
    lookEveryMs: 200,
  });
  const http = await serveHttp({
    service: 'test-identity',
    host: '127.0.0.1',
    port: 0,
    log,
    metrics,
    clients: loadClients(env('KEIRO_CLIENTS_FILE')),
    routes,
    ready: () => mongo.ping(),
  });
  closing.push(() => http.close());
  url = `http://127.0.0.1:${String((http.server.address() as AddressInfo).port)}`;
});

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await mongo.db.dropDatabase();
  await mongo.close();
  await mail.close();
  rmSync(folder, { recursive: true });
});

const keysAs = (client: string) =>
  createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });

interface Registered {
  readonly member: string;
  readonly email: string;
  readonly lives: readonly Life[];
}

/** Somebody whom `keys` knows, with a registration as `tag` leaves it. */
async function registered(): Promise<Registered> {
  const id = randomUUID();
  const [member, email] = [`m-${id}`, `${id}@people.example`];
  const asked = { groups: [], type: 'registration' as const, time: new Date().toISOString() };
  const { results } = await keysAs('DEMO').seal({
    source: 'demo-site',
    identifiers: [
      { kind: 'member', value: member, ...asked },
      { kind: 'email', value: email, ...asked },
    ],
  });
  const lives = results.map(({ ref, generation }) => ({ ref, generation }));
  persons.push(lives);
  await mongo.db.collection('records').insertOne({
    ref: lives[0]?.ref,
    refs: lives,
    type: 'registration',
    time: new Date(),
  });
  return { member, email, lives };
}

/** A request that waits for its identity; of nobody where no lives are given. */
function newRequest(lives: readonly Life[] = []): string {
  const id = `req-${randomBytes(6).toString('hex')}`;
  requests.set(id, {
    id,
    asked: lives.map(({ ref }) => ref),
    receivedAt: now(),
    dueAt: new Date(clock + 14 * day),
    waits: true,
  });
  return id;
}

async function call(id: string, way: string, body?: unknown, client = 'COMPLIANCE') {
  const response = await fetch(`${url}/v1/requests/${id}/identity${way === '' ? '' : `/${way}`}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${env(`KEIRO_TOKEN_${client}`)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function asked(id: string, way: string, body: unknown) {
  const { status, body: answer } = await call(id, way, body);
  if (status >= 300) throw new Error(`answered ${String(status)}: ${JSON.stringify(answer)}`);
  return identityAnswerSchema.parse(answer);
}

const codeIn = (text: string): string => /\d{8}/.exec(text.replaceAll(/req-\w+/g, ''))?.[0] ?? '';
const wrongFor = (code: string): string => String((Number(code) + 1) % 1e8).padStart(8, '0');
const tellingsOf = (id: string) => told.filter(({ request }) => request === id);
/** Without what was told again: that may happen whenever it is looked at while it is being told. */
const toldOf = (id: string): Told[] => [
  ...new Map(tellingsOf(id).map((one) => [JSON.stringify(one), one])).values(),
];
const auditOf = (id: string) =>
  mongo.db.collection<AuditDocument>('audit').find({ request: id }).sort({ at: 1 }).toArray();
/** What became of the codes of a request, once all of them are settled. */
async function mailsOf(id: string, n: number): Promise<unknown[]> {
  const settled = async () => (await auditOf(id)).filter(({ _id }) => _id.includes('/identity/code-'));
  await until(async () => (await settled()).length >= n, { what: 'codes on their way', timeoutMs: 10_000 });
  return (await settled()).map(({ action, detail }) => detail?.['reason'] ?? action);
}
/** The same for everybody, whoever asked and when. */
const anonymous = (answer: unknown, id: string) =>
  JSON.stringify(answer)
    .replaceAll(id, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

describe('a code', () => {
  it('goes to the registered address alone, confirms once, and is nowhere in what is kept, logged or answered', async () => {
    const person = await registered();
    const id = newRequest(person.lives);
    const sent = await asked(id, 'code', {});
    expect(sent).toMatchObject({ outcome: 'code-made', state: 'open', codesLeft: 4, triesLeft: 10 });
    const { text, to, raw } = await mail.mailTo(person.email);
    expect(to).toEqual([person.email]);
    const code = codeIn(text);
    expect(code).toHaveLength(8);
    expect(raw).toMatch(/^auto-submitted: auto-generated/im);
    expect(raw).not.toContain(person.member);

    expect(await asked(id, 'answer', { code: wrongFor(code) })).toMatchObject({
      outcome: 'not-matching',
      triesLeft: 9,
    });
    const confirmed = await asked(id, 'answer', { code });
    expect(confirmed).toMatchObject({ outcome: 'confirmed', state: 'confirmed', method: 'code' });
    expect(toldOf(id)).toEqual([{ request: id, method: 'code', by: 'compliance', at: now() }]);
    expect((await call(id, 'answer', { code })).body).toMatchObject({
      type: 'urn:keiro:problem:no-identity-check',
      status: 409,
    });

    expect(await mailsOf(id, 1)).toEqual(['identity.code-mailed']);
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['identity.code-made', 'identity.not-matching', 'identity.confirmed']),
    );
    const kept = await Promise.all(
      ['identityChecks', 'identityUses', 'audit'].map((name) => mongo.db.collection(name).find().toArray()),
    );
    const everything = JSON.stringify([kept, sent, confirmed]) + readFileSync(logFile, 'utf8');
    for (const secret of [code, person.email, person.member]) expect(everything).not.toContain(secret);
  });

  it('is answered alike whether or not the person exists or has an address, until it has failed', async () => {
    const person = await registered();
    const [member] = person.lives;
    if (member === undefined) throw new Error('a person has lives');
    const without: Life = { ref: `member.${randomBytes(24).toString('base64url')}`, generation: 1 };
    const ids = [newRequest(person.lives), newRequest(), newRequest([without])];
    const seen: string[][] = [];
    for (const id of ids) {
      const answers: unknown[] = [];
      const note = (answer: unknown) => answers.push(anonymous(answer, id));
      note(await call(id, ''));
      note(await call(id, 'answer', { code: '00000000' }));
      note(await call(id, 'code', {}));
      note(await call(id, 'code', {}));
      await mailsOf(id, 1);
      for (let n = 0; n < 5; n += 1) note(await call(id, 'answer', { code: '00000000' }));
      note(await call(id, 'answer', { code: '00000000' }));
      pass(60);
      note(await call(id, 'code', {}));
      await mailsOf(id, 2);
      for (let n = 0; n < 5; n += 1) note(await call(id, 'answer', { code: '00000000' }));
      note(await call(id, 'code', {}));
      note(await call(id, ''));
      seen.push(answers as string[]);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[0]?.join('\n')).toContain('"too-many-tries"');
    for (const id of ids)
      expect(toldOf(id)).toMatchObject([
        { reason: 'too-many-tries', missing: ['confirmation'], by: 'compliance' },
      ]);
    expect(await Promise.all(ids.map((id) => mailsOf(id, 2)))).toEqual([
      ['identity.code-mailed', 'identity.code-mailed'],
      ['no-contact', 'no-contact'],
      ['no-contact', 'no-contact'],
    ]);
  });

  it('that was sent to nobody is right for nobody, however lucky', async () => {
    const person = await registered();
    const [known, nobody] = [newRequest(person.lives), newRequest()];
    await asked(known, 'code', {});
    const code = lastCode();
    expect(codeIn((await mail.mailTo(person.email)).text)).toBe(code);
    expect((await asked(known, 'answer', { code })).outcome).toBe('confirmed');
    await asked(nobody, 'code', {});
    const lucky = lastCode();
    await mailsOf(nobody, 1);
    expect((await asked(nobody, 'answer', { code: lucky })).outcome).toBe('not-matching');
  });

  it('can’t be guessed by many at once, nor by one request after the other', async () => {
    const person = await registered();
    const id = newRequest(person.lives);
    await asked(id, 'code', {});
    const code = codeIn((await mail.mailTo(person.email)).text);
    const wrong = wrongFor(code);
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(id, 'answer', { code: wrong })));
    const counts = answers.map(({ body }) => String(body['outcome']));
    expect(counts.filter((one) => one === 'not-matching')).toHaveLength(5);
    expect(counts.filter((one) => one === 'no-code')).toHaveLength(3);
    expect(identityViewSchema.parse((await call(id, '')).body).triesLeft).toBe(5);

    // Twenty a day reach one contact: then the right one is wrong as well, and no answer says so.
    const uses = mongo.db.collection<{ _id: string; tries: Date[] }>('identityUses');
    const contact = `contact|${person.lives[1]?.ref ?? ''}`;
    await uses.updateOne({ _id: contact }, { $set: { tries: Array.from({ length: 19 }, now) } });
    const [last, more] = [newRequest(person.lives), newRequest(person.lives)];
    await asked(last, 'code', {});
    const right = codeIn((await mail.mailTo(person.email, 2)).text);
    expect((await asked(last, 'answer', { code: wrongFor(right) })).outcome).toBe('not-matching');
    expect((await asked(last, 'answer', { code: right })).outcome).toBe('not-matching');
    expect((await auditOf(last)).at(-1)?.detail).toMatchObject({ contact: 'too-many-tries' });
    // A day later it counts anew, and this is another code.
    pass(86_400);
    await asked(more, 'code', {});
    const next = codeIn((await mail.mailTo(person.email, 3)).text);
    expect((await asked(more, 'answer', { code: next })).outcome).toBe('confirmed');
  });

  it('is mailed ten times a day to one contact, and not at all where its server refuses; no answer says so', async () => {
    const person = await registered();
    const uses = mongo.db.collection<{ _id: string }>('identityUses');
    const first = newRequest(person.lives);
    await asked(first, 'code', {});
    await mail.mailTo(person.email);
    const contact = `contact|${person.lives[1]?.ref ?? ''}`;
    await uses.updateOne({ _id: contact }, { $set: { codes: Array.from({ length: 10 }, now) } });
    const second = newRequest(person.lives);
    const answer = await asked(second, 'code', {});
    expect(await mailsOf(second, 1)).toEqual(['contact-limit']);

    const other = await registered();
    const third = newRequest(other.lives);
    mail.refusing = true;
    const refused = await asked(third, 'code', {});
    expect(await mailsOf(third, 1)).toEqual(['refused']);
    mail.refusing = false;
    expect(anonymous(refused, third)).toBe(anonymous(answer, second));
    // The server's own words name the address.
    expect(readFileSync(logFile, 'utf8')).not.toContain(other.email);
    const reached = mail.mails.flatMap(({ to }) => to);
    expect(reached.filter((to) => to === person.email || to === other.email)).toEqual([person.email]);
  });
});

describe('a check whose time has run out', () => {
  it('has failed without being asked, and what was not heard is told again', async () => {
    const id = newRequest();
    const untouched = newRequest();
    await asked(id, 'code', {});
    pass(7 * 86_400);
    for (const one of [id, untouched]) {
      await until(() => toldOf(one).length > 0, { what: 'an end without a question', timeoutMs: 10_000 });
      expect(toldOf(one)).toMatchObject([{ reason: 'expired', missing: ['confirmation'], by: 'request' }]);
    }
    expect((await auditOf(id)).map(({ action }) => action)).toContain('identity.failed');
    // As if the process had been killed between its own writing and the telling.
    const before = tellingsOf(id).length;
    failed.delete(id);
    await until(() => tellingsOf(id).length > before, { what: 'it is told again', timeoutMs: 10_000 });
    expect(toldOf(id)).toHaveLength(1);
  });
});

describe('a session token', () => {
  const tokenOf = (sub: string, jti: string = randomUUID()) => {
    const issued = Math.floor(clock / 1000);
    return new SignJWT({ jti })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('https://sign-in.example')
      .setAudience('keiro')
      .setSubject(sub)
      .setIssuedAt(issued)
      .setExpirationTime(issued + 120)
      .sign(sessionKey);
  };

  it('of the member confirms; of another, shown twice, or for a request of nobody it does not', async () => {
    const [person, other] = [await registered(), await registered()];
    const [id, nobody] = [newRequest(person.lives), newRequest()];
    expect((await asked(id, 'session', { token: await tokenOf(other.member) })).outcome).toBe('not-matching');
    const token = await tokenOf(person.member);
    const [first, second] = await Promise.all([
      asked(nobody, 'session', { token }),
      asked(nobody, 'session', { token }),
    ]);
    expect([first.outcome, second.outcome].sort()).toEqual(['invalid-token', 'not-matching']);
    expect((await asked(id, 'session', { token })).outcome).toBe('invalid-token');
    expect((await asked(id, 'session', { token: 'no.token.atall' })).outcome).toBe('invalid-token');
    const confirmed = await asked(id, 'session', { token: await tokenOf(person.member) });
    expect(confirmed).toMatchObject({ outcome: 'confirmed', method: 'session', triesLeft: 6 });
    expect(toldOf(id)).toMatchObject([{ method: 'session' }]);
    const everything = JSON.stringify([
      await mongo.db.collection('identityUses').find().toArray(),
      await auditOf(id),
    ]);
    for (const secret of [token, person.member]) expect(everything).not.toContain(secret);
  });
});

describe('an operator', () => {
  const seen = { result: 'confirmed', documents: ['passport'], case: 'case-7' };

  it('confirms by what was seen, kinds and case only, also after a failure', async () => {
    const person = await registered();
    const id = newRequest(person.lives);
    const few = await call(id, 'documents', { ...seen, documents: ['residence-record'] });
    expect([few.status, few.body['errors']]).toEqual([
      422,
      [expect.objectContaining({ field: 'documents', code: 'second-identity-document' })],
    ]);
    const lacking = { ...seen, result: 'incomplete', documents: [], missing: ['identity-document'] };
    expect(await asked(id, 'documents', lacking)).toMatchObject({ state: 'failed', reason: 'incomplete' });
    expect(await asked(id, 'documents', seen)).toMatchObject({ outcome: 'confirmed', method: 'operator' });
    expect(toldOf(id)).toMatchObject([
      { reason: 'incomplete', missing: ['identity-document'] },
      { method: 'operator', evidence: 'case-7', by: 'compliance' },
    ]);
    expect((await auditOf(id)).at(-1)?.detail).toMatchObject({ documents: ['passport'], case: 'case-7' });
    expect((await call(id, 'documents', seen, 'OPERATOR')).status).toBe(403);
  });

  it('confirms an agent by the authority and by who the agent is', async () => {
    const id = newRequest((await registered()).lives);
    const agent = { ...seen, representation: 'mandated', authority: ['power-of-attorney'] };
    const bare = await call(id, 'agent', { ...agent, authority: [], documents: [] });
    expect((bare.body['errors'] as { field: string }[]).map(({ field }) => field)).toEqual([
      'authority',
      'documents',
    ]);
    expect(await asked(id, 'agent', agent)).toMatchObject({ outcome: 'confirmed', method: 'agent' });
  });
});

describe('keys', () => {
  it('gives an address to the check of identity alone, audits it, and none of who is erased', async () => {
    const person = await registered();
    const [member, email] = person.lives;
    if (member === undefined || email === undefined) throw new Error('two lives');
    const ask = { request: 'req-contact', lives: [email] };
    for (const client of ['QUERY', 'ERASE', 'CRM', 'IMPORT'])
      await expect(keysAs(client).contacts(ask)).rejects.toThrow('403');
    const asRequest = keysAs('REQUEST');
    await expect(asRequest.contacts({ ...ask, lives: [member] })).rejects.toThrow('400');
    expect((await asRequest.contacts(ask)).results).toEqual([{ state: 'open', address: person.email }]);
    await asRequest.destroy('req-contact', [email], new Date());
    expect((await asRequest.contacts(ask)).results).toEqual([{ state: 'refused', reason: 'erased' }]);
    const keysDb = await connectMongo({
      url: env('KEIRO_KEYS_MONGO_URL'),
      database: env('KEIRO_KEYS_DATABASE'),
      log: createLog('test-identity', 'silent'),
    });
    const entries = () =>
      keysDb.db
        .collection('keyAudit')
        .find({ reference: 'req-contact', ...email })
        .toArray();
    await until(async () => (await entries()).length >= 2, { what: 'the audit of keys', timeoutMs: 12_000 });
    expect(await entries()).toMatchObject([
      { kind: 'duty', client: 'request', purpose: 'duty:identity-check', outcome: 'released' },
      { kind: 'duty', client: 'request', purpose: 'duty:identity-check', outcome: 'erased' },
    ]);
    await keysDb.close();
  });
});
