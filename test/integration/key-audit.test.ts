import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  callJson,
  connectKafka,
  connectMongo,
  createLog,
  until,
  type Mongo,
  type Producer,
} from '@keiro/runtime';
import { releasesAnswerSchema, type Duty, type Life, type Standing } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

const database = `test_key_audit_${randomBytes(4).toString('hex')}`;
const log = createLog('test-key-audit', 'warn');
const began = new Date(Date.now() - 1000);
let service: ServiceProcess;
let mongo: Mongo;
let producer: Producer;

const as = (client: string) => createKeysClient({ url: service.url, token: env(`KEIRO_TOKEN_${client}`) });

beforeAll(async () => {
  mongo = await connectMongo({ url: env('KEIRO_KEYS_MONGO_URL'), database, log });
  const brokers = env('KEIRO_KAFKA_BROKERS').split(',');
  producer = await connectKafka({ brokers, clientId: 'test-key-audit', log }).producer();
  service = await startService('keys', { KEIRO_KEYS_DATABASE: database, KEIRO_STANDING_CHECK: 'off' });
});
afterAll(async () => {
  await service.end();
  await mongo.db.dropDatabase();
  await Promise.all([mongo.close(), producer.close()]);
});

async function newLife(): Promise<Life> {
  const { results } = await as('DEMO').seal({
    source: 'demo-site',
    identifiers: [
      {
        kind: 'member',
        value: `m-${randomUUID()}`,
        groups: [],
        type: 'registration',
        time: new Date().toISOString(),
      },
    ],
  });
  const [life] = results;
  if (life === undefined) throw new Error('no life');
  return { ref: life.ref, generation: life.generation };
}

const forPurpose = async (lives: Life[], purpose = 'service', groups = ['C1.identity']) =>
  (await as('CRM').release({ holder: 'crm', purpose, groups, lives })).results;
const forDuty = async (duty: Duty, lives: Life[]) =>
  (
    await as('DUTIES').releaseForDuty({
      holder: 'duties',
      duty,
      reference: 'case-7',
      groups: ['C1.identity', 'C5.books'],
      lives,
    })
  ).results;

/** Makes it this person's standing, and waits until it binds. */
async function stand({ ref, generation }: Life, more: Partial<Standing>): Promise<void> {
  const standing: Standing = {
    ref,
    hiddenThrough: 0,
    erasedThrough: 0,
    suspended: [],
    request: 'r-1',
    at: new Date().toISOString(),
    ...more,
  };
  await producer.send([
    { topic: 'rights.standing', messages: [{ key: ref, value: Buffer.from(JSON.stringify(standing)) }] },
  ]);
  await until(async () => (await forPurpose([{ ref, generation }]))[0]?.state === 'refused', {
    what: 'the standing to bind',
    timeoutMs: 10_000,
  });
}

const auditOf = (answered: (answer: ReturnType<typeof releasesAnswerSchema.parse>) => boolean) =>
  until(async () => answered(await audit()), { what: 'the audit', timeoutMs: 15_000 });
const audit = () =>
  callJson(
    { url: service.url, token: env('KEIRO_TOKEN_COMPLIANCE') },
    { method: 'GET', path: `/v1/releases?from=${began.toISOString()}` },
    releasesAnswerSchema,
  );

