import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import {
  catalogue,
  diffPolicies,
  eventTypes,
  fromHeaders,
  holdingsAnswerSchema,
  parsePolicyFile,
  purposesOf,
  retentionByPurpose,
  type Change,
  type EventType,
  type Holding,
  type Policy,
  type PurposeId,
  type RecordDocument,
} from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { tag } from '@keiro/tag/tag';
import { parse, stringify } from 'yaml';
import { env } from '../builders/environment.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { sealedEvent } from '../builders/wire.ts';

const text = readFileSync(join(root, 'scripts/demo/policy.yaml'), 'utf8');
const before = newestOf(text);
let pipeline: Pipeline;
let holdings: readonly Holding[];

/** What the store can't tell: the readable fields by which each record's conditions were judged. */
const held: { type: EventType; readable: Readonly<Record<string, unknown>>; groups: readonly string[] }[] =
  eventTypes.flatMap((type, index) =>
    Array.from({ length: 5 + index }, (_, number) => ({
      type,
      readable: readableOf(type, number),
      groups: catalogue[type].groups.map(({ id }) => id),
    })),
  );

function readableOf(type: EventType, number: number): Readonly<Record<string, unknown>> {
  if (type === 'cookie') return { cookieKind: ['session', 'feature', 'analytics'][number % 3] };
  return type === 'campaign' ? { marketingOptIn: number % 2 === 0 } : {};
}

function newestOf(yaml: string): Policy {
  const parsed = parsePolicyFile(yaml, 'policy.yaml');
  if ('findings' in parsed) throw new Error(parsed.findings.map(({ code, at }) => `${code} ${at}`).join());
  return parsed.policies.newest;
}

/** The demo's policy with something changed. */
function revised(change: (file: Revisable) => void): Policy {
  const file = parse(text) as Revisable;
  change(file);
  return newestOf(stringify(file));
}

interface Revisable {
  categories: Record<string, { uses: object[]; groups: Record<string, { uses?: object[] }> }>;
  purposes: Record<string, { label: { ja: string }; unused?: object; change?: object }>;
  retention: Record<string, { period: string }>;
}

