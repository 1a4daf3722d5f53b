import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  collectionTopics,
  custodyTopics,
  cutAnswerSchema,
  lineageAnswerSchema,
  type AuditDocument,
  type CutDocument,
  type Ref,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import { linksOf, minute, recordOf, requestOf } from '../builders/lineage.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import type { ServiceProcess } from '../builders/service-process.ts';

const id = randomUUID();
const suzuki = `m-suzuki-${id}`;
const sato = `m-sato-${id}`;
const phone = `+8180${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
const email = `${id}@people.example`;

let pipeline: Pipeline;
let request: ServiceProcess;
let query: ServiceProcess;
let refs: Record<'suzuki' | 'sato' | 'phone' | 'email', Ref>;

beforeAll(async () => {
  pipeline = await createPipeline('cuts', [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.transfer', topics: custodyTopics },
  ]);
  const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') });
  const asked = { groups: [], type: 'registration' as const, time: minute(0).toISOString() };
  const { results } = await keys.seal({
    source: 'demo-site',
    identifiers: [
      { kind: 'member', value: suzuki, ...asked },
      { kind: 'member', value: sato, ...asked },
      { kind: 'phone', value: phone, ...asked },
      { kind: 'email', value: email, ...asked },
    ],
  });
  const [first, second, third, fourth] = results.map(({ ref }) => ref);
  refs = { suzuki: first, sato: second, phone: third, email: fourth } as typeof refs;
  const { db } = pipeline.mongo;
  // One family's phone; the address is Suzuki's, and was seen with the phone too.
  await db
    .collection<{ _id: string }>('links')
    .insertMany([
      ...linksOf(refs.suzuki, refs.phone),
      ...linksOf(refs.sato, refs.phone),
      ...linksOf(refs.suzuki, refs.email),
      ...linksOf(refs.email, refs.phone),
    ]);
  await db
    .collection<{ _id: string }>('records')
    .insertMany([recordOf(refs.suzuki, 'own'), recordOf(refs.sato, 'own'), recordOf(refs.phone, 'family')]);
  [request, query] = await Promise.all([pipeline.start('request'), pipeline.start('query')]);
}, 120_000);
afterAll(() => pipeline.close());

async function post(service: ServiceProcess, path: string, body: object, token = 'OPERATOR') {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env(`KEIRO_TOKEN_${token}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}
const lineage = async (member: string, token = 'COMPLIANCE') =>
  lineageAnswerSchema.parse((await post(query, '/v1/lineage/search', { member }, token)).answer);
const pair = () => ({ a: { member: sato }, b: { phone } });
const cut = async () =>
  cutAnswerSchema.parse((await post(request, '/v1/cuts', { ...pair(), reason: 'family' })).answer);
const decisions = () =>
  pipeline.mongo.db.collection<CutDocument>('cuts').find({ from: refs.sato }).sort({ number: 1 }).toArray();

