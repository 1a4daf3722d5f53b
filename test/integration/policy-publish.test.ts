import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  addPeriod,
  dayInJapan,
  effectiveFrom,
  exampleDocument,
  publishedSchema,
  versionsAnswerSchema,
  type AuditDocument,
  type PolicyDocument,
} from '@keiro/schemas';
import { env } from '../builders/environment.ts';
import { demoPolicyText } from '../builders/policy-file.ts';
import { keiro } from '../builders/program.ts';
import { revisionOf } from '../builders/revision.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { createTagging, someEvent, type Tagging } from '../builders/tagging.ts';
import { produce } from '../builders/wire.ts';

let tagging: Tagging;
let tag: ServiceProcess;
let request: ServiceProcess;
let collect: ServiceProcess;
let topic: string;
const folder = mkdtempSync(join(tmpdir(), 'keiro-publish-'));

const today = dayInJapan(new Date());
const version = dayInJapan(addPeriod(new Date(), 'P1D'));
const japanese = '個人情報保護方針（改定版）\n当社は、利用目的を次のとおり定めます。\n';
const revision = revisionOf(demoPolicyText, { version, announced: today }, ({ purposes, categories }) => {
  delete purposes['development']?.unused;
  Object.assign(purposes['development'] ?? {}, {
    change: { related: 'beyond', decidedBy: 'privacy officer', on: today },
  });
  categories['C4']?.groups['usage']?.uses?.push({ purpose: 'development', rule: 'access-usage' });
});

/** Topics of versions that no other test reads. */
async function versionsTopic(name: string): Promise<string> {
  const config = { 'cleanup.policy': 'compact' };
  await tagging.pipeline.admin.createTopics([{ name, partitions: 1, config }]);
  return name;
}

beforeAll(async () => {
  tagging = await createTagging('publish');
  topic = await versionsTopic(`policy.versions${tagging.pipeline.suffix}`);
  [tag, request, collect] = (await Promise.all(
    (['tag', 'request', 'collect'] as const).map((name) =>
      tagging.pipeline.start(name, { KEIRO_POLICY_TOPIC: topic }),
    ),
  )) as [ServiceProcess, ServiceProcess, ServiceProcess];
  writeFileSync(join(folder, 'policy.yaml'), revision);
  writeFileSync(join(folder, 'policy.txt'), japanese);
}, 120_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await tagging.pipeline.close();
}, 60_000);

/** `keiro policy …` as somebody types it, without a terminal. */
async function policy(...args: string[]) {
  const program = keiro(['policy', ...args], { env: { ...process.env, KEIRO_REQUEST_URL: request.url } });
  return { code: await program.code, output: program.output() };
}
const publish = (...more: string[]) =>
  policy(
    'publish',
    join(folder, 'policy.yaml'),
    '--ja-text',
    join(folder, 'policy.txt'),
    '--announced',
    today,
    ...more,
  );

const knows = (service: ServiceProcess) => () =>
  service
    .output()
    .split('\n')
    .some((line) => line.includes('policy version known') && line.includes(version));

/** An event that names the version, through a door that has been open since before it was published. */
async function sendNamingIt() {
  const event = exampleDocument('access.valid.minimal') as object;
  const response = await fetch(`${collect.url}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_DEMO_SITE')}`,
      'content-type': 'application/cloudevents+json',
    },
    body: JSON.stringify({ ...event, policyversion: version }),
  });
  return { status: response.status, text: await response.text() };
}

