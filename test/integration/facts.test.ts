import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson, connectKafka, createLog, until, type Kafkas, type Running } from '@keiro/runtime';
import { connectRegistry, type Registry } from '@keiro/runtime/registry';
import {
  addPeriod,
  lineageAnswerSchema,
  quarantineAnswerSchema,
  type CollectionEvent,
  type Consent,
  type Fact,
  type LineageAnswer,
} from '@keiro/schemas';
import { createGuardedConsumer, createKeysClient, type Emitter, type GuardedEvent } from '@keiro/sdk';
import { z } from 'zod';
import { openEmitter, registrationOf } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { consentTo, factOf } from '../builders/facts.ts';

/* Facts from the door to the answer, and consents that the data plane keeps to, on the services of the stack. */

const log = createLog('test-facts', 'warn');
const ask = { url: env('KEIRO_QUERY_URL'), token: env('KEIRO_TOKEN_COMPLIANCE') };

let emitter: Emitter;
let kafka: Kafkas;
let registry: Registry;

beforeAll(async () => {
  emitter = await openEmitter();
  kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'test-facts', log });
  registry = connectRegistry({ url: env('KEIRO_REGISTRY_URL') });
});

afterAll(async () => {
  await emitter.close();
  await registry.close();
});

const newPerson = () => {
  const id = randomUUID();
  return { member: `m-${id}`, email: `p-${id}@mail.example` };
};

const lineage = (member: string): Promise<LineageAnswer> =>
  callJson(ask, { path: '/v1/lineage/search', body: { member } }, lineageAnswerSchema);

const eventually = (what: string, condition: () => Promise<boolean> | boolean) =>
  until(condition, { what, timeoutMs: 30_000, everyMs: 100 });

/** Waits for an answer that shows something, and answers with it. */
async function answerWhen(
  member: string,
  what: string,
  shows: (answer: LineageAnswer) => boolean,
): Promise<LineageAnswer> {
  let answer = await lineage(member);
  await eventually(what, async () => shows((answer = await lineage(member))));
  return answer;
}

const consentFact = (
  member: string,
  kind: 'consent-given' | 'consent-withdrawn',
  time: Date,
  consent: Partial<Consent> = { purposes: ['marketing'] },
): Fact => factOf({ member }, kind, { time: time.toISOString(), consent: consentTo(consent) });

const seconds = (n: number) => new Date(Date.now() + n * 1000);

describe('a fact', () => {
  it('goes with events through the one door, closes the account in the answer, and counts once', async () => {
    const person = newPerson();
    const registration = registrationOf(person);
    const closing = factOf({ member: person.member }, 'account-closed', { time: seconds(1).toISOString() });
    const { accepted } = await callJson(
      { url: env('KEIRO_COLLECT_URL'), token: env('KEIRO_TOKEN_DEMO_SITE') },
      { path: '/v1/events', body: [registration, closing] },
      z.strictObject({ accepted: z.array(z.string()) }),
    );
    expect(accepted).toEqual([registration.id, closing.id]);
    await emitter.emitFacts([closing]);

    const answer = await answerWhen(
      person.member,
      'the closing shows',
      ({ facts, records }) => facts.total > 0 && records.length > 0,
    );
    expect(answer.facts).toMatchObject({ total: 1, shown: [{ kind: 'account-closed', at: closing.time }] });
    const end = addPeriod(new Date(closing.time), 'P30D').toISOString();
    for (const group of answer.records[0]?.groups ?? []) {
      expect(group).toMatchObject({ start: 'account-closed', state: 'running', startAt: closing.time, end });
      expect(group.closedBy).toBe(answer.facts.shown[0]?.id);
    }
  });

  it('that is not as it should be refuses all that comes with it, and names the field', async () => {
    const person = newPerson();
    const wrong = { ...factOf({ member: person.member }, 'consent-given') };
    await expect(emitter.emitBatch([registrationOf(person), wrong])).rejects.toMatchObject({
      code: 'invalid-events',
      events: [{ index: 1, issues: [{ field: 'data.consent', code: 'required' }] }],
    });
  });

  it('with other content under the same id, or from a fast clock, goes to quarantine', async () => {
    const person = newPerson();
    const used = factOf({ member: person.member }, 'used');
    const other = { ...used, data: { ...used.data, kind: 'account-closed' as const } };
    const early = factOf({ member: person.member }, 'used', { time: seconds(25 * 3600).toISOString() });
    await emitter.emitFacts([used, other, early]);
    const answer = await answerWhen(person.member, 'two are set aside', (one) => one.quarantined.total === 2);
    expect(answer.quarantined.byReason).toEqual({ 'conflicting-content': 1, 'future-time': 1 });
    expect(answer.facts).toMatchObject({ total: 1, shown: [{ kind: 'used' }] });
    const { items } = await callJson(
      ask,
      { method: 'GET', path: '/v1/quarantine?limit=1000' },
      quarantineAnswerSchema,
    );
    const mine = items.filter(({ ref }) => ref === answer.person.refs[0]?.ref);
    expect(mine.map(({ topic, type }) => [topic, type])).toEqual([
      ['collection.facts', 'fact'],
      ['collection.facts', 'fact'],
    ]);
    expect(JSON.stringify(mine)).not.toContain(person.member);
  });
});