describe('R5: a duty towards the person', () => {
  it('opens what is suspended and denied, answers in the undo window, and never what is erased', async () => {
    const [suspended, hidden, gone] = [await newLife(), await newLife(), await newLife()];
    await stand(suspended, { suspended: ['all'], denied: ['duties'] });
    await stand(hidden, { hiddenThrough: 1 });
    await as('REQUEST').destroy('r-1', [gone], new Date());
    const [first, second, third] = await forDuty('duty:disclosure', [suspended, hidden, gone]);
    expect(first).toMatchObject({ state: 'released', keys: { 'C1.identity': expect.any(String) } });
    expect(second).toMatchObject({ state: 'released' });
    expect(third).toEqual({ state: 'refused', reason: 'erased' });
    expect(await forDuty('duty:correction', [suspended, hidden])).toMatchObject([
      { state: 'released' },
      { state: 'refused', reason: 'hidden' },
    ]);
    // Not even the key under which holders seal where their copies are.
    expect(first?.state === 'released' && Object.keys(first.keys)).toEqual(['C1.identity', 'C5.books']);
  });

  it('is not for holders, not as a purpose, and not for groups that there are not', async () => {
    const lives = [await newLife()];
    const duty = { duty: 'duty:breach' as const, reference: 'case-7', groups: ['C1.identity'], lives };
    await expect(as('CRM').releaseForDuty({ holder: 'crm', ...duty })).rejects.toThrow('403');
    await expect(as('DUTIES').releaseForDuty({ holder: 'crm', ...duty })).rejects.toThrow('403');
    const asPurpose = { holder: 'crm', purpose: 'duty:breach', groups: [], lives };
    await expect(as('CRM').release(asPurpose)).rejects.toThrow('not for this purpose');
    await expect(
      as('DUTIES').releaseForDuty({ holder: 'duties', ...duty, groups: ['C1.soul'] }),
    ).rejects.toThrow('no such field group');
  });
});

describe('the audit of key releases', () => {
  it('counts by holder and purpose, and names each refusal, each duty and who was turned away', async () => {
    const [open, stopped] = [await newLife(), await newLife()];
    await stand(stopped, { suspended: ['all'] });
    await forPurpose([open, stopped], 'membership');
    await forPurpose([open], 'membership');
    await expect(forPurpose([open], 'membership', ['C5.card'])).rejects.toThrow('C5.card');
    const asked = { holder: 'crm', purpose: 'hanako@mail.example', groups: [], lives: [open] };
    await expect(as('CRM').release(asked)).rejects.toThrow('403');
    await forDuty('duty:breach', [stopped]);

    // What came last is stored with all that came before it.
    await auditOf(({ entries }) => entries.some(({ kind, ref }) => kind === 'duty' && ref === stopped.ref));
    const { entries, minutes, totals } = await audit();
    const line = { holder: 'crm', purpose: 'membership', released: 2, refused: { suspended: 1 } };
    expect(totals).toContainEqual(line);
    const counted = minutes.filter(({ purpose }) => purpose === 'membership');
    expect(counted.reduce((sum, { released }) => sum + released, 0)).toBe(2);
    expect(minutes.every(({ minute }) => minute.endsWith(':00.000Z'))).toBe(true);
    const of = (kind: string) => entries.filter((entry) => entry.kind === kind);
    expect(of('refused')).toContainEqual(
      expect.objectContaining({
        ...stopped,
        client: 'crm',
        holder: 'crm',
        purpose: 'membership',
        outcome: 'suspended',
      }),
    );
    expect(of('duty')).toContainEqual(
      expect.objectContaining({
        ...stopped,
        purpose: 'duty:breach',
        outcome: 'released',
        reference: 'case-7',
      }),
    );
    expect(of('turned-away').map(({ purpose, outcome }) => [purpose, outcome])).toEqual(
      expect.arrayContaining([
        ['membership', 'beyond-purpose'],
        ['unknown', 'not-its-purpose'],
      ]),
    );
    // Opened in order: counted, not named.
    expect(entries.some(({ ref }) => ref === open.ref)).toBe(false);
  });

  it('is shown by keiro keys releases to those who answer people, and by nobody else', async () => {
    const program = keiro(['keys', 'releases', '--from', began.toISOString()], {
      env: { ...process.env, KEIRO_KEYS_URL: service.url },
    });
    expect(await program.code).toBe(0);
    expect(program.output()).toMatch(/crm +service +\d+ +\d+ suspended/);
    expect(program.output()).toContain('本人への義務 duty');
    const answer = await fetch(`${service.url}/v1/releases`, {
      headers: { authorization: `Bearer ${env('KEIRO_TOKEN_CRM')}` },
    });
    expect(answer.status).toBe(403);
  });

  it('loses nothing when the service ends in good order', async () => {
    const life = await newLife();
    await forPurpose([life, { ...life, generation: 9 }]);
    await service.end();
    const [last] = await mongo.db.collection('keyAudit').find({ ref: life.ref }).toArray();
    expect(last).toMatchObject({ kind: 'refused', generation: 9, outcome: 'unknown', times: 1 });
  });
});
