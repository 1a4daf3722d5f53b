import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { callJson, until } from '@keiro/runtime';
import {
  acceptedSchema,
  answerSchema,
  collectionTopics,
  custodyTopics,
  evidenceLimit,
  holderWaitsSchema,
  keptEvidenceSchema,
  lineageAnswerSchema,
  noticeListSchema,
  registeredAnswerSchema,
  recordId,
  requestStatusSchema,
  requestViewSchema,
  returnId,
  taskSubjectSchema,
  violationsAnswerSchema,
  violationViewSchema,
  type Accepted,
  type AuditDocument,
  type CreateRequest,
  type HolderDocument,
  type Holder,
  type RequestView,
  type TaskDocument,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { insertInto, mongoWay } from '../builders/mongo-way.ts';
import { keiro } from '../builders/program.ts';
import { soonGone } from '../builders/pipeline.ts';
import { processorDomain } from '../builders/processor.ts';
import { freePort, startService, type ServiceProcess } from '../builders/service-process.ts';

let company: Company;
let tag: ServiceProcess;
let transfer: ServiceProcess;
let request: ServiceProcess;
let erase: ServiceProcess;
let redis: Redis;

/** Every service that was started, so that none outlives a failure. */
const started: ServiceProcess[] = [];
async function start(
  name: 'tag' | 'transfer' | 'request' | 'erase',
  more: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const port = String(await freePort());
  // Processors have to know where it is before it is there.
  const own: Record<string, string> =
    name === 'erase' ? { KEIRO_ERASE_PORT: port, KEIRO_ERASE_CALLBACK_URL: `http://127.0.0.1:${port}` } : {};
  const service = await startService(name, {
    ...company.variablesOf(name),
    ...soonGone,
    ...own,
    ...more,
  });
  started.push(service);
  return service;
}

beforeAll(async () => {
  company = await createCompany('request');
  redis = new Redis(company.variablesOf('request')['KEIRO_REDIS_URL'] ?? '');
  [tag, transfer, request, erase] = await Promise.all([
    start('tag'),
    start('transfer'),
    start('request'),
    start('erase'),
  ]);
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await redis.flushdb();
  redis.disconnect();
  await company.close();
}, 60_000);

async function call(method: string, path: string, body?: unknown, token = env('KEIRO_TOKEN_COMPLIANCE')) {
  const response = await fetch(`${request.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

async function ask(body: CreateRequest): Promise<Accepted> {
  const { status, text } = await call('POST', '/v1/requests', body);
  if (status !== 202) throw new Error(`answered ${String(status)}: ${text}`);
  return acceptedSchema.parse(JSON.parse(text));
}

async function view(id: string): Promise<RequestView> {
  return requestViewSchema.parse(JSON.parse((await call('GET', `/v1/requests/${id}`)).text));
}

async function inState(id: string, state: RequestView['state'], timeoutMs = 45_000): Promise<RequestView> {
  let last: RequestView | undefined;
  try {
    await until(async () => (last = await view(id)).state === state, { what: `${id} ${state}`, timeoutMs });
  } catch (error) {
    throw new Error(`not ${state} but ${JSON.stringify(last, null, 1)}`, { cause: error });
  }
  return view(id);
}

const settled = async () => {
  await company.pipeline.passed('keiro.tag', collectionTopics);
  await company.pipeline.passed('keiro.transfer', custodyTopics);
};
const taskAt = ({ tasks }: RequestView, holder: string) => tasks.find((task) => task.holder === holder);
const keysOf = (client: string) =>
  createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
const releaseTo = async (person: TestPerson, purpose: string) => {
  const { results } = await keysOf('CRM').release({
    holder: 'crm',
    purpose,
    groups: [],
    lives: [person.lives[0]],
  });
  return results[0]?.state === 'refused' ? results[0].reason : results[0]?.state;
};

/** A member with a row at every holder. */
async function everywhere(): Promise<TestPerson> {
  const { stores } = company;
  const person = await company.newPerson();
  const row = { id: `row-${person.member}`, member: person.member, email: person.email, generation: 1 };
  await Promise.all(Object.values(stores).map((store) => store.put([row])));
  await company.send('registration', person.lives);
  await company.send('payment', person.lives);
  return person;
}

async function rowsOf(person: TestPerson): Promise<Record<string, boolean>> {
  const rows = Object.entries(company.stores).map(
    async ([name, store]) => [name, (await store.ids()).includes(`row-${person.member}`)] as const,
  );
  return Object.fromEntries(await Promise.all(rows));
}
const nowhere = { crm: false, billing: false, mailer: false, recovery: false };

describe('a deletion', () => {
  it('reaches every holder, by identifier and by locator, is proven by a second look, and ends the keys', async () => {
    const person = await everywhere();
    const other = await everywhere();
    const [member] = person.lives;
    const hidden = {
      id: `alias-${person.member}`,
      member: 'another-name',
      email: 'another@people.example',
      generation: 1,
    };
    await company.stores.crm.put([hidden]);
    await company.reportCopy(member, recordId(member, 'demo-site', 'alias'), hidden.id);

    await settled();

    const accepted = await ask({ type: 'deletion', subject: { member: person.member }, note: 'CASE-17' });
    expect(accepted).toMatchObject({ state: 'accepted', ambiguous: 0 });
    const done = await inState(accepted.id, 'done');

    expect(await rowsOf(person)).toEqual(nowhere);
    expect(await company.stores.crm.ids()).not.toContain(hidden.id);
    expect(await rowsOf(other)).toEqual({ crm: true, billing: true, mailer: true, recovery: true });

    const steps = done.steps.map(({ step }) => step).filter((step) => step !== 'replanned');
    expect(steps).toEqual(['hiding', 'hidden', 'planned', 'prepared', 'erased', 'shredded', 'done']);
    expect(done.lives.map(({ ref }) => ref).sort()).toEqual(person.lives.map(({ ref }) => ref).sort());
    for (const holder of ['crm', 'billing', 'mailer', 'recovery']) {
      const task = taskAt(done, holder);
      expect(task).toMatchObject({ state: 'done', attempt: 1, errors: [], receipt: { probe: { found: 0 } } });
    }
    expect(taskAt(done, 'crm')?.receipt).toMatchObject({ affected: 2, detail: { people: 2 } });
    expect(taskAt(done, 'mailer')?.receipt).toMatchObject({ affected: 1, detail: { requests: 1 } });
    expect(taskAt(done, 'recovery')?.receipt?.affected).toBe(2);
    // The site is swept after the stores that replicate to it.
    const doneAt = (holder: string) => taskAt(done, holder)?.doneAt ?? '';
    expect(doneAt('recovery') > doneAt('crm') && doneAt('recovery') > doneAt('billing')).toBe(true);

    await until(async () => (await releaseTo(person, 'membership')) === 'erased', {
      what: 'keys gone',
      timeoutMs: 5000,
    });
    expect(await releaseTo(other, 'membership')).toBe('released');
    await expect(keysOf('ERASE').sweep(accepted.id)).rejects.toThrow('404');
  }, 90_000);

  it('leaves no identifier in anything that Keiro keeps of it', async () => {
    const person = await everywhere();
    const { id } = await ask({ type: 'deletion', subject: { email: person.email } });
    await inState(id, 'done');
    const collections = await company.pipeline.mongo.db.listCollections().toArray();
    expect(collections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['requests', 'tasks', 'standing', 'audit']),
    );
    for (const { name } of collections) {
      const text = JSON.stringify(await company.pipeline.mongo.db.collection(name).find().toArray());
      expect(text).not.toContain(person.member);
      expect(text).not.toContain(person.email);
    }
    for (const service of [tag, transfer, request, erase])
      expect(service.output()).not.toContain(person.member);
    const audit = await company.pipeline.mongo.db.collection('audit').find({ request: id }).toArray();
    expect(
      audit
        .map(({ action }) => action as string)
        .filter((action) => action !== 'request.replanned')
        .sort(),
    ).toEqual(['request.accepted', 'request.done', 'request.erased', ...Array<string>(4).fill('task.done')]);
  });

  it('asked for several times at once is one', async () => {
    const person = await everywhere();
    await settled();
    const answers = await Promise.all(
      [person, person, person, person].map(({ member }) => ask({ type: 'deletion', subject: { member } })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    await inState(answers[0]?.id ?? '', 'done');
    const again = await call('POST', '/v1/requests', {
      type: 'deletion',
      subject: { member: person.member },
    });
    expect(again.status).toBe(404);
    expect(JSON.parse(again.text)).toMatchObject({ type: 'urn:keiro:problem:erased' });
  });

  it('spares what is shared with another member', async () => {
    const [one, two] = [await company.newPerson(), await company.newPerson()];
    const [shared] = [one.lives[1]];
    await company.send('registration', one.lives);
    await company.send('registration', [two.lives[0], shared]);
    await settled();
    const byShared = await call('POST', '/v1/requests', { type: 'deletion', subject: { email: one.email } });
    expect([byShared.status, JSON.parse(byShared.text)]).toMatchObject([
      409,
      { type: 'urn:keiro:problem:shared-identifier' },
    ]);

    const { id, ambiguous } = await ask({ type: 'deletion', subject: { member: one.member } });
    expect(ambiguous).toBe(1);
    const done = await inState(id, 'done');
    expect(done.lives).toEqual([one.lives[0]]);
    const { results } = await keysOf('QUERY').lookup({ refs: [one.lives[0].ref, shared.ref] });
    expect(results).toMatchObject([{ erasedThrough: 1 }, { erasedThrough: 0 }]);
  });
});

describe('what was sent before a deletion and is not tagged yet', () => {
  it('is waited for, and what it tells joins the plan: a further ref, a category, its holders', async () => {
    const person = await company.newPerson();
    const late = await company.newPerson();
    await company.send('registration', person.lives);
    await settled();
    await tag.end();
    await company.stores.billing.put([
      { id: 'late', member: person.member, email: late.email, generation: 1 },
    ]);
    await company.send('payment', [person.lives[0], late.lives[1]]);

    const { id, tasks } = await ask({ type: 'deletion', subject: { member: person.member } });
    expect(tasks).toBe(3);
    await until(async () => (await view(id)).waitingFor?.includes('tag') === true, {
      what: 'tag missed',
      timeoutMs: 20_000,
    });
    tag = await start('tag');
    const done = await inState(id, 'done');
    expect(done.steps.map(({ step }) => step)).toContain('replanned');
    expect(done.lives.map(({ ref }) => ref).sort()).toEqual(
      [...person.lives, late.lives[1]].map(({ ref }) => ref).sort(),
    );
    expect(taskAt(done, 'billing')).toMatchObject({
      state: 'done',
      receipt: { affected: 1, probe: { found: 0 } },
    });
    expect(await company.stores.billing.ids()).not.toContain('late');
  }, 90_000);
});

describe('a holder that does not do what it says', () => {
  it('is never done: it waits for an operator, the others go on, and a retry brings it to its end', async () => {
    const person = await everywhere();
    company.stores.mailer.processor.manner = 'lying';
    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    const waiting = await inState(id, 'waiting-for-operator');
    const liar = taskAt(waiting, 'mailer');
    expect(liar).toMatchObject({
      state: 'failed',
      attempt: 8,
      receipt: { affected: 0, probe: { found: 1 } },
    });
    expect(liar?.errors.map(({ message }) => message)).toEqual(Array<string>(8).fill('probe found 1'));
    await until(async () => (await rowsOf(person))['recovery'] === false, {
      what: 'the others',
      timeoutMs: 20_000,
    });
    expect(await rowsOf(person)).toEqual({ ...nowhere, mailer: true });
    expect((await call('GET', `/v1/requests/${id}/certificate`)).status).toBe(404);

    const listed = JSON.parse((await call('GET', '/v1/tasks?state=failed')).text) as {
      tasks: { id: string }[];
    };
    expect(listed.tasks.map((task) => task.id)).toContain(`${id}.mailer`);

    company.stores.mailer.processor.manner = 'honest';
    const retried = await call('POST', `/v1/tasks/${id}.mailer/retry`);
    expect([retried.status, JSON.parse(retried.text)]).toEqual([
      202,
      { id: `${id}.mailer`, state: 'pending', attempt: 9 },
    ]);
    const done = await inState(id, 'done');
    expect(taskAt(done, 'mailer')).toMatchObject({
      state: 'done',
      attempt: 9,
      receipt: { affected: 1, probe: { found: 0 } },
    });
    expect(await rowsOf(person)).toEqual(nowhere);
    expect((await call('POST', `/v1/tasks/${id}.mailer/retry`)).status).toBe(409);
  }, 90_000);
});

describe('a processor that takes days', () => {
  it('is waited for, visibly; its signed callback ends that at once, and a forged one nothing', async () => {
    const person = await everywhere();
    const { processor } = company.stores.mailer;
    processor.manner = 'late';
    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    const waitingAt = async () => taskAt(await view(id), 'mailer');
    await until(async () => (await waitingAt())?.waiting !== undefined, {
      what: 'the task waiting',
      timeoutMs: 30_000,
    });
    expect(await waitingAt()).toMatchObject({
      waiting: { step: 'erase', says: expect.stringMatching(/^the processor says \w+, and promised 20/) },
      errors: [],
    });
    const [path] = processor.callbacks.slice(-1).map((url) => new URL(url).pathname);
    expect(path).toBe(`/v1/opendsr/callbacks/mailer/${id}.mailer`);
    const forged = await fetch(`${erase.url}${path ?? ''}`, {
      method: 'POST',
      headers: { 'x-opendsr-processor-domain': processorDomain, 'x-opendsr-signature': 'AAAA' },
      body: '{}',
    });
    expect(forged.status).toBe(403);
    const audited = await company.pipeline.mongo.db
      .collection<AuditDocument>('audit')
      .findOne({ action: 'callback.forged' });
    expect(audited?.detail).toEqual({ holder: 'mailer', reason: 'signature' });

    processor.manner = 'honest';
    processor.finish();
    // Without the callback it would be looked after in 15 seconds.
    const done = await inState(id, 'done', 12_000);
    expect(taskAt(done, 'mailer')).toMatchObject({
      state: 'done',
      receipt: { affected: 1, probe: { found: 0 }, confirmed: { by: processorDomain, signed: true } },
    });
    expect(taskAt(done, 'mailer')?.waiting).toBeUndefined();
    const metrics = await (await fetch(`${erase.url}/metrics`)).text();
    expect(metrics).toMatch(/keiro_erase_callbacks_total\{holder="mailer",outcome="forged"[^}]*\} 1/);
    expect(metrics).toMatch(/keiro_erase_callbacks_total\{holder="mailer",outcome="woken"[^}]*\} [1-9]/);
    expect(await rowsOf(person)).toEqual(nowhere);
  }, 90_000);
});

describe('when something dies', () => {
  it('Redis loses everything: the queues are filled again from MongoDB', async () => {
    await erase.end('SIGKILL');
    const person = await everywhere();
    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    await inState(id, 'carrying-out');
    const jobs = () => redis.keys('*erase.crm:*');
    await until(async () => (await jobs()).some((key) => key.endsWith(`${id}.crm-1`)), {
      what: 'a job',
      timeoutMs: 5000,
    });
    await redis.flushdb();
    erase = await start('erase');
    const done = await inState(id, 'done');
    expect(done.tasks.every(({ state, attempt }) => state === 'done' && attempt === 1)).toBe(true);
    expect(await rowsOf(person)).toEqual(nowhere);
  }, 90_000);

  it('a worker is killed in the middle of a task: another takes it over, and it is done once', async () => {
    const person = await everywhere();
    company.stores.mailer.processor.manner = 'slow';
    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    await until(async () => taskAt(await view(id), 'mailer')?.state === 'running', {
      what: 'the task under way',
      timeoutMs: 30_000,
      everyMs: 5,
    });
    await erase.end('SIGKILL');
    company.stores.mailer.processor.manner = 'honest';
    erase = await start('erase');
    const done = await inState(id, 'done', 60_000);
    expect(taskAt(done, 'mailer')).toMatchObject({
      state: 'done',
      attempt: 1,
      receipt: { probe: { found: 0 } },
    });
    expect(await rowsOf(person)).toEqual(nowhere);
  }, 180_000);

  it('a worker is killed between settling a task and telling the audit: that is told, once', async () => {
    const person = await everywhere();
    const way = await mongoWay();
    await erase.end();
    erase = await start('erase', { KEIRO_MONGO_URL: way.url });
    const settling = way.holdAt(insertInto('audit'));
    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    await settling;
    await erase.end('SIGKILL');
    await way.cut();
    const { db } = company.pipeline.mongo;
    const settled = { request: id, state: 'done' as const };
    expect(await db.collection<TaskDocument>('tasks').countDocuments(settled)).toBeGreaterThan(
      await db.collection<AuditDocument>('audit').countDocuments({ request: id, action: 'task.done' }),
    );

    erase = await start('erase');
    const done = await inState(id, 'done', 60_000);
    const told = await db
      .collection<AuditDocument>('audit')
      .find({ request: id, action: 'task.done' })
      .toArray();
    expect(told.map(({ _id }) => _id).sort()).toEqual(
      done.tasks.map((task) => `${task.id}/task.done/1`).sort(),
    );
    expect(await rowsOf(person)).toEqual(nowhere);
  }, 180_000);

  it('request is killed again and again: every step is taken, and recorded once', async () => {
    const people = await Promise.all([everywhere(), everywhere()]);
    await settled();
    const ids: string[] = [];
    for (const person of people) {
      ids.push((await ask({ type: 'deletion', subject: { member: person.member } })).id);
      await request.end('SIGKILL');
      request = await start('request');
    }
    for (const id of ids) {
      const done = await inState(id, 'done', 60_000);
      const steps = done.steps.map(({ step }) => step).filter((step) => step !== 'replanned');
      expect(steps).toEqual(['hiding', 'hidden', 'planned', 'prepared', 'erased', 'shredded', 'done']);
    }
    for (const person of people) expect(await rowsOf(person)).toEqual(nowhere);
    expect(await company.pipeline.mongo.db.collection('outbox').countDocuments()).toBe(0);
  }, 180_000);
});

describe('a suspension', () => {
  it('stops the release of keys for its purposes, flags the rows that can be flagged, and can be undone', async () => {
    const person = await everywhere();
    await settled();
    const flagged = async () => {
      const id = `row-${person.member}`;
      const { crm, billing, recovery } = company.stores;
      return Promise.all([crm, billing, recovery].map(async (store) => (await store.suspended())[id]));
    };
    const suspension = await ask({
      type: 'suspension',
      subject: { member: person.member },
      purposes: ['membership', 'marketing'],
    });
    const done = await inState(suspension.id, 'done');
    expect(done.steps.map(({ step }) => step)).toEqual(['in-force', 'done']);
    expect(await releaseTo(person, 'membership')).toBe('suspended');
    expect(await releaseTo(person, 'service')).toBe('released');
    expect(await flagged()).toEqual(Array(3).fill(['marketing', 'membership']));
    const cannot = taskAt(done, 'mailer');
    expect(cannot?.state).toBe('done');
    expect(cannot?.receipt?.unsupported).toContain('OpenDSR');

    const resume = await ask({ type: 'resume', subject: { email: person.email }, purposes: ['membership'] });
    await inState(resume.id, 'done');
    expect(await releaseTo(person, 'membership')).toBe('released');
    expect(await flagged()).toEqual(Array(3).fill(['marketing']));

    await inState((await ask({ type: 'resume', subject: { member: person.member } })).id, 'done');
    expect(await flagged()).toEqual(Array(3).fill([]));
  }, 120_000);
});

describe('a suspension that a deletion overtakes', () => {
  it('ends with it, and keeps no identifier', async () => {
    const person = await everywhere();
    await settled();
    await erase.end();
    const suspension = await ask({ type: 'suspension', subject: { member: person.member } });
    await inState(suspension.id, 'carrying-out');
    const deletion = await ask({ type: 'deletion', subject: { member: person.member } });
    await inState(deletion.id, 'carrying-out');
    expect((await keysOf('ERASE').sweep(suspension.id)).lives).toHaveLength(2);
    // The suspension's own tasks fail, so that it would wait for an operator who has nothing left to do.
    await company.pipeline.mongo.db
      .collection('tasks')
      .updateMany({ request: suspension.id }, { $set: { state: 'failed' } });
    erase = await start('erase');
    await inState(deletion.id, 'done');
    const overtaken = await inState(suspension.id, 'done');
    expect(overtaken.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['in-force', 'overtaken']),
    );
    expect(taskAt(overtaken, 'crm')?.receipt?.unsupported).toBe(`overtaken by ${deletion.id}`);
    await expect(keysOf('ERASE').sweep(suspension.id)).rejects.toThrow('404');
  }, 90_000);
});

describe('T0: a copy at a holder without a basis', () => {
  it('is returned alone, by locator, found while nobody was there to tell the holder; it is closed only then', async () => {
    const query = await company.pipeline.start('query');
    const violations = async () =>
      callJson(
        { url: query.url, token: env('KEIRO_TOKEN_COMPLIANCE') },
        { method: 'GET', path: '/v1/violations' },
        violationsAnswerSchema,
      );
    const at = async (holder: string) => (await violations()).violations.find((one) => one.holder === holder);
    const close = (id: string, reason: string) =>
      callJson(
        { url: transfer.url, token: env('KEIRO_TOKEN_OPERATOR') },
        { path: `/v1/violations/${id}/close`, body: { reason } },
        violationViewSchema,
      );
    const person = await everywhere();
    const [member] = person.lives;
    const extra = { id: `extra-${person.member}`, member: person.member, email: person.email, generation: 1 };
    await company.stores.crm.put([extra]);
    const [rightly, wrongly] = [
      await company.send('registration', person.lives),
      await company.send('registration', person.lives),
    ];
    await Promise.all([request.end(), erase.end()]);
    await company.reportCopy(member, rightly, `row-${person.member}`);
    await company.reportCopy(member, wrongly, extra.id, { purpose: 'marketing' });
    await company.reportCopy(member, wrongly, 'anything', { holder: 'mailer', purpose: 'marketing' });
    await settled();
    const found = await at('crm');
    const id = found?.id ?? '';
    expect(found).toMatchObject({ reason: 'beyond-purpose', copy: { record: wrongly } });
    await expect(close(id, 'returned-or-erased')).rejects.toThrow('not been issued yet');

    request = await start('request');
    await until(async () => (await at('crm'))?.directive !== undefined, {
      what: 'a directive',
      timeoutMs: 30_000,
    });
    await expect(close(id, 'returned-or-erased')).rejects.toThrow('is pending');
    erase = await start('erase');
    const done = await inState(returnId(id), 'done');

    expect(await company.stores.crm.ids()).not.toContain(extra.id);
    expect(await rowsOf(person)).toEqual({ crm: true, billing: true, mailer: true, recovery: true });
    expect(await releaseTo(person, 'membership')).toBe('released');
    expect(done).toMatchObject({ type: 'return', violation: id, tasks: [{ holder: 'crm' }] });
    expect(done.steps.map(({ step }) => step).slice(-2)).toEqual(['prepared', 'done']);
    expect(taskAt(done, 'crm')?.receipt).toMatchObject({ affected: 1, probe: { found: 0 } });
    await expect(keysOf('ERASE').sweep(done.id)).rejects.toThrow('404');

    const lineage = await callJson(
      { url: query.url, token: env('KEIRO_TOKEN_COMPLIANCE') },
      { path: '/v1/lineage/search', body: { member: person.member } },
      lineageAnswerSchema,
    );
    expect(lineage.standing.state).toBe('live');
    const copiesOf = (record: string) => lineage.records.find((one) => one.id === record);
    expect(copiesOf(wrongly)).toMatchObject({
      state: 'live',
      copies: expect.arrayContaining([
        expect.objectContaining({ holder: 'crm', state: 'erased', request: done.id }),
      ]),
    });
    expect(copiesOf(rightly)?.copies).toMatchObject([{ holder: 'crm', state: 'held' }]);

    // The mail processor knows persons only: rather than erase too much, a person asks it.
    const mailer = await at('mailer');
    expect(await inState(returnId(mailer?.id ?? ''), 'waiting-for-operator')).toMatchObject({
      tasks: [{ state: 'failed', attempt: 1 }],
    });
    expect((await at('mailer'))?.directive?.error).toContain('told about the person as a whole');
    const list = keiro(['violations', 'list'], { env: { ...process.env, KEIRO_QUERY_URL: query.url } });
    expect(await list.code).toBe(1);
    expect(list.output()).toMatch(/ crm .*完了 done, 残り found 0/);
    expect(list.output()).toMatch(/ mailer .*失敗 failed/);

    await expect(close(mailer?.id ?? '', 'returned-or-erased')).rejects.toThrow('keiro tasks retry');
    await close(mailer?.id ?? '', 'reported-in-error');
    expect(await inState(returnId(mailer?.id ?? ''), 'done')).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ step: 'overtaken' })]),
    });
    expect(await close(id, 'returned-or-erased')).toMatchObject({
      state: 'closed',
      directive: { state: 'done' },
    });
    expect((await violations()).open).toBe(0);
  }, 120_000);
});

describe('the life of a request', () => {
  const post = async (path: string, body: unknown) => {
    const answer = await call('POST', `/v1/requests/${path}`, body);
    return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
  };
  const notices = async (path: string) =>
    noticeListSchema.parse(JSON.parse((await call('GET', path)).text)).notices;

  it('waits for its identity check with the same answer for somebody and nobody, and touches no one', async () => {
    const person = await everywhere();
    await settled();
    const answers = await Promise.all(
      [person.member, 'm-nobody-7f3a'].map((member) =>
        ask({ type: 'deletion', subject: { member }, identity: 'required' }),
      ),
    );
    const shown = answers.map(({ id: _id, due: _due, ...rest }) => rest);
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]).toEqual({ state: 'checking-identity', tasks: 0, ambiguous: 0 });
    for (const { id } of answers) {
      expect(await view(id)).toMatchObject({ lives: [], next: { actor: 'person' }, tasks: [] });
      expect(await post(`${id}/withdraw`, {})).toMatchObject({ status: 200, body: { state: 'withdrawn' } });
    }
    expect(await releaseTo(person, 'membership')).toBe('released');
  });

  it('R6: a denial reaches the third party that holds a copy, no processor and no store, and is taken back', async () => {
    const person = await everywhere();
    await settled();
    const holders = company.pipeline.mongo.db.collection<HolderDocument>('holders');
    const crm = await holders.findOne({ _id: 'crm' });
    if (crm === null) throw new Error('crm is registered');
    await holders.insertOne({
      ...crm,
      _id: 'partner',
      id: 'partner',
      kind: 'joint-user',
      basis: 'joint-use',
    });
    const flagged = async () => (await company.stores.crm.suspended())[`row-${person.member}`];
    try {
      const { id } = await ask({ type: 'third-party-denial', subject: { member: person.member } });
      const done = await inState(id, 'done');
      expect(done.tasks.map(({ holder }) => holder)).toEqual(['partner']);
      expect(done).toMatchObject({ recipients: ['all', 'partner'], rests: { on: 'policy', row: 'R6' } });
      expect(await flagged()).toEqual(['all']);
      expect(await releaseTo(person, 'membership')).toBe('released');

      const subject = { member: person.member };
      const back = await ask({ type: 'resume', subject, recipients: ['partner'] });
      await inState(back.id, 'done');
      expect(await flagged()).toEqual([]);
      const wrong = await call('POST', '/v1/requests', { type: 'resume', subject, recipients: ['mailer'] });
      expect(wrong.status).toBe(400);
    } finally {
      await holders.deleteOne({ _id: 'partner' });
    }
  }, 60_000);

  it('R9: is refused in part on a ground of its right; the rest is done, and the person has to be told each time', async () => {
    const person = await everywhere();
    await settled();
    const subject = { member: person.member };
    const purposes: CreateRequest['purposes'] = ['membership', 'marketing'];
    const { id } = await ask({ type: 'suspension', subject, purposes, review: true });
    expect(await releaseTo(person, 'membership')).toBe('released');
    const reason = { ja: '別の方法で停止しています。', en: 'It is stopped in another way.' };
    const refuse = (more: object) => post(`${id}/review`, { decision: 'refuse', reason, ...more });
    expect(await refuse({ ground: 'harm-to-rights' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'ground', code: 'ground-not-allowed' }] },
    });
    const unknownPart = await refuse({ ground: 'unfounded', parts: ['canary-7f3a'] });
    expect(unknownPart.status).toBe(400);
    expect(JSON.stringify(unknownPart.body)).not.toContain('canary');
    expect(await refuse({ ground: 'alternative-measure', parts: ['marketing'] })).toMatchObject({
      status: 200,
      body: { state: 'accepted' },
    });
    const done = await inState(id, 'done');
    expect(done).toMatchObject({
      purposes: ['membership'],
      refusals: [{ ground: 'alternative-measure', parts: ['marketing'], reason }],
    });
    expect(await releaseTo(person, 'membership')).toBe('suspended');

    const told = await notices(`/v1/requests/${id}/notices`);
    expect(told.map(({ kind }) => kind)).toEqual(['refused-in-part', 'accepted', 'completed']);
    const [first] = told;
    expect((await post(`${id}/notices/${String(first?.n)}/sent`, { reference: 'LETTER-9' })).status).toBe(
      200,
    );
    const unsent = (await notices('/v1/notices')).filter(({ request: of }) => of === id);
    expect(unsent.map(({ kind }) => kind)).toEqual(['accepted', 'completed']);
  }, 60_000);

  it('Q1, R1: a question waits for who answers it; a notice of purposes is answered by what is held', async () => {
    const person = await everywhere();
    await settled();
    const question = await ask({ type: 'question', about: 'complaint', note: 'CASE-23' });
    await inState(question.id, 'waiting-for-operator');
    expect((await call('GET', `/v1/requests/${question.id}/answer`)).status).toBe(404);
    expect(await post(`${question.id}/answer`, { evidence: 'LETTER-3' })).toMatchObject({
      body: { state: 'done' },
    });

    const { id } = await ask({ type: 'purpose-notice', subject: { email: person.email } });
    await inState(id, 'done');
    const answer = answerSchema.parse(JSON.parse((await call('GET', `/v1/requests/${id}/answer`)).text));
    expect(answer.sections.length).toBeGreaterThan(1);
    expect(answer.sections.flatMap(({ items }) => items.map(({ en }) => en)).join()).toContain(
      'Payment of paid services',
    );
    const cli = keiro(['request', 'answer', id, '--lang', 'ja'], {
      env: { ...process.env, KEIRO_REQUEST_URL: request.url },
    });
    expect([await cli.code, cli.output()]).toEqual([
      0,
      expect.stringContaining(answer.sections[0]?.heading.ja ?? ''),
    ]);
    expect(JSON.stringify(answer)).not.toContain(person.member);
  }, 60_000);
});

describe('what is refused', () => {
  const canary = 'canary-7f3a@people.example';

  it.each([
    ['nobody knows', { type: 'deletion', subject: { email: canary } }, 404, 'unknown-person'],
    ['names nobody', { type: 'deletion', subject: {} }, 400, 'invalid-body'],
    ['is no telephone number', { type: 'deletion', subject: { phone: canary } }, 400, 'invalid-body'],
    ['is of an unknown type', { type: canary, subject: { email: canary } }, 400, 'invalid-body'],
    [
      'has a field too many',
      { type: 'deletion', subject: { email: canary }, [canary]: 1 },
      400,
      'invalid-body',
    ],
    [
      'limits a deletion',
      { type: 'deletion', subject: { email: canary }, purposes: ['marketing'] },
      400,
      'invalid-body',
    ],
    [
      'has an unknown purpose',
      { type: 'resume', subject: { email: canary }, purposes: [canary] },
      400,
      'invalid-body',
    ],
    [
      'has a note in free text',
      { type: 'deletion', subject: { email: canary }, note: canary },
      400,
      'invalid-body',
    ],
  ])('a request that %s, without repeating it', async (_what, body, status, code) => {
    const answer = await call('POST', '/v1/requests', body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ type: `urn:keiro:problem:${code}` });
    expect(answer.text).not.toContain('canary');
  });

  it('identifiers of two persons in one request', async () => {
    const [one, two] = [await company.newPerson(), await company.newPerson()];
    await company.send('registration', one.lives);
    await company.send('registration', two.lives);
    await settled();
    const answer = await call('POST', '/v1/requests', {
      type: 'deletion',
      subject: { member: one.member, email: two.email },
    });
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      409,
      { type: 'urn:keiro:problem:several-persons' },
    ]);
    const standing = await company.pipeline.mongo.db.collection('standing').countDocuments({
      _id: { $in: [...one.lives, ...two.lives].map(({ ref }) => ref) as never[] },
    });
    expect(standing).toBe(0);
  });

  it('nothing of somebody half-known: it is about what is known, and makes nobody of the rest', async () => {
    const person = await company.newPerson();
    const phone = `090${String(Date.now()).slice(-8)}`;
    const subject = { member: person.member, phone };
    const { id } = await ask({ type: 'suspension', subject, purposes: ['marketing'] });
    expect((await inState(id, 'done')).lives).toEqual([person.lives[0]]);
    const { results } = await keysOf('QUERY').lookup({ identifiers: [{ kind: 'phone', value: phone }] });
    expect(results).toEqual([null]);
    const unknown = await call('POST', '/v1/requests', { type: 'suspension', subject: { phone } });
    expect([unknown.status, JSON.parse(unknown.text)]).toMatchObject([
      404,
      { type: 'urn:keiro:problem:unknown-person' },
    ]);
  });

  it('callers without the right', async () => {
    const body = { type: 'deletion', subject: { email: canary } };
    expect((await call('POST', '/v1/requests', body, 'no-token')).status).toBe(401);
    expect((await call('POST', '/v1/requests', body, env('KEIRO_TOKEN_CRM'))).status).toBe(403);
    expect((await call('POST', '/v1/tasks/x/retry', undefined, env('KEIRO_TOKEN_QUERY'))).status).toBe(403);
  });

  it('what does not exist', async () => {
    expect((await call('GET', '/v1/requests/req-0')).status).toBe(404);
    expect((await call('POST', '/v1/tasks/req-0.crm/retry')).status).toBe(404);
    expect((await call('GET', '/v1/requests?state=gone')).status).toBe(400);
    expect((await call('GET', '/v1/tasks?limit=0')).status).toBe(400);
  });
});

describe('the status', () => {
  it('counts what is there, and knows its readers', async () => {
    const status = requestStatusSchema.parse(JSON.parse((await call('GET', '/v1/status')).text));
    expect(status.requests.done).toBeGreaterThan(0);
    expect(status).toMatchObject({ overdue: 0, unpublished: 0 });
    const readers = status.readers.map(({ reader }) => reader);
    expect(readers).toEqual(expect.arrayContaining(['keys', `tag${company.pipeline.suffix}`]));
    const list = JSON.parse((await call('GET', '/v1/requests?state=done&limit=2')).text) as {
      requests: unknown[];
    };
    expect(list.requests).toHaveLength(2);
  });
});

describe('a holder that no program can ask, beside one that is paused', () => {
  it('is a person’s to do, who closes it with evidence that is no probe; the other waits and spends no attempt', async () => {
    const operator = { url: transfer.url, token: env('KEIRO_TOKEN_OPERATOR') };
    const paper: Holder = {
      id: 'paper',
      kind: 'store',
      name: { ja: '紙の台帳', en: 'paper ledger' },
      country: 'JP',
      categories: ['C1'],
      purposes: ['membership'],
      basis: 'own',
      connector: { kind: 'by-hand', instructions: { ja: '台帳から抜く', en: 'take it out of the ledger' } },
    };
    await callJson(operator, { path: '/v1/holders', body: paper }, registeredAnswerSchema);
    const desk = (path: string, body: unknown) => call('POST', path, body);
    expect((await desk('/v1/holders/mailer/pause', { reason: 'CASE-9' })).status).toBe(200);
    const person = await everywhere();
    await settled();
    // Workers learn of a pause within a second.
    await until(async () => (await metricsOf(erase)).includes('holder="mailer",why="paused"'), {
      what: 'the pause known',
      timeoutMs: 10_000,
    });

    const { id } = await ask({ type: 'deletion', subject: { member: person.member } });
    const waiting = await inState(id, 'waiting-for-operator');
    expect(taskAt(waiting, 'paper')).toMatchObject({ state: 'by-hand', attempt: 1 });
    await until(async () => taskAt(await view(id), 'recovery')?.state === 'done', {
      what: 'the others done',
      timeoutMs: 20_000,
    });
    const { waitingFor } = await view(id);
    expect(waitingFor).toContain('take it out of the ledger');
    expect(waitingFor).toContain('mailer to answer (paused by compliance since');
    const waits = holderWaitsSchema.parse(JSON.parse((await call('GET', '/v1/holders/waits')).text));
    expect(waits.waits).toMatchObject([{ holder: 'mailer', why: 'paused', reason: 'CASE-9', tasks: 1 }]);
    expect(taskAt(await view(id), 'mailer')).toMatchObject({ state: 'pending', attempt: 1, errors: [] });

    const close = (body: unknown) => desk(`/v1/tasks/${id}.paper/close`, body);
    expect((await close({ reference: 'not a reference' })).status).toBe(400);
    expect((await desk(`/v1/tasks/${id}.mailer/close`, { reference: 'CASE-9' })).status).toBe(409);
    expect((await desk(`/v1/tasks/${id}.paper/hand-over`, { to: 'archive' })).status).toBe(200);
    expect(taskAt(await view(id), 'paper')?.desk).toMatchObject({ who: 'archive', by: 'compliance' });
    // Whoever does it is told whom it is about, for as long as it waits, and that is audited.
    const environment = { ...process.env, KEIRO_REQUEST_URL: request.url, KEIRO_ERASE_URL: erase.url };
    const run = async (args: string[], input = '') => {
      const program = keiro(args, { env: environment, input });
      return { code: await program.code, text: program.output() };
    };
    const look = ['tasks', 'subject', `${id}.paper`, '--reference', 'CASE-9'];
    const told = taskSubjectSchema.parse(JSON.parse((await run([...look, '--json'])).text));
    expect(told.identifiers).toEqual(
      expect.arrayContaining([
        { kind: 'member', value: person.member },
        { kind: 'email', value: person.email },
      ]),
    );
    expect((await run(look)).text).toContain('take it out of the ledger');
    const stranger = await fetch(`${erase.url}/v1/tasks/${id}.paper/subject`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env('KEIRO_TOKEN_OPERATOR')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ reference: 'CASE-9' }),
    });
    expect(stranger.status).toBe(403);

    const folder = mkdtempSync(join(tmpdir(), 'keiro-evidence-'));
    const letter = join(folder, 'letter.txt');
    const words = `台帳から抜きました: ${person.email}\n`;
    writeFileSync(letter, words);
    const kept = (bytes: Buffer) =>
      desk(`/v1/tasks/${id}.paper/evidence`, { content: bytes.toString('base64') });
    const program = await kept(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]));
    expect([program.status, JSON.parse(program.text)]).toMatchObject([
      415,
      { errors: [{ field: 'content' }] },
    ]);
    expect((await kept(Buffer.alloc(evidenceLimit + 3, 'x'))).status).toBe(413);
    const closing = [
      'tasks',
      'close',
      `${id}.paper`,
      '--reference',
      'ledger-4',
      '--evidence',
      letter,
      '--json',
    ];
    const closed = await run(closing);
    expect([closed.code, closed.text]).toEqual([0, expect.any(String)]);
    const { kept: file } = closedSchema.parse(JSON.parse(closed.text));
    const back = ['tasks', 'evidence', `${id}.paper`, file.id, '--out', join(folder, 'back.txt')];
    expect((await run(back, `${'A'.repeat(43)}\n`)).code).toBe(1);
    expect((await run(back, `${file.key}\n`)).code).toBe(0);
    expect(readFileSync(join(folder, 'back.txt'), 'utf8')).toBe(words);
    rmSync(folder, { recursive: true });
    const stored = await company.pipeline.mongo.db.collection('taskEvidence').find().toArray();
    expect(JSON.stringify(stored)).not.toContain(file.key);
    expect(JSON.stringify(stored)).not.toContain(person.email);
    // It waits for nobody any more.
    expect((await run(look)).text).toContain('409');
    expect((await desk('/v1/holders/mailer/resume', { reason: 'CASE-9' })).status).toBe(200);

    const done = await inState(id, 'done');
    const receipt = taskAt(done, 'paper')?.receipt;
    const { sha256 } = file;
    expect(receipt).toMatchObject({
      affected: 0,
      byHand: { by: 'compliance', reference: 'ledger-4', sha256, evidence: file.id },
    });
    expect(sha256).toBe(hash('sha256', words, 'hex'));
    expect(receipt?.probe).toBeUndefined();
    expect(taskAt(done, 'mailer')).toMatchObject({ attempt: 1, receipt: { probe: { found: 0 } } });
    expect(done.steps.at(-1)).toMatchObject({ step: 'done', evidence: { closedByHand: 1 } });
    const audit = await company.pipeline.mongo.db.collection('audit').find({ request: id }).toArray();
    expect(audit.map(({ action }) => action as string)).toEqual(
      expect.arrayContaining([
        'task.by-hand',
        'task.handed-over',
        'task.subject-told',
        'task.evidence-kept',
        'task.evidence-opened',
        'task.closed-by-hand',
      ]),
    );
    expect(JSON.stringify(audit)).not.toContain(person.member);
    expect(audit.filter(({ _id }) => String(_id).startsWith(`${id}.paper/task.done`))).toEqual([]);
  }, 90_000);
});

const closedSchema = z.looseObject({ kept: keptEvidenceSchema });

const metricsOf = async ({ url }: ServiceProcess) => (await fetch(`${url}/metrics`)).text();
