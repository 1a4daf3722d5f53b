import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  collectionTopics,
  custodyTopics,
  holdersAnswerSchema,
  lineageAnswerSchema,
  quarantineAnswerSchema,
  queryStatusSchema,
  totalsAnswerSchema,
  type Identifier,
  type LineageAnswer,
  type LineageSearch,
  type QuarantineDocument,
  type RecordDocument,
  type Ref,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import {
  factOf,
  holderOf,
  linksOf,
  minute,
  provenTask,
  recordOf,
  requestOf,
  snapshotOf,
  standingOf,
} from '../builders/lineage.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';
import { produce, sealedEvent } from '../builders/wire.ts';

const canary = `suzuki-${randomUUID()}`;
const suzuki = { member: `m-${canary}`, email: `${canary}@example.invalid`, cookie: `c-${canary}` };
const sato = { member: `m-sato-${randomUUID()}` };
const familyPhone = `+8190${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;

let pipeline: Pipeline;
let query: ServiceProcess;
let refs: { member: Ref; email: Ref; cookie: Ref; sato: Ref; phone: Ref };
let records: RecordDocument[];

const variables = (more: Record<string, string> = {}) => ({
  ...pipeline.variables,
  KEIRO_TOKEN: env('KEIRO_TOKEN_QUERY'),
  KEIRO_LOG_LEVEL: 'debug',
  ...more,
});

beforeAll(async () => {
  pipeline = await createPipeline('query', [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.transfer', topics: custodyTopics },
  ]);
  const [member, email, cookie, satoRef, phone] = await refsFor([
    { kind: 'member', value: suzuki.member },
    { kind: 'email', value: suzuki.email },
    { kind: 'cookie', value: suzuki.cookie },
    { kind: 'member', value: sato.member },
    { kind: 'phone', value: familyPhone },
  ]);
  refs = { member, email, cookie, sato: satoRef, phone } as typeof refs;
  records = await seed();
  query = await startService('query', variables());
});

afterAll(async () => {
  await query.end();
  await pipeline.close();
});

/** Asking for seal keys is what makes refs. */
async function refsFor(identifiers: Identifier[]): Promise<Ref[]> {
  const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') });
  const { results } = await keys.seal({
    source: 'demo-site',
    identifiers: identifiers.map((identifier) => ({
      ...identifier,
      groups: [],
      type: 'registration',
      time: minute(0).toISOString(),
    })),
  });
  return results.map(({ ref }) => ref);
}

/**
 * Suzuki has registered, and visited before and after by a cookie; her cookie was deleted on request. Suzuki and
 * Sato gave the same telephone number.
 */
async function seed(): Promise<RecordDocument[]> {
  const { db } = pipeline.mongo;
  const own = [
    recordOf(refs.member, 'registration', { time: minute(1) }),
    recordOf(refs.email, 'inquiry', { time: minute(2), type: 'inquiry', category: 'C7' }),
    ...[3, 4, 5].map((n) =>
      recordOf(refs.cookie, `visit-${String(n)}`, { time: minute(n), type: 'cookie', category: 'C3' }),
    ),
  ];
  const [registration, , visit] = own;
  if (registration === undefined || visit === undefined) throw new Error('there are five records');
  const all = [...own, recordOf(refs.phone, 'shared', { time: minute(6) }), recordOf(refs.sato, 'other')];
  await Promise.all([
    db.collection<RecordDocument>('records').insertMany(all),
    insert('links', [
      ...linksOf(refs.member, refs.email),
      ...linksOf(refs.member, refs.cookie),
      ...linksOf(refs.member, refs.phone),
      ...linksOf(refs.sato, refs.phone),
    ]),
    insert('copies', [
      factOf(registration, 'crm', 'held', minute(2)),
      factOf(registration, 'mailer', 'held', minute(3)),
      factOf(visit, 'sessions', 'held', minute(4)),
    ]),
    insert('snapshots', [snapshotOf('dr-singapore', 'crm', minute(10))]),
    insert('holders', [
      holderOf('crm'),
      holderOf('sessions'),
      holderOf('mailer', { kind: 'processor', basis: 'entrustment' }),
      holderOf('dr-singapore', { kind: 'dr-site', country: 'SG', basis: 'consent', replicates: ['crm'] }),
    ]),
    insert('standing', [standingOf(refs.cookie, { hiddenThrough: 1, erasedThrough: 1 })]),
    insert('requests', [requestOf('r-1', { lives: [{ ref: refs.cookie, generation: 1 }], state: 'done' })]),
    insert('tasks', [provenTask('r-1', 'sessions', minute(40))]),
    insert('quarantine', [
      quarantined('1', { ref: refs.cookie, at: minute(50) }),
      quarantined('2', { reason: 'unreadable', at: minute(20) }),
    ]),
  ]);
  return own;
}

async function insert(collection: string, documents: readonly { readonly _id: string }[]): Promise<void> {
  await pipeline.mongo.db.collection<{ _id: string }>(collection).insertMany([...documents]);
}

const quarantined = (offset: string, more: Partial<QuarantineDocument>): QuarantineDocument => ({
  _id: `tag|collection.cookie/0/${offset}`,
  by: 'tag',
  reason: 'erased',
  detail: 'its person was erased before',
  topic: 'collection.cookie',
  partition: 0,
  offset,
  sealed: 'c2VhbGVk',
  day: '2026-03-01',
  at: minute(0),
  ...more,
});

const ask = (path: string, body?: unknown, token = env('KEIRO_TOKEN_COMPLIANCE'), service = query) =>
  fetch(`${service.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

async function lineage(search: Partial<LineageSearch>, service = query): Promise<LineageAnswer> {
  const response = await ask('/v1/lineage/search', search, undefined, service);
  expect(response.status).toBe(200);
  return lineageAnswerSchema.parse(await response.json());
}

/** An answer that could say how far the pipeline is: on a busy machine Kafka may need longer than an answer waits. */
async function informed(search: Partial<LineageSearch>, tag?: number): Promise<LineageAnswer> {
  let answer = await lineage(search);
  const isEnough = () => answer.progress.tag !== null && (tag === undefined || answer.progress.tag === tag);
  await until(
    async () => {
      if (!isEnough()) answer = await lineage(search);
      return isEnough();
    },
    { what: 'query tells how far the pipeline is', timeoutMs: 30_000 },
  );
  return answer;
}

describe('the lineage of a person', () => {
  it('holds every record, copy, transfer and request, whichever identifier is asked for', async () => {
    const answer = await informed({ member: suzuki.member });
    expect(answer.person).toMatchObject({ member: refs.member, ambiguous: [refs.phone] });
    expect(answer.records.map(({ id }) => id)).toEqual(records.map(({ _id }) => _id).toReversed());
    expect(answer.categories.map(({ category, records: n }) => [category, n])).toEqual([
      ['C1', 1],
      ['C3', 3],
      ['C7', 1],
    ]);
    expect(
      answer.transfers.map(({ holder, country, basis, records: n }) => [holder, country, basis, n]),
    ).toEqual([
      ['dr-singapore', 'SG', 'consent', 1],
      ['mailer', 'JP', 'entrustment', 1],
    ]);
    expect(
      answer.requests.map(({ id, tasks }) => [id, tasks.map(({ receipt }) => receipt?.probe?.found)]),
    ).toEqual([['r-1', [0]]]);
    expect(answer.quarantined).toEqual({ total: 1, byReason: { erased: 1 } });

    // The same moment is asked about three times: only when differs.
    for (const other of [{ email: suzuki.email }, { cookie: suzuki.cookie }]) {
      const same = await informed(other);
      expect({ ...same, asOf: '' }).toEqual({ ...answer, asOf: '' });
    }
  });

  it('shows each copy with its state: held, derived from a snapshot, erased by a request', async () => {
    const { records: shown } = await lineage({ member: suzuki.member });
    const copies = Object.fromEntries(
      shown.map(({ id, copies: all }) => [
        id,
        all.map(({ holder, state, request }) => [holder, state, request]),
      ]),
    );
    expect(copies[records[0]?._id ?? '']).toEqual([
      ['crm', 'held', undefined],
      ['mailer', 'held', undefined],
      ['dr-singapore', 'held', undefined],
    ]);
    expect(copies[records[2]?._id ?? '']).toEqual([['sessions', 'erased', 'r-1']]);
  });

  it('is found by an identifier in another spelling', async () => {
    const wide = suzuki.email.toUpperCase().replaceAll('@', '\uff20');
    expect((await lineage({ email: ` ${wide} ` })).person.member).toBe(refs.member);
  });

  it('comes in pages that follow on one another', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const answer = await lineage({ member: suzuki.member, limit: 2, cursor });
      expect(answer.page.total).toBe(5);
      seen.push(...answer.records.map(({ id }) => id));
      cursor = answer.page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(records.map(({ _id }) => _id).toReversed());
  });

  it('of a number that two members share belongs to neither', async () => {
    const answer = await lineage({ phone: familyPhone });
    expect(answer).toMatchObject({ records: [], standing: { state: 'shared' } });
    expect(answer.notes.map(({ code }) => code)).toContain('shared-identifier');
    expect((await lineage({ member: sato.member })).records.map(({ ref }) => ref)).toEqual([refs.sato]);
  });

  it('of a stranger says that nothing is held, and makes no ref', async () => {
    const stranger = { member: `m-${randomUUID()}` };
    for (const _ of ['first', 'again']) {
      const answer = await lineage(stranger);
      expect(answer).toMatchObject({ records: [], person: { refs: [] } });
      expect(answer.notes[0]?.code).toBe('nothing-held');
    }
  });

  it('says how far behind the pipeline is', async () => {
    const before = await informed({ member: sato.member });
    expect(before.progress).toEqual({ tag: 0, transfer: 0 });
    await produce(pipeline, 'cookie', [
      sealedEvent({ type: 'cookie', id: randomUUID(), refs: [{ ref: refs.cookie, generation: 1 }] }),
    ]);
    const behind = await informed({ member: sato.member }, 1);
    expect(behind.notes.map(({ code }) => code)).toContain('tag-behind');
  });
});

