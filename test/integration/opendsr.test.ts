import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog, createMetrics, serveHttp } from '@keiro/runtime';
import { makeSeal } from '@keiro/scripts/demo/opendsr/ensure-seal';
import { signatureOf } from '@keiro/scripts/demo/opendsr/seal';
import type { AuditEntry, Confirmed, HolderDocument } from '@keiro/schemas';
import { WaitingError, type Connector, type SweptLife, type Work } from '@keiro/erase/connectors/connector';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { callbackRoute, type CallbackOutcome } from '@keiro/erase/opendsr/callback';
import { certificatesOf, isSignedBy, plain } from '@keiro/erase/opendsr/certificate';
import { createWakes } from '@keiro/erase/opendsr/wakes';
import { processorDomain, type ProcessorTraits } from '../builders/processor.ts';
import { httpStore } from '../builders/store-http.ts';
import { anyWork, lifeOf, row } from '../builders/work.ts';

const log = createLog('test-opendsr', 'silent');
const person = [lifeOf('member', 'canary-7f3a')];
const day = 24 * 3_600_000;

let store: Awaited<ReturnType<typeof httpStore>>;
let connector: Connector;
let moment: () => Date;
const wakes = createWakes();

async function open(traits?: ProcessorTraits, callbackBase?: string): Promise<void> {
  store = await httpStore(traits);
  moment = () => new Date();
  connector = openConnector(store.config, (name) => store.settings[name], log, undefined, undefined, {
    wakes,
    now: () => moment(),
    ...(callbackBase === undefined ? {} : { callbackBase }),
  });
  await store.put([row('1', 'canary-7f3a'), row('2', 'taro')]);
}

/** Work at the processor, and what it gave its word for. */
function workWith(more: Partial<Work> = {}): Work & { readonly words: Confirmed[]; readonly counts: object } {
  const words: Confirmed[] = [];
  return { ...anyWork(person, more), confirmed: (word) => words.push(word), words };
}

const waitingFor = async (call: Promise<unknown>): Promise<WaitingError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WaitingError)) throw new Error(`it does not wait: ${describeFailure(error)}`);
  return error;
};

afterEach(async () => {
  await connector.close();
  await store.close();
});

describe('a processor', () => {
  beforeEach(() => open());

  it.each([
    ['broken', 'POST /requests answered 500'],
    ['garbage', 'GET /requests/:id is not proven to be the processor’s: signature'],
    ['forging', 'POST /requests is not proven to be the processor’s: unknown-authority'],
  ] as const)('that is %s fails the attempt, and what it quotes goes nowhere', async (manner, expected) => {
    store.processor.manner = manner;
    expect(await connector.erase(workWith()).catch(describeFailure)).toBe(expected);
  });

  it('that takes its time is waited for; an attempt that is made anew is a request of its own', async () => {
    store.processor.manner = 'slow';
    const work = workWith();
    await connector.erase(work);
    expect(work.counts).toEqual({ requests: 1 });
    await connector.erase({ ...work, attempt: 2 });
    expect(new Set(store.processor.requests).size).toBe(2);
  });

  it('that lies is found out by its own answer to a request for access', async () => {
    store.processor.manner = 'lying';
    const work = workWith();
    await connector.erase(work);
    expect(work.words).toMatchObject([{ requests: 1, results: 0 }]);
    expect(await connector.probe(work)).toBe(1);
  });

  it('gets only the identifiers that it has names for', async () => {
    const cookie: SweptLife = {
      ref: `cookie.${'x'.repeat(32)}`,
      generation: 1,
      kind: 'cookie',
      value: 'c-1',
    };
    const work = { ...workWith(), lives: [cookie] };
    await connector.erase(work);
    expect(store.processor.requests).toEqual([]);
    expect(work.words).toEqual([]);
  });

  it('that is late makes the task wait, and later attempts look after the same request', async () => {
    store.processor.manner = 'late';
    const work = workWith();
    const error = await waitingFor(connector.erase(work));
    expect(error.message).toMatch(/^the processor says pending, and promised 20\d\d-\S+Z$/);
    expect(error.until.getTime()).toBeGreaterThan(Date.now());
    expect(work.counts).toEqual({});

    const waiting = {
      attempt: 1,
      step: 'erase' as const,
      since: new Date(),
      expected: new Date(Date.now() - 1),
    };
    const again = await waitingFor(connector.erase({ ...work, attempt: 2, waiting }));
    expect(again.message).toMatch(/: late$/);
    // Killed before it had asked, it asks; otherwise nothing is asked twice.
    expect(store.processor.requests).toHaveLength(1);
    store.processor.manner = 'honest';
    store.processor.finish();
    await connector.erase({ ...work, attempt: 3, waiting });
    expect(work.counts).toEqual({ requests: 1 });
    expect(store.processor.requests).toHaveLength(1);
  });

  it('that never answers is an operator’s, and for a mere look the request is taken back', async () => {
    store.processor.manner = 'late';
    const work = workWith();
    await waitingFor(connector.erase(work));
    const waiting = {
      attempt: 1,
      step: 'erase' as const,
      since: new Date(Date.now() - 9 * day),
      expected: new Date(Date.now() - 8 * day),
    };
    expect(await connector.erase({ ...work, attempt: 2, waiting }).catch(describeFailure)).toMatch(
      /^the processor says pending.*late$/,
    );
    expect(store.processor.cancelled).toEqual([]);
    const looking = { ...waiting, step: 'probe' as const };
    expect(await connector.probe({ ...work, attempt: 2, waiting: looking })).toBeUndefined();
    expect(store.processor.cancelled).toHaveLength(1);
  });

  it('hands over what it holds of the person', async () => {
    const items = [];
    for await (const chunk of connector.export(workWith())) items.push(...chunk.items);
    expect(items).toEqual([{ place: 'results', fields: { item: 'controller_customer_id:canary-7f3a' } }]);
  });
});

