import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callJson } from '@keiro/runtime';
import {
  breachAnswerSchema,
  type AuditDocument,
  type BreachAnswer,
  type CopyDocument,
  type RecordDocument,
  type Ref,
} from '@keiro/schemas';
import { env } from '../builders/environment.ts';
import {
  factOf,
  holderOf,
  linksOf,
  minute,
  provenTask,
  recordOf,
  refOf,
  requestOf,
  snapshotOf,
} from '../builders/lineage.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { keiro } from '../builders/program.ts';
import type { ServiceProcess } from '../builders/service-process.ts';

/* A breach is assessed from what the lineage store holds, to the exact number (S1, APPI 26). */

let pipeline: Pipeline;
let query: ServiceProcess;

/** Members with a record each, all in `crm`; the last came there later than the others. */
const members = Array.from({ length: 1001 }, (_, n) => refOf('member', `m${String(n)}-`));
const member = (n: number): Ref => members[n] ?? '';
const email = refOf('email', 'of-member-0');
const familyPhone = refOf('phone', 'of-members-1-2');
const guests = [refOf('email', 'guest-a'), refOf('email', 'guest-b')] as const;
const kiosk = refOf('cookie', 'kiosk');
const outside = { time: minute(0), position: { topic: 'collection.cookie', partition: 0, offset: '1' } };

const records: RecordDocument[] = [];
const copies: CopyDocument[] = [];
/** A record with the moment when `crm` got it; the last word on it is `removed`. */
function put(ref: Ref, id: string, heldAt: number, more: Partial<RecordDocument> = {}): RecordDocument {
  const record = recordOf(ref, id, more);
  records.push(record);
  copies.push(factOf(record, 'crm', 'held', minute(heldAt)));
  return record;
}

async function seed(): Promise<void> {
  for (const [n, ref] of members.entries()) put(ref, 'registration', n === 1000 ? 20 : 5);
  // The same person by another of her refs.
  put(email, 'inquiry', 5, { category: 'C7', type: 'inquiry', ...outside });
  // Nobody's own: two members have the number, two guests the browser.
  put(familyPhone, 'shared', 5, outside);
  put(kiosk, 'visit', 20, { ...outside, category: 'C3', type: 'cookie' });
  put(refOf('unattributed', 'site-day'), 'line', 5, { ...outside, category: 'C4', type: 'access' });
  put(refOf('member', 'of-acme'), 'tenant', 5, { ...outside, scope: { kind: 'entrusted', tenant: 'acme' } });
  put(member(3), 'health', 20, { ...outside, sensitive: { kinds: ['treatment'], given: 'by-person' } });
  // Not there any more when it happened: removed, and erased with proof.
  const removed = put(refOf('member', 'removed'), 'gone', 1, outside);
  copies.push(factOf(removed, 'crm', 'removed', minute(2)));
  const erased = put(refOf('member', 'erased'), 'gone', 1, outside);
  const { db } = pipeline.mongo;
  // As they are in a store that was provisioned.
  await Promise.all([
    db.collection('records').createIndex({ ref: 1 }),
    db.collection('copies').createIndex({ ref: 1 }),
    db.collection('links').createIndex({ from: 1 }),
  ]);
  const insert = (collection: string, documents: readonly { readonly _id: string }[]) =>
    db.collection<{ _id: string }>(collection).insertMany([...documents]);
  await Promise.all([
    insert('records', records),
    insert('copies', copies),
    insert('links', [
      ...linksOf(member(0), email),
      ...linksOf(member(1), familyPhone),
      ...linksOf(member(2), familyPhone),
      ...guests.flatMap((guest) => linksOf(guest, kiosk)),
    ]),
    insert('holders', [
      holderOf('crm'),
      holderOf('dr', { kind: 'dr-site', country: 'SG', basis: 'consent', replicates: ['crm'] }),
    ]),
    insert('snapshots', [
      snapshotOf('dr', 'crm', minute(8), { snapshot: 'image', mutable: false, expiresAt: minute(59) }),
      snapshotOf('dr', 'crm', minute(3), { snapshot: 'expired', mutable: false, expiresAt: minute(9) }),
    ]),
    insert('requests', [requestOf('q', { lives: [{ ref: erased.ref, generation: 1 }], state: 'done' })]),
    insert('tasks', [provenTask('q', 'crm', minute(4))]),
  ]);
}

const assess = (
  more: Record<string, unknown>,
  client = 'COMPLIANCE',
  window: readonly [number, number] = [10, 15],
): Promise<BreachAnswer> =>
  callJson(
    { url: query.url, token: env(`KEIRO_TOKEN_${client}`) },
    {
      path: '/v1/breaches/assess',
      body: {
        from: minute(window[0]).toISOString(),
        to: minute(window[1]).toISOString(),
        knownAt: minute(30).toISOString(),
        cause: 'loss',
        ...more,
      },
    },
    breachAnswerSchema,
  );

beforeAll(async () => {
  pipeline = await createPipeline('breach', []);
  await seed();
  query = await pipeline.start('query');
}, 120_000);
afterAll(() => pipeline.close());