describe('wrong questions', () => {
  const bad: [string, unknown, number, string[]][] = [
    ['no identifier', {}, 400, ['(body)']],
    ['two identifiers', { member: suzuki.member, email: suzuki.email }, 400, ['email']],
    ['an unknown field', { member: suzuki.member, [canary]: 1 }, 400, ['(body)']],
    ['a number that is none', { phone: canary.replaceAll(/\d/g, 'x') }, 400, ['phone']],
    ['a cursor of ours it is not', { member: suzuki.member, cursor: canary }, 400, ['cursor']],
    ['a limit beyond the limit', { member: suzuki.member, limit: 5000 }, 400, ['limit']],
    ['no JSON', `{"member": "${canary}`, 400, []],
  ];
  it.each(bad)('%s: refused by field, and the value is not repeated', async (_name, body, status, fields) => {
    const response = await ask('/v1/lineage/search', body);
    const answer = await response.text();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = JSON.parse(answer) as { errors?: { field: string }[] };
    expect((problem.errors ?? []).map(({ field }) => field)).toEqual(fields);
    expect(answer).not.toContain(canary);
  });

  it('without a token, or without the right, there is no answer', async () => {
    expect((await ask('/v1/lineage/search', { member: suzuki.member }, 'nobody')).status).toBe(401);
    expect((await ask('/v1/lineage/search', { member: suzuki.member }, env('KEIRO_TOKEN_CRM'))).status).toBe(
      403,
    );
    for (const path of ['/v1/quarantine', '/v1/totals', '/v1/holders', '/v1/status']) {
      expect((await ask(path, undefined, env('KEIRO_TOKEN_CRM'))).status).toBe(403);
    }
  });

  it('no identifier is in what the service logs', () => {
    expect(query.output()).toContain('lineage was read');
    for (const value of [canary, familyPhone, refs.member]) expect(query.output()).not.toContain(value);
  });
});

