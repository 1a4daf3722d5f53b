import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectKafka, createLog, type Admin } from '@keiro/runtime';
import { collectionTopics } from '@keiro/schemas';
import { cookieOf, newPerson, registrationOf, withData } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { readTopics, type KafkaReader } from '../builders/kafka-reader.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';
import { tcpSwitch, type TcpSwitch } from '../builders/tcp-switch.ts';

const url = env('KEIRO_COLLECT_URL');
const kafka = connectKafka({
  brokers: env('KEIRO_KAFKA_BROKERS').split(','),
  clientId: 'test-collect',
  log: createLog('test-collect', 'error'),
});
let admin: Admin;
let reader: KafkaReader;

beforeAll(async () => {
  admin = await kafka.admin();
  reader = await readTopics(kafka, collectionTopics);
});
afterAll(async () => {
  await reader.close();
  await admin.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** `field code` of each fault that is named. */
  readonly faults: readonly string[];
  readonly accepted: readonly string[] | undefined;
}

async function post(
  body: unknown,
  options: { type?: string; token?: string; to?: string } = {},
): Promise<Answer> {
  const { type = 'application/json', token = env('KEIRO_TOKEN_DEMO_SITE'), to = url } = options;
  const response = await fetch(`${to}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = JSON.parse(text) as { accepted?: string[]; errors?: { field: string; code: string }[] };
  return {
    status: response.status,
    headers: response.headers,
    text,
    faults: (parsed.errors ?? []).map(({ field, code }) => `${field} ${code}`).sort(),
    accepted: parsed.accepted,
  };
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(name));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
}

/** Runs a call and sees to it that Kafka holds nothing more afterwards. */
async function nothingSent(call: () => Promise<Answer>): Promise<Answer> {
  const before = await admin.endOffsets(collectionTopics);
  const answer = await call();
  expect(await admin.endOffsets(collectionTopics)).toEqual(before);
  return answer;
}

const inKafka = (id: string) => reader.all(({ headers }) => headers['ce_id'] === id);

describe('accepted', () => {
  it.each(['application/json', 'application/cloudevents+json', 'application/json; charset=utf-8'])(
    'one event as %s: 202 with its id, and Kafka has it',
    async (type) => {
      const event = registrationOf(newPerson());
      expect(await post(event, { type })).toMatchObject({ status: 202, accepted: [event.id] });
      const [message] = await inKafka(event.id);
      expect(message).toMatchObject({
        topic: 'collection.registration',
        headers: { ce_source: 'demo-site' },
      });
    },
  );

  it.each(['application/json', 'application/cloudevents-batch+json'])('a list as %s', async (type) => {
    const person = newPerson();
    const events = [registrationOf(person), cookieOf(person), cookieOf({ cookie: randomUUID() })];
    const ids = events.map(({ id }) => id);
    expect(await post(events, { type })).toMatchObject({ status: 202, accepted: ids });
    for (const id of ids) expect(await inKafka(id)).toHaveLength(1);
  });

  it('the most that a request takes', async () => {
    const person = newPerson();
    const before = await metric('keiro_collect_accepted_total{type="cookie"');
    const events = Array.from({ length: 1000 }, () => cookieOf(person));
    expect((await post(events)).accepted).toHaveLength(1000);
    expect(await metric('keiro_collect_accepted_total{type="cookie"')).toBe(before + 1000);
    expect(await metric('keiro_collect_buffered')).toBe(0);
  });
});

describe('refused, with nothing half accepted', () => {
  it('a list with bad events: 422 that names index and field of each, and repeats no value', async () => {
    const foreign = await metric('keiro_collect_refused_total{code="foreign_site"');
    const good = registrationOf(newPerson());
    const answer = await nothingSent(() =>
      post([
        good,
        withData(good, { email: 'canary-without-at' }),
        withData(good, { site: 'elsewhere.example' }),
        withData(good, { name: 'ご注文 4242-4242-4242-4242' }),
        { ...good, type: 'weather' },
        withData(good, { canary: 1 }),
        7,
      ]),
    );
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.faults).toEqual([
      'events.1.data.email format',
      'events.2.data.site foreign_site',
      'events.3.data.name card_number',
      'events.4.type unknown_type',
      'events.5.data.canary unknown_field',
      'events.6 type',
    ]);
    for (const value of ['canary-without-at', 'elsewhere', '4242', 'weather'])
      expect(answer.text).not.toContain(value);
    expect(await metric('keiro_collect_refused_total{code="foreign_site"')).toBe(foreign + 1);
  });

  it('another source than the client’s: 403 that names the field', async () => {
    const good = registrationOf(newPerson());
    const answer = await nothingSent(() => post([good, { ...good, source: 'access-log' }]));
    expect(answer).toMatchObject({ status: 403, faults: ['events.1.source source_not_allowed'] });
    expect(answer.text).not.toContain('access-log');
  });

  const json = 'application/json';
  it.each<[string, number, unknown, string]>([
    ['malformed JSON', 400, '{"canary": "x",', json],
    ['no body', 400, '', json],
    ['a bare value', 400, '7', json],
    ['an empty list', 400, [], json],
    ['more than a thousand events', 413, Array.from({ length: 1001 }, () => ({})), json],
    ['more than a mebibyte', 413, `"${'x'.repeat(1_048_577)}"`, json],
    ['another content type', 415, 'canary', 'text/plain'],
    ['XML', 415, '<canary/>', 'application/xml'],
    ['a polluted prototype', 400, '{"__proto__": {"canary": 1}}', json],
  ])('%s: %i', async (_what, status, body, type) => {
    const answer = await nothingSent(() => post(body, { type }));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text).not.toContain('canary');
  });

  it('a stranger: 401; a client without the right: 403', async () => {
    const event = registrationOf(newPerson());
    expect((await nothingSent(() => post(event, { token: 'nobody' }))).status).toBe(401);
    expect((await nothingSent(() => post(event, { token: env('KEIRO_TOKEN_COMPLIANCE') }))).status).toBe(403);
  });
});

describe('the interface', () => {
  it('describes itself with the contracts of all seven events', async () => {
    const text = await (await fetch(`${url}/openapi.json`)).text();
    for (const title of [
      'registration (C1)',
      'profile (C2)',
      'cookie (C3)',
      'access (C4)',
      'payment (C5)',
      'campaign (C6)',
      'inquiry (C7)',
    ]) {
      expect(text).toContain(title);
    }
  });
});

describe('while the keys service is away', () => {
  let way: TcpSwitch;
  let collect: ServiceProcess;

  beforeAll(async () => {
    const { hostname, port } = new URL(env('KEIRO_KEYS_URL'));
    way = await tcpSwitch({ host: hostname, port: Number(port) });
    collect = await startService('collect', {
      KEIRO_KEYS_URL: `http://127.0.0.1:${String(way.port)}`,
      KEIRO_TOKEN: env('KEIRO_TOKEN_COLLECT'),
    });
  });
  afterAll(async () => {
    await collect.end();
    await way.cut();
  });

  it('answers 503 with Retry-After and is not ready; the same id is accepted afterwards, once', async () => {
    const event = registrationOf(newPerson());
    await way.cut();
    const refused = await nothingSent(() => post(event, { to: collect.url }));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(`${collect.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${collect.url}/health/live`)).status).toBe(200);

    await way.mend();
    expect(await post(event, { to: collect.url })).toMatchObject({ status: 202, accepted: [event.id] });
    expect(await inKafka(event.id)).toHaveLength(1);
    expect((await fetch(`${collect.url}/health/ready`)).status).toBe(200);
  });

  it('writes nothing personal into its log', async () => {
    const person = newPerson();
    await way.cut();
    expect((await post(registrationOf(person), { to: collect.url })).status).toBe(503);
    await way.mend();
    expect(collect.output()).toContain('not available');
    for (const value of [person.member, person.email, '架空']) expect(collect.output()).not.toContain(value);
  });
});