describe('a processor of its own kind', () => {
  it('speaks version 2, with all identities in one list', async () => {
    await open({ apiVersion: '2.0' });
    const work = { ...workWith(), lives: [...person, lifeOf('member', 'taro')] };
    await connector.erase(work);
    expect(store.processor.requests).toHaveLength(1);
    expect(await store.ids()).toEqual([]);
    expect(await connector.probe(work)).toBe(0);
  });

  it('that takes no request for access gives its word alone, which its certificate proves', async () => {
    await open({ types: ['erasure'] });
    const work = workWith();
    await connector.erase(work);
    // Nobody can look, so nobody says erased.
    expect(await connector.probe(work)).toBeUndefined();
    const [leaf] = certificatesOf(store.processor.seal.chain);
    if (leaf === undefined) throw new Error('it has a certificate');
    expect(work.words).toEqual([
      {
        at: expect.any(Date),
        by: processorDomain,
        certificate: plain(leaf.fingerprint256),
        requests: 1,
        identifiers: 1,
        results: 1,
        words: [{ body: expect.stringContaining('"completed"'), signature: expect.any(String) }],
      },
    ]);
    const [{ body, signature } = { body: '', signature: '' }] = work.words[0]?.words ?? [];
    expect(isSignedBy(leaf, Buffer.from(body), signature)).toBe(true);
    expect(body).not.toContain('canary');
  });
});