describe('counts', () => {
  it('of what is in quarantine, without what is sealed in it', async () => {
    const response = await ask('/v1/quarantine?limit=1');
    const answer = quarantineAnswerSchema.parse(await response.json());
    expect(answer).toMatchObject({
      total: 2,
      byReason: { erased: 1, unreadable: 1 },
      oldest: minute(20).toISOString(),
      items: [{ offset: '1', reason: 'erased', ref: refs.cookie }],
    });
    expect((await ask('/v1/quarantine?limit=none')).status).toBe(400);
  });

  it('of everything', async () => {
    const response = await ask('/v1/totals');
    expect(totalsAnswerSchema.parse(await response.json())).toMatchObject({
      records: {
        total: 7,
        byCategory: { C1: 3, C3: 3, C7: 1 },
        byPolicy: { '2017-02-02': 7 },
        bySource: { 'demo-site': 7 },
        unattributed: 0,
      },
      quarantined: { total: 2, byReason: { erased: 1, unreadable: 1 }, byWhom: { tag: 2 } },
      copies: { crm: { held: 1 }, mailer: { held: 1 }, sessions: { held: 1 } },
      requests: { done: 1 },
      tasks: { done: 1 },
    });
  });

  it('of holders, and of how far things are', async () => {
    const holders = holdersAnswerSchema.parse(await (await ask('/v1/holders')).json());
    expect(holders.holders.map(({ id, connector }) => [id, connector])).toContainEqual([
      'dr-singapore',
      'http',
    ]);
    const status = queryStatusSchema.parse(await (await ask('/v1/status')).json());
    expect(status.stored).toMatchObject({ records: 7, copies: 3, quarantine: 2, requests: 1, tasks: 1 });
  });
});

