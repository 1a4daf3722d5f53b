import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until, type Message } from '@keiro/runtime';
import {
  acceptedSchema,
  collectionTopics,
  lineageAnswerSchema,
  requestViewSchema,
  type CollectionEvent,
  type FactKind,
  type LineageAnswer,
} from '@keiro/schemas';
import type { Emitter } from '@keiro/sdk';
import { createCompany, type Company } from '../builders/company.ts';
import { openEmitter } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { consentTo, factOf } from '../builders/facts.ts';
import { readTopics } from '../builders/kafka-reader.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { sendEach, shuffled } from '../builders/shuffle.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

/* D1: what a browser left behind before sign-up becomes its person's at the moment of linking, whatever the order. */

let emitter: Emitter;
beforeAll(async () => {
  emitter = await openEmitter();
}, 60_000);
afterAll(() => emitter.close());

const envelope = (type: string, time: Date) => ({
  specversion: '1.0' as const,
  id: randomUUID(),
  source: 'demo-site',
  type,
  time: time.toISOString(),
  policyversion: '2017-02-02',
});
const site = 'www.demo.example';

/** Three days of a browser that nobody knows: log-ins are none, only pages and features. */
function browsing(cookie: string, from: Date): CollectionEvent[] {
  return Array.from({ length: 30 }, (_, number): CollectionEvent => {
    const time = new Date(from.getTime() + number * 8_640_000);
    const path = `/board/${String(number)}`;
    return number % 3 === 0
      ? ({
          ...envelope('cookie', time),
          data: { subject: { cookie }, site, cookieKind: 'feature', action: 'use', path, feature: 'board' },
        } as CollectionEvent)
      : ({
          ...envelope('access', time),
          data: {
            subject: { cookie },
            site,
            status: 200,
            bytes: 512,
            method: 'GET',
            ip: '192.0.2.9',
            path,
          },
        } as CollectionEvent);
  });
}

/** What a log-in shows: the cookie and the member together. */
const logIn = (cookie: string, member: string, time: Date) =>
  ({
    ...envelope('cookie', time),
    data: { subject: { member, cookie }, site, cookieKind: 'session', action: 'login' },
  }) as CollectionEvent;

const signUp = (member: string, email: string, time: Date) =>
  ({
    ...envelope('registration', time),
    data: { subject: { member, email }, site, noticeVersion: 'n-1', name: '架空 花子', email },
  }) as CollectionEvent;

async function lineageOf(query: ServiceProcess, member: string): Promise<LineageAnswer> {
  const response = await fetch(`${query.url}/v1/lineage/search`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ member, limit: 2000 }),
  });
  return lineageAnswerSchema.parse(await response.json());
}

describe('a visitor who browses for three days by cookie, and then signs up', () => {
  let company: Company;
  const started: ServiceProcess[] = [];
  beforeAll(async () => {
    company = await createCompany('late-link');
    for (const name of ['tag', 'transfer', 'request', 'erase'] as const)
      started.push(await startService(name, company.variablesOf(name)));
  }, 200_000);
  afterAll(async () => {
    await Promise.all(started.map((service) => service.end()));
    await company.close();
  }, 60_000);

  it('has one lineage with every earlier record, and a deletion reaches them', async () => {
    const [cookie, member] = [`c-${randomUUID()}`, `m-${randomUUID()}`];
    const begun = new Date(Date.now() - 3 * 86_400_000);
    const before = browsing(cookie, begun);
    for (const event of before) await emitter.emit(event);
    await company.pipeline.passed('keiro.tag', collectionTopics);
    const query = await company.pipeline.start('query');
    expect((await lineageOf(query, member)).records).toEqual([]);

    const after = [
      signUp(member, `${randomUUID()}@people.example`, new Date()),
      logIn(cookie, member, new Date()),
    ];
    for (const event of after) await emitter.emit(event);
    await company.pipeline.passed('keiro.tag', collectionTopics);
    const lineage = await lineageOf(query, member);
    expect(lineage.records).toHaveLength(before.length + after.length);
    expect(lineage.person.refs).toHaveLength(3);

    const [, , request] = started;
    const authorization = `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}`;
    const asked = await fetch(`${request?.url ?? ''}/v1/requests`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'deletion', subject: { member } }),
    });
    const { id } = acceptedSchema.parse(await asked.json());
    const view = async () => {
      const answer = await fetch(`${request?.url ?? ''}/v1/requests/${id}`, { headers: { authorization } });
      return requestViewSchema.parse(await answer.json());
    };
    await until(async () => (await view()).state === 'done', { what: 'the deletion', timeoutMs: 60_000 });
    expect((await view()).lives.map(({ ref }) => ref.split('.')[0]).sort()).toEqual([
      'cookie',
      'email',
      'member',
    ]);
    const gone = await lineageOf(query, member);
    expect(gone.person.refs.map(({ state }) => state)).toEqual(['erased', 'erased', 'erased']);
  }, 180_000);
});