describe('a revision that takes effect tomorrow', () => {
  it('is recorded with its text, its day and what was decided, audited, and known to every service', async () => {
    const held = someEvent({ type: 'access' });
    await produce(tagging.pipeline, 'access', [held.event]);
    await tagging.settled();
    expect(await sendNamingIt()).toMatchObject({
      status: 422,
      text: expect.stringContaining('policyversion'),
    });

    const alone = await publish();
    expect([alone.code, alone.output]).toEqual([2, expect.stringContaining('add --yes')]);
    const done = await publish('--yes');
    expect(done).toMatchObject({ code: 0 });
    for (const told of [`${version} 0:00`, '本人の同意', 'consent (APPI 18(1))', 'C4.usage']) {
      expect(done.output).toContain(told);
    }

    const { db } = tagging.pipeline.mongo;
    const documents = await db.collection<PolicyDocument>('policies').find().toArray();
    expect(documents).toHaveLength(1);
    expect(documents[0]).toMatchObject({ version, announced: today, file: revision, japanese, records: 1 });
    const audit = await db.collection<AuditDocument>('audit').find({ action: 'policy.published' }).toArray();
    expect(audit).toHaveLength(1);
    expect(audit[0]).toMatchObject({
      _id: `policy/${version}/published`,
      by: 'operator',
      about: [version],
      detail: {
        before: '2017-02-02',
        effective: version,
        decisions: [{ purpose: 'development', needs: 'consent', on: today }],
        digest: documents[0]?.digest,
        japaneseDigest: documents[0]?.japaneseDigest,
      },
    });
    await until(() => knows(tag)() && knows(collect)(), { what: 'it is known', timeoutMs: 20_000 });
    expect(await sendNamingIt()).toMatchObject({ status: 202 });
  }, 90_000);

  it('is the same when it is published again, and refused with anything else', async () => {
    const again = await publish('--yes', '--json');
    expect(again.code).toBe(0);
    expect(publishedSchema.parse(JSON.parse(again.output))).toMatchObject({
      outcome: 'same',
      by: 'operator',
    });
    writeFileSync(join(folder, 'policy.txt'), `${japanese}附則\n`);
    const other = await publish('--yes');
    writeFileSync(join(folder, 'policy.txt'), japanese);
    expect([other.code, other.output]).toEqual([
      1,
      expect.stringContaining('policy.versions was published with other content'),
    ]);
    const { db } = tagging.pipeline.mongo;
    expect(await db.collection('policies').countDocuments()).toBe(1);
    expect(await db.collection('audit').countDocuments({ action: 'policy.published' })).toBe(1);
  }, 60_000);

  it('is told among the versions, with its text, and can be compared by its id', async () => {
    const [versions, table, shown, diff] = await Promise.all([
      policy('versions', '--json'),
      policy('versions', '--lang', 'en'),
      policy('show', version),
      policy('diff', '2017-02-02', version, '--offline', '--json'),
    ]);
    const answer = versionsAnswerSchema.parse(JSON.parse(versions.output));
    expect(answer.versions.map(({ version: id, state, origin }) => [id, state, origin])).toEqual([
      ['2015-09-07', 'past', 'file'],
      ['2016-11-21', 'past', 'file'],
      ['2017-02-02', 'in-force', 'file'],
      [version, 'announced', 'published'],
    ]);
    expect(table.output.split('\n')[4]).toMatch(
      new RegExp(`^${version} .*announced .*published +development: consent$`),
    );
    expect(shown.output.startsWith(japanese)).toBe(true);
    expect(shown.output).toContain('# Privacy policy');
    expect(JSON.parse(diff.output)).toMatchObject({
      after: version,
      changes: [{ kind: 'purpose-added', group: 'C4.usage', purpose: 'development', needs: 'consent' }],
    });
  }, 60_000);

  it('covers no event from before its day, and gives nothing that was collected before its new purpose', async () => {
    const old = someEvent({ type: 'access' });
    const early = someEvent({ type: 'access', policyversion: version, time: new Date().toISOString() });
    // Ahead of us, as a producer's clock may be: on the day itself.
    const day = new Date(effectiveFrom({ effective: version })).toISOString();
    const fresh = someEvent({ type: 'access', policyversion: version, time: day });
    await produce(tagging.pipeline, 'access', [old.event, early.event, fresh.event]);
    await tagging.settled();
    // The other pipeline does not know this version, and of its entry and ours for one message the first is kept.
    expect(await tagging.quarantine.countDocuments({ record: early.record })).toBe(1);
    // It, and the one that was collected above.
    const metrics = await (await fetch(`${tag.url}/metrics`)).text();
    expect(metrics).toMatch(/^keiro_tag_quarantined_total\{.*reason="not-yet-effective".*\} 2$/m);
    const purposesOf = async (record: string) => {
      const found = await tagging.records.findOne({ _id: record });
      return [found?.policy, found?.groups.find(({ group }) => group === 'C4.usage')?.purposes];
    };
    expect(await purposesOf(fresh.record)).toEqual([version, ['statistics', 'development']]);
    expect(await purposesOf(old.record)).toEqual(['2017-02-02', ['statistics']]);
  }, 60_000);

  it('is known to a service that starts later, and told again where Kafka has lost it', async () => {
    await request.end();
    const lost = await versionsTopic(`policy.versions.lost${tagging.pipeline.suffix}`);
    const [query, again] = await Promise.all([
      tagging.pipeline.start('query', { KEIRO_POLICY_TOPIC: topic }),
      tagging.pipeline.start('request', { KEIRO_POLICY_TOPIC: lost }),
    ]);
    request = again;
    expect(knows(query)()).toBe(true);
    await until(async () => (await tagging.pipeline.admin.endOffsets([lost]))[lost]?.[0] === '1', {
      what: 'the version is told again',
      timeoutMs: 20_000,
    });
    await until(knows(request), { what: 'request hears it', timeoutMs: 20_000 });
  }, 90_000);

  it('is followed by one further version, however many publish it at once', async () => {
    const next = dayInJapan(addPeriod(new Date(), 'P2D'));
    const body = {
      policy: revisionOf(revision, { version: next, announced: today }),
      japanese,
      announced: today,
    };
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const response = await fetch(`${request.url}/v1/policy/versions`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${env('KEIRO_TOKEN_OPERATOR')}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify(body),
        });
        return publishedSchema.parse(await response.json());
      }),
    );
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['published', 'same', 'same']);
    const { db } = tagging.pipeline.mongo;
    const numbers = await db.collection<PolicyDocument>('policies').find().toArray();
    expect(numbers.map(({ _id, version: id }) => [_id, id]).sort()).toEqual([
      ['1', version],
      ['2', next],
    ]);
    expect(await db.collection('audit').countDocuments({ action: 'policy.published' })).toBe(2);
  }, 60_000);
});