describe('a consent', () => {
  let consumer: Running;
  const seen: GuardedEvent[] = [];
  const emailsOf = (email: string) => seen.filter(({ subject }) => subject['email'] === email);

  beforeAll(async () => {
    consumer = await createGuardedConsumer({
      kafka,
      registry,
      keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_NEWSLETTER') }),
      holder: 'newsletter',
      purpose: 'marketing',
      categories: ['C6'],
      groupSuffix: `-${randomUUID()}`,
      handle: (events) => {
        seen.push(...events);
        return Promise.resolve(events.map(({ record }) => record));
      },
      log,
      now: () => new Date(),
      random: randomBytes,
    });
  });

  afterAll(() => consumer.close());

  const entry = ({ member, email }: { member: string; email: string }): CollectionEvent => ({
    ...registrationOf({ member, email }),
    type: 'campaign',
    data: {
      subject: { member, email },
      site: 'www.demo.example',
      campaign: 'spring-2026',
      campaignKind: 'raffle',
      marketingOptIn: true,
      email,
    },
  });

  it('that is withdrawn stops a guarded consumer; given again, what was withheld is delivered', async () => {
    const person = newPerson();
    await emitter.emit(entry(person));
    await eventually('the first is delivered', () => emailsOf(person.email).length === 1);

    await emitter.emitFacts([consentFact(person.member, 'consent-withdrawn', seconds(-10))]);
    const stopped = await answerWhen(
      person.member,
      'the withdrawal is in force',
      ({ requests }) => requests[0]?.steps.some(({ step }) => step === 'in-force') === true,
    );
    expect(stopped.standing).toMatchObject({ withdrawn: ['marketing'], suspended: [] });
    expect(stopped.requests).toMatchObject([
      { type: 'suspension', ground: 'consent-withdrawn', purposes: ['marketing'] },
    ]);

    await emitter.emit(entry(person));
    const withheld = await answerWhen(person.member, 'the second is withheld', ({ records }) =>
      records.some(({ copies }) =>
        copies.some(({ holder, state }) => holder === 'newsletter' && state === 'withheld'),
      ),
    );
    expect(withheld.records).toHaveLength(2);
    // What still comes would have come by now.
    await delay(500);
    expect(emailsOf(person.email)).toHaveLength(1);

    await emitter.emitFacts([consentFact(person.member, 'consent-given', seconds(-5))]);
    await eventually('the second is delivered', () => emailsOf(person.email).length === 2);
    const resumed = await answerWhen(
      person.member,
      'the resume shows',
      ({ requests }) => requests.length === 2,
    );
    expect(resumed.standing.withdrawn).toEqual([]);
    expect(resumed.requests[0]).toMatchObject({ type: 'resume', ground: 'consent-given' });
    expect(resumed.consents.map(({ id, given, withdrawn }) => [id, given?.at, withdrawn?.at])).toMatchObject([
      ['marketing', undefined, expect.any(String)],
      ['marketing', expect.any(String), undefined],
    ]);
  });

  it('given later by its own time wins, also where it arrives before the withdrawal', async () => {
    const person = newPerson();
    await emitter.emit(entry(person));
    await emitter.emitFacts([consentFact(person.member, 'consent-given', seconds(-5))]);
    await emitter.emitFacts([consentFact(person.member, 'consent-withdrawn', seconds(-10))]);
    await answerWhen(person.member, 'both are kept', ({ facts }) => facts.total === 2);
    // A third one, about something else, is handled after both.
    const statistics = consentFact(person.member, 'consent-withdrawn', seconds(-8), {
      purposes: ['statistics'],
    });
    await emitter.emitFacts([statistics]);
    const answer = await answerWhen(
      person.member,
      'the third is applied',
      ({ standing }) => standing.withdrawn.length > 0,
    );
    expect(answer.standing.withdrawn).toEqual(['statistics']);
    // No holder is registered for it: standing refuses, and there is nobody to ask.
    expect(answer.requests).toEqual([]);
    await eventually('marketing goes on', () => emailsOf(person.email).length === 1);
  });

  it('withdrawn towards a recipient denies that one alone', async () => {
    const person = newPerson();
    await emitter.emit(registrationOf(person));
    await emitter.emitFacts([
      consentFact(person.member, 'consent-withdrawn', seconds(-1), { recipients: ['partner-x', 'crm'] }),
    ]);
    const answer = await answerWhen(
      person.member,
      'the denial shows',
      ({ standing }) => standing.denied.length > 0,
    );
    // Our own store is held to by the contract with the person, not by consent.
    expect(answer.standing).toMatchObject({ denied: ['partner-x'], withdrawn: [] });
    expect(answer.consents.map(({ to, id }) => [to, id])).toEqual([
      ['recipient', 'partner-x'],
      ['recipient', 'crm'],
    ]);
  });
});