describe('the same messages in another order, on other partitions', () => {
  const pipelines: Pipeline[] = [];
  afterAll(() => Promise.all(pipelines.map((one) => one.close())));

  /** What a pipeline of its own makes of what is sent meanwhile, as an answer about each member. */
  async function lineagesAfter(
    name: string,
    members: readonly string[],
    send: (to: Pipeline) => Promise<void>,
  ) {
    const pipeline = await createPipeline(name, [{ group: 'keiro.tag', topics: collectionTopics }]);
    pipelines.push(pipeline);
    const tag = await pipeline.start('tag');
    await send(pipeline);
    await pipeline.passed('keiro.tag', collectionTopics);
    await tag.end();
    const query = await pipeline.start('query');
    const lineages = await Promise.all(
      members.map(async (member) => timeless(await lineageOf(query, member))),
    );
    await query.end();
    return lineages;
  }

  it('end in the same lineage, byte for byte apart from positions and recording times', async () => {
    const people = Array.from({ length: 4 }, () => ({
      member: `m-${randomUUID()}`,
      cookie: `c-${randomUUID()}`,
    }));
    const shared = `c-${randomUUID()}`;
    const days = (ago: number) => new Date(Date.now() - ago * 86_400_000);
    const events = people.flatMap(({ member, cookie }, number) => [
      ...browsing(cookie, days(4)).slice(0, 12),
      signUp(member, `${randomUUID()}@people.example`, new Date()),
      logIn(cookie, member, new Date()),
      // One browser that two of them use belongs to neither.
      ...(number < 2 ? [logIn(shared, member, new Date())] : []),
    ]);
    // What moves an end: closing and coming back, a consent given and withdrawn.
    const facts = people.flatMap(({ member }, number) => {
      const fact = (kind: FactKind, ago: number) =>
        factOf(
          { member },
          kind,
          kind.startsWith('consent')
            ? { time: days(ago).toISOString(), consent: consentTo({ purposes: ['marketing'] }) }
            : { time: days(ago).toISOString() },
        );
      return number % 2 === 0
        ? [fact('consent-given', 3), fact('consent-withdrawn', 2)]
        : [fact('account-closed', 3), fact('used', 2)];
    });
    const members = people.map(({ member }) => member);

    let wire: readonly Message[] = [];
    const inOrder = await lineagesAfter('order-a', members, async ({ kafka }) => {
      const reader = await readTopics(kafka, collectionTopics);
      for (const event of events) await emitter.emit(event);
      await emitter.emitFacts(facts);
      const ids = new Set([...events, ...facts].map(({ id }) => id));
      wire = await reader.all(({ headers }) => ids.has(headers['ce_id'] ?? ''));
      await reader.close();
    });
    expect(wire).toHaveLength(events.length + facts.length);
    expect(inOrder[0]).toContain('"ambiguous"');
    expect(inOrder[0]).toContain('consent-withdrawn');
    expect(inOrder.map((text) => text.length > 2000)).toEqual([true, true, true, true]);

    for (const seed of [1, 2]) {
      const arranged = shuffled(wire, seed);
      expect(placesOf(arranged).size).toBeGreaterThan(placesOf(wire).size);
      const again = await lineagesAfter(`order-${String(seed)}`, members, ({ producer }) =>
        sendEach(producer, arranged),
      );
      expect(again).toEqual(inOrder);
    }
  }, 180_000);
});

/** Partitions on which each key of each topic stands. */
const placesOf = (messages: readonly Message[]) =>
  new Set(messages.map(({ topic, key = '', partition }) => `${topic} ${key} ${String(partition)}`));

/** Without where in Kafka and when here; in one order, since records of the same moment have none among them. */
function timeless(answer: LineageAnswer): string {
  const untimed: unknown = JSON.parse(
    JSON.stringify(answer, (key, value: unknown) =>
      ['position', 'taggedAt', 'asOf', 'offset', 'partition', 'progress', 'since'].includes(key)
        ? undefined
        : value,
    ),
  );
  const { records, ...rest } = untimed as { records: { id: string }[] };
  return JSON.stringify({ ...rest, records: records.toSorted((a, b) => a.id.localeCompare(b.id)) });
}
