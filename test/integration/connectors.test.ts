import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectKafka, createLog } from '@keiro/runtime';
import { createKeysClient, type Directive } from '@keiro/sdk';
import type { Connector, ScannedRow, SweptLife, Work } from '@keiro/erase/connectors/connector';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { startProcessor } from '../builders/processor.ts';
import { directiveStore, type DirectiveStore } from '../builders/directive-store.ts';
import { env } from '../builders/environment.ts';
import { readTopics } from '../builders/kafka-reader.ts';
import {
  analyticsStore,
  compositeStore,
  httpStore,
  mongodbStore,
  postgresqlStore,
  redisStore,
  type Row,
  type TestStore,
} from '../builders/stores.ts';

const log = createLog('test-connectors', 'silent');

/** Identifiers that mean something to a server which does not treat them as mere values. */
const hostile = [
  `o'hara"; drop table people; --`,
  '{member}',
  '*',
  '$gt',
  'a\nb',
  '%',
  '東京 花子',
  '__proto__',
];

function lifeOf(kind: 'member' | 'email', value: string, generation = 1): SweptLife {
  return { ref: `${kind}.${'x'.repeat(32)}`, generation, kind, value };
}

function anyWork(
  lives: readonly SweptLife[],
  more: Partial<Work> = {},
): Work & { readonly counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  return {
    request: 'req-test',
    task: `req-${randomUUID()}.store`,
    holder: 'store',
    attempt: 1,
    lives,
    locators: [],
    replicated: {},
    purposes: [],
    signal: new AbortController().signal,
    told: () => undefined,
    remains: () => undefined,
    count: (place, n) => {
      counts[place] = (counts[place] ?? 0) + n;
    },
    counts,
    ...more,
  };
}

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
const row = (id: string, member: string, generation = 1): Row => ({
  id,
  member,
  email: `${id}@people.example`,
  generation,
});

const stores: readonly (readonly [string, () => Promise<TestStore>])[] = [
  ['mongodb', mongodbStore],
  ['postgresql', postgresqlStore],
  ['redis', redisStore],
  ['http', () => httpStore()],
  ['google-analytics', analyticsStore],
  ['composite', compositeStore],
  ['directive', directiveStore],
];

