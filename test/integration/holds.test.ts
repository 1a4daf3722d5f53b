import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  acceptedSchema,
  collectionTopics,
  deletionDryRunSchema,
  holdListSchema,
  holdPlacedSchema,
  noticeListSchema,
  requestViewSchema,
  type CreateRequest,
  type RequestDocument,
  type RequestView,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { createCompany, type Company, type TestPerson } from '../builders/company.ts';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';
import { startService, type ServiceProcess } from '../builders/service-process.ts';

/* What keeps a deletion from erasing once everything is hidden: the undo window, and legal holds. */

let company: Company;
let request: ServiceProcess;
const started: ServiceProcess[] = [];

beforeAll(async () => {
  company = await createCompany('holds');
  const start = async (name: 'tag' | 'transfer' | 'request' | 'erase') => {
    const service = await startService(name, { ...company.variablesOf(name), KEIRO_UNDO_PERIOD: 'PT24H' });
    started.push(service);
    return service;
  };
  [request] = await Promise.all([start('request'), start('tag'), start('transfer'), start('erase')]);
}, 200_000);

afterAll(async () => {
  await Promise.all(started.map((service) => service.end()));
  await company.close();
}, 60_000);

async function call(path: string, body?: unknown, client = 'COMPLIANCE'): Promise<unknown> {
  const response = await fetch(`${request.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${env(`KEIRO_TOKEN_${client}`)}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`answered ${String(response.status)}: ${JSON.stringify(answer)}`);
  return answer;
}

const ask = async (body: CreateRequest) => acceptedSchema.parse(await call('/v1/requests', body)).id;
const view = async (id: string) => requestViewSchema.parse(await call(`/v1/requests/${id}`));
async function inState(id: string, state: RequestView['state']): Promise<RequestView> {
  await until(async () => (await view(id)).state === state, { what: `${id} ${state}`, timeoutMs: 20_000 });
  return view(id);
}
const noticesOf = async (id: string) =>
  noticeListSchema.parse(await call(`/v1/requests/${id}/notices`)).notices.map(({ kind }) => kind);
const auditOf = async (id: string) => {
  const entries = await company.pipeline.mongo.db.collection('audit').find({ request: id }).toArray();
  return entries.map(({ action, by }) => `${String(action)} by ${String(by)}`);
};
/** The command, asking the service that this file has started. */
async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = keiro(args, { env: { ...process.env, KEIRO_REQUEST_URL: request.url } });
  const code = await program.code;
  return { code, output: program.output() };
}

/** A day later. */
const windowIsOver = (id: string) =>
  company.pipeline.mongo.db
    .collection<RequestDocument>('requests')
    .updateOne({ _id: id }, { $set: { notBefore: new Date(Date.now() - 1) } });

async function withRows(): Promise<TestPerson> {
  const person = await company.newPerson();
  const row = { id: `row-${person.member}`, member: person.member, email: person.email, generation: 1 };
  await Promise.all(Object.values(company.stores).map((store) => store.put([row])));
  await company.send('registration', person.lives);
  await company.pipeline.passed('keiro.tag', collectionTopics);
  return person;
}
const holdersWith = async (person: TestPerson) => {
  const found = Object.entries(company.stores).map(async ([name, store]) =>
    (await store.ids()).includes(`row-${person.member}`) ? [name] : [],
  );
  return (await Promise.all(found)).flat().sort();
};
const everywhere = ['billing', 'crm', 'mailer', 'recovery'];
const opened = async (person: TestPerson) => {
  const { results } = await createKeysClient({
    url: env('KEIRO_KEYS_URL'),
    token: env('KEIRO_TOKEN_CRM'),
  }).release({ holder: 'crm', purpose: 'membership', groups: [], lives: [person.lives[0]] });
  return results[0]?.state === 'refused' ? results[0].reason : results[0]?.state;
};

describe('R4: the undo window of a deletion', () => {
  it('hides everything, erases nothing, and is taken back within it; after it, it goes on by itself', async () => {
    const person = await withRows();
    const subject = { member: person.member };
    const id = await ask({ type: 'deletion', subject });
    const waiting = await inState(id, 'undo-window');
    expect(waiting.waitingFor).toContain('undo window');
    expect(Date.parse(waiting.undoUntil ?? '') - Date.parse(waiting.receivedAt)).toBe(86_400_000);
    expect(await opened(person)).toBe('hidden');
    expect(await holdersWith(person)).toEqual(everywhere);

    expect((await command('request', 'withdraw', id)).output).toContain('withdrawn');
    expect((await view(id)).tasks.map(({ state, receipt }) => [state, receipt?.affected])).toEqual(
      everywhere.flatMap((holder) => (holder === 'billing' ? [] : [['done', 0]])),
    );
    await until(async () => (await opened(person)) === 'released', {
      what: 'the person is open again',
      timeoutMs: 5000,
    });
    expect(await noticesOf(id)).toEqual(['accepted', 'withdrawn']);
    expect(await auditOf(id)).toEqual(['request.accepted by compliance', 'request.withdrawn by compliance']);
    expect(await holdersWith(person)).toEqual(everywhere);

    const again = await ask({ type: 'deletion', subject });
    expect(again).not.toBe(id);
    await inState(again, 'undo-window');
    await windowIsOver(again);
    await inState(again, 'done');
    expect(await opened(person)).toBe('erased');
    expect((await command('request', 'withdraw', again)).code).toBe(1);
  }, 60_000);
});

describe('a legal hold', () => {
  it('by an identifier that is linked only later keeps a deletion waiting, hidden, and ends it by itself', async () => {
    const person = await withRows();
    const alias = await company.newPerson();
    // Nothing links the two when the case comes in.
    const placed = await command('holds', 'place', '--case', 'CASE-17', '--email', alias.email, '--json');
    const hold = holdPlacedSchema.parse(JSON.parse(placed.output));
    expect(hold).toMatchObject({ case: 'CASE-17', by: 'operator', inForce: true, waiting: [], tooLate: [] });
    await company.send('registration', [person.lives[0], alias.lives[1]]);
    await company.pipeline.passed('keiro.tag', collectionTopics);

    const dryRun = ['request', 'create', 'deletion', '--member', person.member, '--dry-run', '--json'];
    expect(deletionDryRunSchema.parse(JSON.parse((await command(...dryRun)).output))).toMatchObject({
      refs: 3,
      records: { C1: 2 },
      holds: [{ case: 'CASE-17' }],
      holders: [
        { holder: 'crm', unreported: true },
        { holder: 'mailer', unreported: true },
        { holder: 'recovery', unreported: true },
      ],
    });
    expect(await company.pipeline.mongo.db.collection('requests').countDocuments({ state: 'accepted' })).toBe(
      0,
    );

    const id = await ask({ type: 'deletion', subject: { member: person.member } });
    await inState(id, 'undo-window');
    await windowIsOver(id);
    expect((await inState(id, 'on-hold')).waitingFor).toContain('CASE-17');
    expect(await opened(person)).toBe('hidden');
    expect(await holdersWith(person)).toEqual(everywhere);
    const { holds } = holdListSchema.parse(await call('/v1/holds'));
    expect(holds.map(({ waiting }) => waiting)).toEqual([[id]]);

    expect((await command('holds', 'release', hold.id, '--lang', 'en')).output).toContain('Released');
    const done = await inState(id, 'done');
    expect(done.tasks.map(({ receipt }) => receipt?.probe?.found)).toEqual(done.tasks.map(() => 0));
    expect(await opened(person)).toBe('erased');
    expect(await noticesOf(id)).toEqual(['accepted', 'held', 'completed']);
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining(['request.on-hold by request', 'request.hold-ended by request']),
    );
    const decided = await company.pipeline.mongo.db
      .collection('audit')
      .find({ action: /^hold\./ })
      .toArray();
    expect(decided.map(({ action, by }) => [String(action), String(by)])).toEqual([
      ['hold.placed', 'operator'],
      ['hold.released', 'operator'],
    ]);
    expect((await command('holds', 'list', '--lang', 'en')).output).toBe('No hold is in force.\n');
  }, 60_000);

  it('that is placed while a deletion waits is found when it goes on, and ends with its time', async () => {
    const person = await withRows();
    const id = await ask({ type: 'deletion', subject: { member: person.member } });
    await inState(id, 'undo-window');
    const until1 = new Date(Date.now() + 3_600_000).toISOString();
    const hold = holdPlacedSchema.parse(
      await call(
        '/v1/holds',
        { case: 'CASE-18', subject: { email: person.email }, until: until1 },
        'OPERATOR',
      ),
    );
    expect(hold).toMatchObject({ waiting: [], tooLate: [] });
    await windowIsOver(id);
    expect((await inState(id, 'on-hold')).waitingFor).toContain('CASE-18');
    // An hour later.
    await company.pipeline.mongo.db
      .collection<{ _id: string; until: Date }>('holds')
      .updateOne({ _id: hold.id }, { $set: { until: new Date(Date.now() - 1) } });
    await inState(id, 'done');
    const late = await call('/v1/holds', { case: 'CASE-19', records: ['not-a-record'] }, 'OPERATOR').catch(
      String,
    );
    expect(late).toContain('records.0');
  }, 60_000);
});