describe('a breach at a store', () => {
  it('counts persons, records and what they are, each once, and no more than were there', async () => {
    const answer = await assess({ holders: ['crm'] });
    expect(answer.exposed).toEqual({
      // Two of them share the number, and are counted already.
      persons: { atLeast: 1000, atMost: 1000 },
      records: 1003,
      sensitive: 0,
      unattributed: 1,
      categories: { C1: 1001, C4: 1, C7: 1 },
      groups: { 'C1.identity': 1003 },
    });
    expect(answer.excluded.records).toBe(0);
    expect(answer.tenants).toMatchObject([
      { tenant: 'acme', records: 1, persons: { atLeast: 1, atMost: 1 } },
    ]);
    expect(answer.ambiguous).toEqual({ total: 1, shown: [familyPhone] });
    expect(answer.places).toMatchObject([
      { id: 'crm', country: 'JP', encryption: 'plaintext', isExcluded: false, records: 1004 },
    ]);
    // One record has no identifier: it may be of another person.
    expect(answer.reportable).toBe('possible');
    expect(answer.snapshots).toMatchObject([
      { holder: 'dr', country: 'SG', snapshot: 'image', records: 1004 },
    ]);
    expect(answer.notes.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['ambiguous', 'unattributed', 'tenants']),
    );
  });

  it('is one of more than 1,000 persons and of sensitive data a few minutes later', async () => {
    const answer = await assess({ holders: ['crm'], cause: 'unauthorised-access' }, 'COMPLIANCE', [10, 25]);
    expect(answer.exposed).toMatchObject({
      // The browser of two guests: one of them at least, both at most.
      persons: { atLeast: 1002, atMost: 1003 },
      records: 1006,
      sensitive: 1,
    });
    expect(answer.classes.map(({ applies }) => applies)).toEqual(['yes', 'no', 'yes', 'yes']);
    expect(answer.deadlines.final.clock).toBe('breach-final-improper');
  });

  it('at the site abroad is what its snapshots of then hold', async () => {
    const answer = await assess({ holders: ['dr'] }, 'COMPLIANCE', [10, 25]);
    expect([answer.exposed.records, answer.countries]).toEqual([1003, ['SG']]);
  });
});

describe('a breach at a topic', () => {
  it('is excluded while the keys are untouched, and counts where they are not', async () => {
    const topics = ['collection.registration'];
    const apart = await assess({ topics, keys: 'untouched' });
    expect([apart.exposed.records, apart.excluded.records, apart.reportable]).toEqual([0, 1001, 'no']);
    expect(apart.page.total).toBe(0);
    const touched = await assess({ topics, keys: 'touched' });
    expect([touched.exposed.persons.atLeast, touched.excluded.records, touched.reportable]).toEqual([
      1001,
      0,
      'yes',
    ]);
    // In clear at the store all the same: only the one that came there later was sealed alone.
    const both = await assess({ holders: ['crm'], topics, keys: 'untouched' });
    expect([both.exposed.records, both.excluded.records]).toEqual([1003, 1]);
  });
});

describe('the persons to tell', () => {
  it('come page by page, each once, with the kinds of contact and no value', async () => {
    const found: BreachAnswer['persons'] = [];
    for (let after: string | undefined; ;) {
      const { persons, page } = await assess({ holders: ['crm'], limit: 400, after });
      found.push(...persons);
      after = page.next;
      if (after === undefined) break;
    }
    expect(new Set(found.map(({ ref }) => ref))).toEqual(new Set(members.slice(0, 1000)));
    expect(found).toHaveLength(1000);
    expect(found.find(({ ref }) => ref === member(0))).toEqual({
      ref: member(0),
      kind: 'member',
      records: 2,
      contacts: ['email'],
    });
    // The number is shared: nobody is called on it.
    expect(found.find(({ ref }) => ref === member(1))).toMatchObject({ records: 1, contacts: [] });
  });

  it('go to a file that nobody else may read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keiro-breach-'));
    const file = join(folder, 'persons.jsonl');
    const args = ['--from', minute(10).toISOString(), '--to', minute(15).toISOString()];
    const known = ['--known-at', minute(30).toISOString(), '--cause', 'loss', '--persons', file];
    const run = () =>
      keiro(['breach', 'assess', '--holder', 'crm', ...args, ...known], {
        env: { ...process.env, KEIRO_QUERY_URL: query.url },
      });
    try {
      const first = run();
      expect([await first.code, first.output()]).toEqual([0, expect.stringContaining('1000 persons are in')]);
      expect(first.output()).toContain('報告義務 reportable');
      expect(first.output()).not.toContain(member(7));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { ref: Ref }).ref).sort()).toEqual(
        members.slice(0, 1000).sort(),
      );
      // Never over a file that is there.
      expect(await run().code).toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('who asks', () => {
  it('needs the right, names holders that are registered, and is audited with counts', async () => {
    const audit = pipeline.mongo.db.collection<AuditDocument>('audit');
    const before = await audit.countDocuments({ action: 'breach.assessed' });
    await expect(assess({ holders: ['crm'] }, 'OPERATOR')).rejects.toThrow(/403/);
    await expect(assess({ holders: ['crm', 'nobody'] })).rejects.toThrow(/holders\.1/);
    expect(await audit.countDocuments({ action: 'breach.assessed' })).toBe(before);
    await assess({ holders: ['crm'], limit: 0 });
    expect(await audit.find({ action: 'breach.assessed' }).sort({ at: -1 }).limit(1).next()).toMatchObject({
      by: 'compliance',
      detail: { holders: ['crm'], cause: 'loss', records: 1003, persons: { atLeast: 1000, atMost: 1000 } },
    });
  });
});