describe.each(stores)('the %s connector', (_kind, create) => {
  let store: TestStore;
  let connector: Connector;
  let workFor: typeof anyWork;
  /** What a probe says when nothing is left; a holder at which nobody can look says nothing at all. */
  const nothingLeft = () => (store.knows.nothing ? undefined : 0);
  beforeEach(async () => {
    store = await create();
    connector = openConnector(store.config, (name) => store.settings[name], log, store.directives);
    workFor = (lives, more) => anyWork(lives, { ...store.bound, ...more });
  });
  afterEach(async () => {
    await connector.close();
    await store.close();
  });

  it('removes what is the person’s, says how much, and finds nothing afterwards', async () => {
    await store.put([row('1', 'hanako'), row('2', 'taro')]);
    const work = workFor([lifeOf('member', 'hanako')]);
    if (!store.knows.nothing) expect(await connector.probe(work)).toBeGreaterThan(0);
    await connector.erase(work);
    expect(await store.ids()).toEqual(['2']);
    expect(total(work.counts)).toBeGreaterThan(0);
    expect(await connector.probe(work)).toBe(nothingLeft());
  });

  it('erases what is already gone, and counts nothing', async () => {
    await store.put([row('1', 'hanako')]);
    await connector.erase(workFor([lifeOf('member', 'hanako')]));
    const again = workFor([lifeOf('member', 'hanako')], { attempt: 2 });
    await connector.erase(again);
    if (!store.knows.nothing) expect(total(again.counts)).toBe(0);
    const nobody = workFor([]);
    await connector.erase(nobody);
    expect(total(nobody.counts)).toBe(0);
    expect(await connector.probe(nobody)).toBe(nothingLeft());
  });

  it('takes every identifier as a value, whatever it looks like', async () => {
    const members = [...hostile, 'taro'];
    await store.put(members.map((member, index) => row(String(index), member)));
    for (const [index, member] of hostile.entries()) {
      await connector.erase(workFor([lifeOf('member', member)]));
      const left = members.map((_, position) => String(position)).slice(index + 1);
      expect(await store.ids()).toEqual(left.sort());
    }
  });

  it('sweeps a person of many identifiers', async () => {
    const members = Array.from({ length: 1201 }, (_, index) => `m-${String(index)}`);
    await store.put([row('1', 'm-0'), row('2', 'm-700'), row('3', 'm-1200'), row('4', 'taro')]);
    const work = workFor(members.map((member) => lifeOf('member', member)));
    await connector.erase(work);
    expect(await store.ids()).toEqual(['4']);
    expect(await connector.probe(work)).toBe(nothingLeft());
  });

  it('sets suspended purposes and puts them back, or says that it can’t', async () => {
    await store.put([row('1', 'hanako'), row('2', 'taro')]);
    const lives = [lifeOf('member', 'hanako')];
    const answer = await connector.suspend(workFor(lives, { purposes: ['marketing', 'statistics'] }));
    if (!store.knows.suspension) {
      expect(answer.unsupported).toMatch(/\w/);
      expect(await connector.resume(workFor(lives))).toEqual(answer);
      return;
    }
    expect(answer).toEqual({});
    expect(await store.suspended()).toEqual({ 1: ['marketing', 'statistics'], 2: [] });

    const same = workFor(lives, { purposes: ['marketing', 'statistics'] });
    await connector.suspend(same);
    expect(total(same.counts)).toBe(0);

    await connector.resume(workFor(lives, { purposes: ['marketing'] }));
    expect(await store.suspended()).toEqual({ 1: ['marketing'], 2: [] });
    await connector.resume(workFor(lives));
    expect(await store.suspended()).toEqual({ 1: [], 2: [] });
  });

  it('ends early when the task is no longer its own', async () => {
    await store.put([row('1', 'hanako')]);
    const stolen = AbortSignal.abort();
    await expect(
      connector.erase(workFor([lifeOf('member', 'hanako')], { signal: stolen })),
    ).rejects.toThrow();
    expect(await store.ids()).toEqual(['1']);
  });

  it('finds a copy by its locator alone', async () => {
    await store.put([row('1', 'under-a-name-nobody-knows'), row('2', 'taro')]);
    const locator =
      store.config.kind === 'redis' ? `${store.config.keys[0]?.pattern.split(':')[0] ?? ''}:item:1` : '1';
    const work = workFor([lifeOf('email', 'nobody@people.example')], {
      locators: [locator],
      replicated: { first: ['1'], second: ['1'] },
    });
    const takesLocators = store.config.kind !== 'http' && store.config.kind !== 'google-analytics';
    const expected = takesLocators ? ['2'] : ['1', '2'];
    await connector.erase(work);
    expect(await store.ids()).toEqual(expected);
    expect(await connector.probe(work)).toBe(nothingLeft());
  });

  it('spares the rows of somebody who has registered anew, where the holder tells lives apart', async () => {
    await store.put([row('1', 'hanako', 1), row('2', 'hanako', 2)]);
    const work = workFor([lifeOf('member', 'hanako', 1)]);
    await connector.erase(work);
    expect(await store.ids()).toEqual(store.knows.generations ? ['2'] : []);
    expect(await connector.probe(work)).toBe(nothingLeft());
  });
});

const listing = stores.filter(([kind]) => !['http', 'google-analytics', 'directive'].includes(kind));

describe.each(listing)('a scan of the %s connector', (_kind, create) => {
  it('sees every row once or more, with its identifiers, and goes on where it was cut off', async () => {
    const store = await create();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    // More than one batch holds, in names that look like something else.
    const members = [...hostile, ...Array.from({ length: 1492 }, (_, index) => `m-${String(index)}`)];
    await store.put(members.map((member, index) => row(`r${String(index)}`, member, 3)));

    const seen: ScannedRow[] = [];
    const places = new Set<string>();
    let position: string | undefined;
    /** Stops after a batch, as a killed process does; `removed` of its rows are said to be gone. */
    const part = async (batches: number) => {
      if (connector.scan === undefined) throw new Error('it lists its rows');
      const scan = {
        signal: new AbortController().signal,
        ...(position === undefined ? {} : { from: position }),
      };
      for await (const batch of connector.scan(scan)) {
        seen.push(...batch.rows);
        places.add(batch.place);
        position = batch.after(0);
        if (--batches === 0) return;
      }
    };
    await part(1);
    expect(seen.length).toBeLessThan(members.length);
    await part(1);
    await part(Infinity);

    const found = new Set(seen.flatMap(({ identifiers }) => identifiers.map(({ value }) => value)));
    expect(members.filter((member) => !found.has(member))).toEqual([]);
    const parts = store.config.kind === 'composite' ? 2 : 1;
    if (store.config.kind === 'redis') expect(places.size).toBe(2);
    else {
      expect(seen).toHaveLength(members.length * parts);
      expect(seen.every(({ generation, suspended }) => generation === 3 && suspended?.length === 0)).toBe(
        true,
      );
      expect(places.size).toBe(parts);
    }
    // Positions are kept in clear.
    expect(position).toMatch(/^[\d:]*$/);
    await connector.close();
    await store.close();
  });
});