describe('D1: what two members share', () => {
  it('is for review, and names nobody else to who only answers people', async () => {
    const review = { ref: refs.phone, kind: 'phone', members: 2, others: 0, since: minute(0).toISOString() };
    expect((await lineage(suzuki)).review).toEqual([review]);
    expect(JSON.stringify(await lineage(suzuki))).not.toContain(refs.sato);
    expect((await lineage(suzuki, 'OPERATOR')).review).toEqual([
      { ...review, claimants: [refs.suzuki, refs.sato].sort() },
    ]);
    expect((await lineage(sato)).page.total).toBe(1);
  });

  it('is cut by an operator alone, for a reason of the list', async () => {
    expect((await post(request, '/v1/cuts', { ...pair(), reason: 'family' }, 'COMPLIANCE')).status).toBe(403);
    expect((await post(request, '/v1/cuts', { ...pair(), reason: 'hanako said so' })).status).toBe(400);
    expect(
      (await post(request, '/v1/cuts', { ...pair(), b: { phone, email }, reason: 'family' })).status,
    ).toBe(400);
    expect(
      (await post(request, '/v1/cuts', { ...pair(), b: { member: sato }, reason: 'family' })).status,
    ).toBe(400);
    const stranger = { a: { member: `m-${randomUUID()}` }, b: { phone }, reason: 'family' };
    expect((await post(request, '/v1/cuts', stranger)).status).toBe(404);
    expect(await decisions()).toEqual([]);
  });

  it('is not cut while a request of one of them is open', async () => {
    const requests = pipeline.mongo.db.collection<{ _id: string }>('requests');
    // Its holders never answer: nobody works on tasks here.
    await requests.insertOne(
      requestOf('req-open', {
        type: 'suspension',
        lives: [{ ref: refs.suzuki, generation: 1 }],
        purposes: ['marketing'],
        state: 'waiting-for-operator',
      }),
    );
    await pipeline.mongo.db.collection<{ _id: string; request: string; state: string }>('tasks').insertOne({
      _id: 'req-open.crm',
      request: 'req-open',
      state: 'failed',
      errors: [],
      holder: 'crm',
    } as never);
    const whole = { a: { ref: refs.suzuki }, b: { phone }, reason: 'family' };
    const refused = await post(request, '/v1/cuts', whole);
    expect(refused.status).toBe(409);
    expect(refused.answer).toMatchObject({ title: expect.stringContaining('req-open') });
    await pipeline.mongo.db.collection<{ _id: string }>('tasks').deleteOne({ _id: 'req-open.crm' });
    await requests.deleteOne({ _id: 'req-open' });
  });

  it('becomes the other member’s once it is cut from one, however many decide it at once', async () => {
    const answers = await Promise.all([cut(), cut(), cut()]);
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    for (const answer of answers)
      expect(answer).toMatchObject({ together: false, shared: [], decision: 'cut' });
    expect(await decisions()).toMatchObject([
      { to: refs.phone, number: 1, by: 'operator', reason: 'family' },
    ]);
    const audit = await pipeline.mongo.db
      .collection<AuditDocument>('audit')
      .find({ about: refs.sato })
      .toArray();
    expect(audit.map(({ action, by, detail }) => [action, by, detail])).toEqual([
      ['link.cut', 'operator', { number: 1, reason: 'family' }],
    ]);
    expect(await lineage(suzuki)).toMatchObject({ review: [], page: { total: 2 } });
    expect(await lineage(sato)).toMatchObject({ review: [], page: { total: 1 } });
  });

  it('where the two still meet another way, the answer says which', async () => {
    const body = { a: { ref: refs.phone }, b: { member: suzuki }, reason: 'number-reassigned' };
    const answer = cutAnswerSchema.parse((await post(request, '/v1/cuts', body)).answer);
    expect(answer).toMatchObject({
      changed: true,
      together: true,
      way: [refs.phone, refs.email, refs.suzuki],
    });
    const back = await post(request, '/v1/cuts/withdraw', { a: body.b, b: body.a });
    expect(cutAnswerSchema.parse(back.answer)).toMatchObject({ decision: 'withdrawn', together: true });
  });

  it('is shared again when the cut is withdrawn, and both decisions stay', async () => {
    const { answer } = await post(request, '/v1/cuts/withdraw', pair());
    expect(cutAnswerSchema.parse(answer)).toMatchObject({
      changed: true,
      together: false,
      shared: [refs.phone],
    });
    expect((await decisions()).map(({ decision, number }) => [decision, number])).toEqual([
      ['cut', 1],
      ['withdrawn', 2],
    ]);
    expect((await lineage(sato)).review).toHaveLength(1);
    const again = await post(request, '/v1/cuts/withdraw', pair());
    expect(cutAnswerSchema.parse(again.answer)).toMatchObject({ changed: false });
    for (const value of [phone, email, suzuki]) expect(request.output()).not.toContain(value);
  });
});