beforeAll(async () => {
  pipeline = await createPipeline('policy-diff', []);
  const records = held.map(({ type, readable }, number): RecordDocument => {
    const { headers, value } = sealedEvent({
      type,
      id: `held-${String(number)}`,
      refs: [lifeOf('member', `${pipeline.suffix}-${String(number)}`)],
      readable,
    });
    const envelope = fromHeaders(headers);
    if (envelope === undefined) throw new Error('no envelope');
    const position = { topic: catalogue[type].topic, partition: 0, offset: String(number) };
    const tagged = tag(envelope, value, position, before, new Date());
    if ('quarantine' in tagged) throw new Error(tagged.quarantine.detail);
    return tagged.record;
  });
  await pipeline.mongo.db.collection<RecordDocument>('records').insertMany(records);
  const query = await pipeline.start('query');
  const response = await fetch(`${query.url}/v1/policy/holdings`, {
    headers: { authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}` },
  });
  ({ holdings } = holdingsAnswerSchema.parse(await response.json()));
}, 120_000);
afterAll(() => pipeline.close());

/** Records whose group gets another answer under the revision, counted one by one from what the store can't see. */
function recordsWith(
  group: string,
  touched: (readable: Readonly<Record<string, unknown>>) => boolean,
): number {
  return held.filter(({ groups, readable }) => groups.includes(group) && touched(readable)).length;
}

function changesTo(after: Policy): readonly Change[] {
  const diff = diffPolicies(before, after, holdings);
  if (diff.outcome === 'unknown') throw new Error('unknown');
  expect([diff.records, diff.notCompared]).toEqual([held.length, 0]);
  for (const { atLeast, atMost } of diff.changes) expect(atLeast).toBe(atMost);
  return diff.changes;
}

const hasPurpose =
  (policy: Policy, group: string, purpose: PurposeId) => (readable: Readonly<Record<string, unknown>>) =>
    purposesOf(policy, group, readable).includes(purpose);

describe('what a revision changes for records that are held', () => {
  it('a purpose added: each group that gets it, with what it needs', () => {
    const add = (related?: string) =>
      revised(({ purposes, categories }) => {
        delete purposes['development']?.unused;
        Object.assign(
          purposes['development'] ?? {},
          related === undefined
            ? {}
            : { change: { related, decidedBy: 'privacy officer', on: '2026-11-01' } },
        );
        categories['C3']?.uses.push({
          purpose: 'development',
          rule: 'other-cookie',
          when: { cookieKind: ['analytics'] },
        });
      });
    const expected = recordsWith('C3.usage', ({ cookieKind }) => cookieKind === 'analytics');
    expect(expected).toBeGreaterThan(0);
    for (const [related, needs] of [
      [undefined, 'decision'],
      ['reasonably', 'notice'],
      ['beyond', 'consent'],
    ] as const) {
      expect(changesTo(add(related))).toEqual(
        ['C3.subject', 'C3.usage'].map((group) => ({
          kind: 'purpose-added',
          group,
          purpose: 'development',
          after: 'other-cookie',
          needs,
          atLeast: expected,
          atMost: expected,
        })),
      );
    }
  });

  it('a purpose worded anew, within and beyond what is reasonably related', () => {
    const reword = (related: string) =>
      revised(({ purposes }) => {
        const { marketing } = purposes;
        if (marketing === undefined) throw new Error('no marketing');
        marketing.label.ja = '広告のご案内と分析';
        marketing.change = { related, decidedBy: 'privacy officer', on: '2026-11-01' };
      });
    const changes = changesTo(reword('reasonably'));
    const campaign = changes.find(({ group }) => group === 'C6.contact');
    const count = recordsWith('C6.contact', hasPurpose(before, 'C6.contact', 'marketing'));
    expect(count).toBeGreaterThan(0);
    expect(campaign).toMatchObject({ kind: 'purpose-changed', needs: 'notice', atMost: count });
    expect(new Set(changesTo(reword('beyond')).map(({ needs }) => needs))).toEqual(new Set(['consent']));
  });

  it('a shorter period: every record whose use ends by it', () => {
    const after = revised(({ retention }) => {
      const rule = retention['access-usage'];
      if (rule === undefined) throw new Error('no such rule');
      rule.period = 'P30D';
    });
    const count = recordsWith('C4.usage', () =>
      retentionByPurpose(before, 'C4.usage').some(({ rule }) => rule.id === 'access-usage'),
    );
    expect(changesTo(after)).toEqual([
      {
        kind: 'end-earlier',
        group: 'C4.usage',
        purpose: 'statistics',
        before: 'collection P90D',
        after: 'collection P30D',
        needs: 'announcement',
        atLeast: count,
        atMost: count,
      },
    ]);
  });

  it('nothing where nothing changed, and unknown where a text is', () => {
    expect(changesTo(newestOf(text))).toEqual([]);
    const parsed = parsePolicyFile(text, 'policy.yaml');
    const old = 'policies' in parsed ? parsed.policies.get('2016-11-21') : undefined;
    if (old === undefined) throw new Error('no such version');
    expect(diffPolicies(old, before, holdings)).toEqual({ outcome: 'unknown', because: ['2016-11-21'] });
  });

  it('records of customers, and those tagged otherwise, are counted apart', () => {
    const strange: Holding = {
      category: 'C7',
      policy: before.version,
      groups: [{ group: 'C7.message', purposes: ['entrusted:reiji-shoji'], rule: 'entrusted' }],
      records: 3,
    };
    const diff = diffPolicies(before, newestOf(text), [...holdings, strange]);
    expect(diff).toMatchObject({ records: held.length + 3, notCompared: 3 });
  });
});