describe('failures', () => {
  const unreachable = 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300';

  /** Of a server that has just ended. */
  async function closedAddress(): Promise<string> {
    const processor = await startProcessor('');
    await processor.close();
    return processor.url;
  }

  it('name codes and places, never what the server quotes', async () => {
    const store = await postgresqlStore();
    if (store.config.kind !== 'postgresql') throw new Error('not PostgreSQL');
    const table = store.config.tables[0];
    if (table === undefined) throw new Error('no table');
    const without = { ...store.config, tables: [{ ...table, identifiers: { member: 'nickname' } }] };
    const connector = openConnector(without, (name) => store.settings[name], log);
    const failure = await connector.erase(anyWork([lifeOf('member', 'canary-7f3a')])).catch(describeFailure);
    expect(failure).toBe('postgresql 42703');
    await connector.close();
    await store.close();
  });

  it('of a server that does not answer say so', async () => {
    const config = (kind: 'mongodb' | 'redis' | 'http') =>
      kind === 'mongodb'
        ? {
            kind,
            url: { env: 'URL' },
            database: 'd',
            collections: [{ name: 'c', identifiers: { member: 'm' } }],
          }
        : kind === 'redis'
          ? {
              kind,
              url: { env: 'URL' },
              keys: [{ pattern: 'k:{member}', identifier: 'member' as const }],
              indexes: [],
            }
          : { kind, url: { env: 'URL' } };
    for (const [kind, url, expected] of [
      ['mongodb', unreachable, /^mongodb MongoServerSelectionError$/],
      ['redis', 'redis://:secret@127.0.0.1:1', /^MaxRetriesPerRequestError/],
      ['http', await closedAddress(), /^TypeError: Error ECONNREFUSED$/],
    ] as const) {
      const connector = openConnector(config(kind), () => url, log);
      const failure = await connector
        .erase(anyWork([lifeOf('member', 'canary-7f3a')]))
        .catch(describeFailure);
      expect(failure).toMatch(expected);
      expect(failure).not.toMatch(/canary|secret/);
      await connector.close();
    }
  });

  it('of a setting that is missing name it', () => {
    expect(() => openConnector({ kind: 'http', url: { env: 'NOWHERE_URL' } }, () => undefined, log)).toThrow(
      'NOWHERE_URL',
    );
  });
});

describe('a processor', () => {
  const person = [lifeOf('member', 'canary-7f3a')];

  it.each([
    ['broken', 'POST /requests answered 500'],
    ['garbage', 'GET /requests/:id answered something else: the body'],
  ] as const)('that is %s fails the attempt, and what it quotes goes nowhere', async (manner, expected) => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = manner;
    expect(await connector.erase(anyWork(person)).catch(describeFailure)).toBe(expected);
    await store.close();
  });

  it('that takes its time is waited for; each attempt is a request of its own', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = 'slow';
    await store.put([row('1', 'canary-7f3a')]);
    const work = anyWork(person);
    await connector.erase(work);
    expect(work.counts).toEqual({ requests: 1 });
    await connector.erase({ ...work, attempt: 2 });
    expect(new Set(store.processor.requests).size).toBe(2);
    await store.close();
  });

  it('that lies is found out by the probe', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    store.processor.manner = 'lying';
    await store.put([row('1', 'canary-7f3a')]);
    await connector.erase(anyWork(person));
    expect(await connector.probe(anyWork(person))).toBe(1);
    await store.close();
  });

  it('gets only the identifiers that it has names for', async () => {
    const store = await httpStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    const cookie: SweptLife = {
      ref: `cookie.${'x'.repeat(32)}`,
      generation: 1,
      kind: 'cookie',
      value: 'c-1',
    };
    await connector.erase(anyWork([cookie]));
    expect(store.processor.requests).toEqual([]);
    await store.close();
  });
});

describe('analytics', () => {
  const person = [lifeOf('member', 'canary-7f3a'), lifeOf('email', 'canary-7f3a@people.example')];

  it('is told each client id once, and says up to when its data end', async () => {
    const store = await analyticsStore();
    const connector = openConnector(store.config, (name) => store.settings[name], log);
    const told: Date[] = [];
    const before = new Date();
    await connector.erase(anyWork([...person, ...person], { told: (upTo) => told.push(upTo) }));
    expect(told).toHaveLength(1);
    expect(told[0]?.getTime()).toBeGreaterThanOrEqual(before.getTime());
    await store.close();
  });

  it.each([
    ['a token that is not valid', {}, { TEST_ANALYTICS_TOKEN: 'another-token' }, 401],
    ['a property that is not ours', { property: '43' }, {}, 403],
  ])(
    'refuses %s, and the attempt says so without whom it was about',
    async (_what, config, setting, status) => {
      const store = await analyticsStore();
      if (store.config.kind !== 'google-analytics') throw new Error('not analytics');
      const settings: Record<string, string> = { ...store.settings, ...setting };
      const connector = openConnector({ ...store.config, ...config }, (name) => settings[name], log);
      const failure = await connector.erase(anyWork(person)).catch(describeFailure);
      expect(failure).toBe(`properties.submitUserDeletion answered ${String(status)}`);
      await store.close();
    },
  );

  it.each([
    [{}],
    [{ clientId: 'c-1', userId: 'u-1' }],
    [{ client_id: 'c-1' }],
    [{ clientId: 7 }],
    [{ kind: 'analytics#userDeletionRequest', id: { type: 'CLIENT_ID', userId: 'c-1' } }],
  ])('stands in for the real one: it refuses the shape %j in the words of the real one', async (body) => {
    const store = await analyticsStore();
    const { TEST_ANALYTICS_URL: url = '', TEST_ANALYTICS_TOKEN: token = '' } = store.settings;
    const answer = await fetch(`${url}/v1alpha/properties/42:submitUserDeletion`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { code: 400, message: expect.any(String), status: 'INVALID_ARGUMENT' } },
    ]);
    await store.close();
  });
});