describe('while a server is away', () => {
  it('Kafka: the answer comes all the same, and says what it cannot tell', async () => {
    const service = await startService('query', variables({ KEIRO_KAFKA_BROKERS: '127.0.0.1:1' }));
    try {
      const answer = await lineage({ member: suzuki.member }, service);
      expect(answer.page.total).toBe(5);
      expect(answer.progress).toEqual({ tag: null, transfer: null });
      expect(answer.notes.map(({ code }) => code)).toContain('progress-unknown');
    } finally {
      await service.end();
    }
  });

  it('keys: ask again, because nobody can be looked up', async () => {
    const service = await startService('query', variables({ KEIRO_KEYS_URL: 'http://127.0.0.1:1' }));
    try {
      const response = await ask('/v1/lineage/search', { member: suzuki.member }, undefined, service);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.text()).not.toContain(canary);
    } finally {
      await service.end();
    }
  });
});

describe('npx keiro', () => {
  const program = fileURLToPath(new URL('../../services/cli/bin/keiro.js', import.meta.url));
  async function keiro(args: readonly string[], more: Record<string, string> = {}, input?: string) {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, KEIRO_QUERY_URL: query.url, ...more },
    });
    child.stdin.end(input);
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);
    return { out, err, code };
  }

  it('lineage prints a tree, Japanese first and without colours where nobody looks', async () => {
    const { out, err, code } = await keiro(['lineage', '--member', suzuki.member]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('系譜 Lineage');
    expect(out).toContain('C3 クッキー Cookies  3');
    expect(out).toMatch(/dr-singapore .*災害対策拠点 DR site, SG .*保有 held .*← crm/u);
    expect(out).toMatch(/sessions .*消去済み erased .*r-1/u);
    expect(out).not.toContain(String.fromCharCode(27));
    expect(out).not.toContain(canary);
  });

  it('lineage --json gives the answer as data, and takes an identifier from standard input', async () => {
    const { out, code } = await keiro(['lineage', '--email', '-', '--json'], {}, `${suzuki.email}\n`);
    expect(code).toBe(0);
    expect(lineageAnswerSchema.parse(JSON.parse(out)).page.total).toBe(5);
  });

  it('lineage of a stranger is an answer too', async () => {
    const { out, code } = await keiro(['lineage', '--member', `m-${randomUUID()}`, '--lang', 'en']);
    expect(code).toBe(0);
    expect(out).toContain('Nothing is held under this identifier.');
  });

  it('quarantine list shows reasons, age and places', async () => {
    const { out, code } = await keiro(['quarantine', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^2 in quarantine, the oldest for \d+ d/);
    expect(out).toContain('tag~collection.cookie~0~1');
  });

  it('today lists what waits for somebody, and ends with 1 for it', async () => {
    const { out, code } = await keiro(['today', '--lang', 'en']);
    expect(code).toBe(1);
    expect(out).toMatch(/^Today {2}\d{4}-\d{2}-\d{2}/);
    expect(out).toMatch(/waits for somebody.*npx keiro quarantine list --reason/su);
  });

  it('status names what is not ready, and ends with 1 for it', async () => {
    const { out, code } = await keiro(['status'], {
      KEIRO_ERASE_URL: 'http://127.0.0.1:1',
      KEIRO_REQUEST_URL: 'http://127.0.0.1:1',
    });
    expect(code).toBe(1);
    expect(out).toMatch(/query +http.* ready/);
    expect(out).toMatch(/erase +http:\/\/127\.0\.0\.1:1 +not ready +does not answer/);
    expect(out).toContain('7 records');
  });

  const wrong: [string, string[], Record<string, string>, number, string][] = [
    ['no identifier', ['lineage'], {}, 2, 'exactly one of --member'],
    ['two identifiers', ['lineage', '--member', 'a', '--cookie', 'b'], {}, 2, 'exactly one of --member'],
    ['an unknown command', ['linage'], {}, 2, 'unknown command'],
    ['a language there is not', ['lineage', '--member', 'a', '--lang', 'fr'], {}, 2, 'Allowed choices'],
    [
      'nobody listens',
      ['lineage', '--member', 'a'],
      { KEIRO_QUERY_URL: 'http://127.0.0.1:1' },
      1,
      'npm start',
    ],
    ['a wrong token', ['lineage', '--member', 'a'], { KEIRO_TOKEN_COMPLIANCE: 'x' }, 1, '401'],
  ];
  it.each(wrong)('%s: says what is wrong', async (_name, args, more, expected, message) => {
    const { out, err, code } = await keiro(args, more);
    expect([code, out]).toEqual([expected, '']);
    expect(err).toContain(message);
  });

  it('help names every command', async () => {
    const { out, code } = await keiro(['--help']);
    expect(code).toBe(0);
    for (const name of [
      'today',
      'lineage',
      'request',
      'requests',
      'tasks',
      'quarantine',
      'status',
      'capture',
    ]) {
      expect(out).toContain(name);
    }
  });
});