describe('a callback', () => {
  const base = 'https://keiro.example';
  const path = '/v1/opendsr/callbacks/mailer/req-1.mailer';
  const body = (more: object = {}) =>
    JSON.stringify({
      subject_request_id: '372fcd8b-d723-452e-ac60-36bd17372321',
      request_status: 'completed',
      status_callback_url: `${base}${path}`,
      ...more,
    });
  const outcomes: [string, CallbackOutcome][] = [];
  const audited: AuditEntry[] = [];
  let http: Awaited<ReturnType<typeof serveHttp>>;
  let url: string;

  beforeEach(async () => {
    outcomes.length = 0;
    audited.length = 0;
    await open();
    http = await serveHttp({
      service: 'erase',
      host: '127.0.0.1',
      port: 0,
      log,
      metrics: createMetrics('erase'),
      ready: () => Promise.resolve(),
      signed: [
        callbackRoute({
          base,
          holder: (id) =>
            Promise.resolve(id === 'mailer' || id === 'crm' ? ({ _id: id } as HolderDocument) : null),
          connectors: { of: (id) => Promise.resolve(id === 'mailer' ? connector : silent()) },
          wake: (task) => Promise.resolve(task === 'req-1.mailer'),
          wakes,
          audit: (entry) => {
            audited.push(entry);
            return Promise.resolve();
          },
          now: () => moment(),
          onCallback: (holder, outcome) => outcomes.push([holder, outcome]),
        }),
      ],
    });
    const address = http.server.address();
    url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`;
  });
  afterEach(() => http.close());

  /** A store of ours: nobody sends callbacks in its name. */
  const silent = () =>
    openConnector(
      { kind: 'mongodb', url: { env: 'URL' }, database: 'd', collections: [] },
      () => 'mongodb://127.0.0.1:1',
      log,
    );
  const send = async (text: string, headers: Record<string, string>, to = path): Promise<number> => {
    const response = await fetch(`${url}${to}`, { method: 'POST', headers, body: text });
    await response.arrayBuffer();
    return response.status;
  };
  const signed = (text: string) => ({
    'content-type': 'application/json',
    ...signatureOf(store.processor.seal, text),
  });

  it('of the processor itself is taken, and wakes what waits for it', async () => {
    expect(await send(body(), signed(body()))).toBe(202);
    const former = Object.fromEntries(
      Object.entries(signed(body())).map(([name, value]) => [name.replace('opendsr', 'opengdpr'), value]),
    );
    expect(await send(body(), former)).toBe(202);
    expect(outcomes).toEqual([
      ['mailer', 'woken'],
      ['mailer', 'woken'],
    ]);
    const begun = body({ request_status: 'in_progress' });
    expect(await send(begun, signed(begun))).toBe(202);
    expect(outcomes.at(-1)).toEqual(['mailer', 'awake']);
    const slept = wakes.sleep('req-1.mailer', 60_000, new AbortController().signal);
    expect(await send(body(), signed(body()))).toBe(202);
    await slept;
    expect(audited).toEqual([]);
  });

  it('that is not proven is refused before it is read, counted and audited', async () => {
    const stranger = makeSeal(processorDomain, new Date()).seal;
    const other = makeSeal('opendsr.other.example', new Date()).seal;
    const garbage = 'not even JSON';
    const { 'x-opendsr-signature': signature, ...unsigned } = signed(body()) as Record<string, string>;
    expect(await send(garbage, signed(body()))).toBe(403);
    expect(await send(body({ request_status: 'cancelled' }), signed(body()))).toBe(403);
    expect(await send(body(), signatureOf(stranger, body()))).toBe(403);
    expect(await send(body(), signatureOf(other, body()))).toBe(403);
    expect(await send(body(), unsigned)).toBe(403);
    expect(await send(body(), { 'x-opendsr-signature': signature ?? '' })).toBe(403);
    expect(await send(body(), signed(body()), path.replaceAll('mailer', 'nobody'))).toBe(403);
    expect(await send(body(), signed(body()), path.replaceAll('mailer', 'crm'))).toBe(403);
    expect(outcomes.map(([holder]) => holder)).toEqual([
      ...Array<string>(6).fill('mailer'),
      'unknown',
      'crm',
    ]);
    expect(outcomes.every(([, outcome]) => outcome === 'forged')).toBe(true);
    expect(audited.map(({ detail }) => detail)).toEqual(
      [
        ...['signature', 'signature', 'signature', 'domain', 'unsigned', 'unsigned'].map((reason) => [
          'mailer',
          reason,
        ]),
        ['unknown', 'unknown-holder'],
        ['crm', 'no-processor'],
      ].map(([holder, reason]) => ({ holder, reason })),
    );
  });

  it('that was signed for another address, or is in another form, is not taken either', async () => {
    const elsewhere = body({ status_callback_url: 'https://other.example/callbacks' });
    expect(await send(elsewhere, signed(elsewhere))).toBe(403);
    expect(await send('{}', signed('{}'))).toBe(400);
    // Some processors do not repeat the address.
    const without = body({ status_callback_url: undefined });
    expect(await send(without, signed(without))).toBe(202);
    expect(outcomes.map(([, outcome]) => outcome)).toEqual(['elsewhere', 'unreadable', 'woken']);
  });
});