describe('a service that owns its store', () => {
  const person = [lifeOf('member', 'canary-7f3a')];
  const opened = (store: DirectiveStore) =>
    openConnector(store.config, (name) => store.settings[name], log, store.directives);

  it('that does not answer in time fails the attempt, which says so', async () => {
    let answer: (affected: Record<string, number>) => void = () => undefined;
    const late = () => new Promise<Record<string, number>>((resolve) => (answer = resolve));
    const store = await directiveStore((handlers) => ({ ...handlers, erase: late }), 1);
    const failure = await opened(store).erase(anyWork(person, store.bound)).catch(describeFailure);
    expect(failure).toBe('the service has not answered within 1 s');
    answer({ people: 1 });
    await store.close();
  });

  it('that fails says a code, and what it quotes goes nowhere', async () => {
    const quoting = () => Promise.reject(new Error('row of canary-7f3a is locked'));
    const store = await directiveStore((handlers) => ({ ...handlers, erase: quoting }));
    const failure = await opened(store).erase(anyWork(person, store.bound)).catch(describeFailure);
    expect(failure).toBe('the service says not-carried-out');
    await store.close();
  });

  it('that cannot flag says so', async () => {
    const store = await directiveStore(({ erase, probe }) => ({ erase, probe }));
    expect(await opened(store).suspend(anyWork(person, store.bound))).toEqual({
      unsupported: 'the service says cannot-flag',
    });
    await store.close();
  });

  it('is not spoken for by a stranger: an answer without its key is refused and counted', async () => {
    const forge = async (directive: Directive) => {
      const value = {
        id: directive.id,
        holder: 'crm',
        outcome: 'done',
        affected: { people: 1 },
        at: now,
        proof: 'x',
      };
      await stranger.send([
        { topic: 'rights.answers', messages: [{ key: 'crm', value: Buffer.from(JSON.stringify(value)) }] },
      ]);
    };
    const now = new Date().toISOString();
    const kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'stranger', log });
    const stranger = await kafka.producer();
    const store = await directiveStore((handlers) => ({
      ...handlers,
      erase: async (directive) => {
        await forge(directive);
        return handlers.erase(directive);
      },
    }));
    await store.put([row('1', 'canary-7f3a'), row('2', 'canary-7f3a')]);
    const work = anyWork(person, store.bound);
    await opened(store).erase(work);
    expect(work.counts).toEqual({ people: 2 });
    expect(store.forged).toEqual(['crm']);
    await Promise.all([store.close(), stranger.close()]);
  });

  it('is told nothing in clear, and opens nothing once the request is over', async () => {
    const told: string[] = [];
    const store = await directiveStore((handlers) => ({
      ...handlers,
      erase: (directive) => {
        told.push(...directive.lives.map(({ value }) => value));
        return handlers.erase(directive);
      },
    }));
    const connector = opened(store);
    await connector.erase(anyWork(person, store.bound));
    expect(told).toEqual(['canary-7f3a']);
    const kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'reader', log });
    const reader = await readTopics(kafka, ['rights.directives'], 'beginning');
    const sent = await reader.all(() => true);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ value }) => value?.includes('canary-7f3a'))).toEqual([]);

    const keysOf = (client: string) =>
      createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
    const request = store.bound?.request ?? '';
    // A token opens what its own holder is told, and no other's.
    await expect(keysOf('BILLING').directiveKey(request, 'crm')).rejects.toThrow('403');
    expect(await keysOf('CRM').directiveKey(request, 'crm')).toBeDefined();
    await keysOf('REQUEST').forgetSweep(request);
    expect(await keysOf('CRM').directiveKey(request, 'crm')).toBeUndefined();
    await Promise.all([store.close(), reader.close()]);
  });
});
