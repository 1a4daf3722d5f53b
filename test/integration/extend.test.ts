import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, until } from '@keiro/runtime';
import {
  acceptedSchema,
  lineageAnswerSchema,
  requestViewSchema,
  type CollectionEvent,
  type CreateRequest,
  type Life,
  type LineageAnswer,
} from '@keiro/schemas';
import { createKeysClient, type Emitter } from '@keiro/sdk';
import { cookieOf, newPerson, openEmitter, registrationOf } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { consentTo, factOf } from '../builders/facts.ts';

/* D1: what stands against a person stands against a browser that turns out to be theirs, on the services of the stack. */

const token = env('KEIRO_TOKEN_COMPLIANCE');
const crm = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CRM') });

let emitter: Emitter;
beforeAll(async () => {
  emitter = await openEmitter();
});
afterAll(() => emitter.close());

const eventually = (what: string, condition: () => Promise<boolean>) =>
  until(condition, { what, timeoutMs: 30_000, everyMs: 100 });
const lineage = (subject: { member: string } | { cookie: string }): Promise<LineageAnswer> =>
  callJson(
    { url: env('KEIRO_QUERY_URL'), token },
    { path: '/v1/lineage/search', body: subject },
    lineageAnswerSchema,
  );
const ask = (body: CreateRequest) =>
  callJson({ url: env('KEIRO_REQUEST_URL'), token }, { path: '/v1/requests', body }, acceptedSchema);
const viewOf = (id: string) =>
  callJson(
    { url: env('KEIRO_REQUEST_URL'), token },
    { method: 'GET', path: `/v1/requests/${id}` },
    requestViewSchema,
  );
const hasStep = async (id: string, step: string) => (await viewOf(id)).steps.some((one) => one.step === step);
const logIn = (member: string, cookie: string): CollectionEvent => cookieOf({ member, cookie }, '/login');

/** Somebody who has signed up, and a browser with records of its own that nobody knows to be theirs. */
async function apart() {
  const person = newPerson();
  const cookie = `c-${randomUUID()}`;
  for (const event of [registrationOf(person), cookieOf({ cookie }, '/a'), cookieOf({ cookie }, '/b')])
    await emitter.emit(event);
  await eventually('the browser is tagged', async () => (await lineage({ cookie })).records.length === 2);
  await eventually(
    'the member is tagged',
    async () => (await lineage({ member: person.member })).records.length === 1,
  );
  return { ...person, cookie, life: await lifeOf(cookie) };
}

async function lifeOf(cookie: string): Promise<Life> {
  const [found] = (await lineage({ cookie })).person.refs;
  if (found === undefined) throw new Error('the browser has a ref');
  return { ref: found.ref, generation: found.generation };
}

/** What `keys` says to a holder that wants the browser's earlier records for its service. */
async function openFor({ ref, generation }: Life): Promise<string> {
  const asked = { holder: 'crm', purpose: 'service', groups: [], lives: [{ ref, generation }] };
  const [answer] = (await crm.release(asked)).results;
  return answer?.state === 'refused' ? answer.reason : 'released';
}

describe('a browser that is linked to a person later', () => {
  it('R5: is suspended with the person, its earlier records too, and resumed with the person', async () => {
    const { member, cookie, life } = await apart();
    const suspension = await ask({ type: 'suspension', subject: { member }, purposes: ['service'] });
    await eventually('it is in force', () => hasStep(suspension.id, 'in-force'));
    expect(await openFor(life)).toBe('released');

    await emitter.emit(logIn(member, cookie));
    await eventually('keys refuses the browser', async () => (await openFor(life)) === 'suspended');
    const answer = await lineage({ member });
    expect(answer.records).toHaveLength(4);
    expect(answer.person.refs.map(({ state }) => state)).toEqual(['suspended', 'suspended', 'suspended']);
    const extension = answer.requests.find(({ id }) => id !== suspension.id);
    expect(extension).toMatchObject({ type: 'suspension', purposes: ['service'] });
    const view = await viewOf(extension?.id ?? '');
    expect(view.lives).toEqual([life]);
    expect(view.steps[0]).toMatchObject({ step: 'extended', evidence: { origins: [suspension.id] } });
    expect(view.tasks.length).toBeGreaterThan(0);

    // Another one, which no event links but a fact.
    const other = await apart();
    await emitter.emitFacts([factOf({ member, cookie: other.cookie }, 'used')]);
    await eventually('keys refuses the other too', async () => (await openFor(other.life)) === 'suspended');

    await ask({ type: 'resume', subject: { member } });
    await eventually('keys opens both again', async () => {
      return [await openFor(life), await openFor(other.life)].every((state) => state === 'released');
    });
  }, 60_000);

  it('TA: is bound by what the person withdrew', async () => {
    const { member, cookie, life } = await apart();
    const consent = { consent: consentTo({ purposes: ['service'] }) };
    await emitter.emitFacts([factOf({ member }, 'consent-withdrawn', consent)]);
    await eventually('the withdrawal is in force', async () =>
      (await lineage({ member })).standing.withdrawn.includes('service'),
    );
    expect(await openFor(life)).toBe('released');
    await emitter.emit(logIn(member, cookie));
    await eventually('keys refuses the browser', async () => (await openFor(life)) === 'suspended');
  }, 60_000);

  it('R4: that a person brings along who has registered anew is not erased, but for review', async () => {
    const { member, email, cookie, life } = await apart();
    const deletion = await ask({ type: 'deletion', subject: { member } });
    await eventually('the keys are destroyed', () => hasStep(deletion.id, 'shredded'));
    // The other emitter still remembers the life that is gone.
    const anew = await openEmitter();
    await anew.emit(registrationOf({ member, email }));
    await eventually('there is a new life', async () =>
      (await lineage({ member })).person.refs.some(({ generation }) => generation === 2),
    );
    await anew.emit(logIn(member, cookie));
    await anew.close();
    await eventually('an operator is told', () => hasStep(deletion.id, 'link-review'));
    const review = (await viewOf(deletion.id)).steps.find(({ step }) => step === 'link-review');
    expect(review?.evidence).toMatchObject({ refs: 1, about: [life.ref] });
    expect(await openFor(life)).toBe('released');
  }, 60_000);
});
