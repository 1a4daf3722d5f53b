import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog, type Running } from '@keiro/runtime';
import type { CopyDocument, CopyReport } from '@keiro/schemas';
import { createGuardedConsumer, createKeysClient } from '@keiro/sdk';
import { provenBy } from '../builders/reporting.ts';
import { newPerson, openEmitter, registrationOf } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import {
  categoryOf,
  createFiveHolders,
  holderIds,
  type FiveHolders,
  type HolderId,
} from '../builders/five-holders.ts';
import { importHere } from '../builders/importing.ts';
import { keiro } from '../builders/program.ts';
import type { Row } from '../builders/test-store.ts';

/* What lineage says of a person is what is really there: held against a scan of every store, row by row. */

let company: FiveHolders;
let guarded: Running;
const people = Array.from({ length: 60 }, newPerson);

beforeAll(async () => {
  company = await createFiveHolders('fullscan');
  const { pipeline, stores } = company;
  guarded = await createGuardedConsumer({
    kafka: pipeline.kafka,
    registry: pipeline.registry,
    keys: createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CRM') }),
    holder: 'crm',
    purpose: 'membership',
    categories: ['C1'],
    groupSuffix: pipeline.suffix,
    async handle(events) {
      const rows = events.map(({ subject, generation }) => ({
        ...rowOf(subject['member'] ?? '', subject['email'] ?? ''),
        generation,
      }));
      await stores.crm.put(rows);
      return rows.map(({ id }) => id);
    },
    log: createLog('test-full-scan', 'error'),
    now: () => new Date(),
    random: randomBytes,
  });
}, 120_000);
afterAll(async () => {
  await guarded.close();
  await company.close();
});

const rowOf = (member: string, email: string): Row => ({
  id: `row-${randomUUID()}`,
  member,
  email,
  generation: 1,
});

/** Rows that each holder had before Keiro came, so many a person; the processor keeps one of each. */
const before: Readonly<Record<HolderId, number>> = { crm: 1, billing: 5, sessions: 4, mailer: 1, support: 2 };

/** What the holder has, and the file in which it says so: by e-mail alone, where it knows no more. */
async function plantAndImport(holder: HolderId): Promise<void> {
  const rows = people.flatMap(({ member, email }) =>
    Array.from({ length: before[holder] }, () => rowOf(member, email)),
  );
  await company.stores[holder].put(rows);
  const file = join(company.folder, `${holder}.csv`);
  const lines = rows.map(({ id, member, email }, index) =>
    [
      categoryOf(holder),
      holder === 'support' ? '' : member,
      holder === 'support' || holder === 'crm' ? email : '',
      holder === 'sessions' ? `c-${id}` : '',
      id,
      index % 3 === 0 ? '' : '2026-01-15',
      holder === 'sessions' ? 'session' : '',
    ].join(','),
  );
  writeFileSync(file, ['category,member,email,cookie,locator,collected,cookieKind', ...lines, ''].join('\n'));
  // As a person runs it, once; the others in this process, which comes to the same.
  if (holder !== 'mailer')
    expect(await importHere(company, holder, file)).toMatchObject({ imported: rows.length });
  else {
    const run = keiro(['import', holder, file, '--yes', '--json'], { env: company.cliEnv });
    expect({ code: await run.code, output: run.output() }).toMatchObject({
      code: 0,
      output: expect.stringContaining(`"registered": ${String(rows.length)}`),
    });
  }
}

/** `<holder>|<where>`, by member: what the stores really hold. */
async function scanned(of = people): Promise<Map<string, string[]>> {
  const found = new Map(of.map(({ member }) => [member, [] as string[]]));
  for (const holder of holderIds) {
    for (const { id, member } of await company.stores[holder].scan())
      found.get(member)?.push(`${holder}|${id}`);
  }
  for (const places of found.values()) places.sort();
  return found;
}

/** The same, as lineage tells it. */
async function told(of = people): Promise<Map<string, string[]>> {
  const locators = await company.locators();
  const found = new Map<string, string[]>();
  for (const { member } of of) {
    const { records } = await company.lineageOf(member);
    const places = records.flatMap(({ id, copies }) =>
      copies
        .filter(({ state }) => state === 'held')
        .map(({ holder }) => `${holder}|${locators.get(`${id}|${holder}`) ?? 'nowhere'}`),
    );
    found.set(member, places.sort());
  }
  return found;
}

describe('the lineage of one person', () => {
  it('shows every copy that a full scan of every store finds, and no other', async () => {
    const emitter = await openEmitter();
    await emitter.emitBatch(
      people.flatMap((person) => [1, 2, 3, 4].map(() => registrationOf(person))).slice(0, 220),
    );
    await emitter.close();
    await company.pipeline.passed('keiro.holder.crm.membership', ['collection.registration']);
    for (const holder of holderIds) await plantAndImport(holder);
    await company.settled();

    const really = await scanned();
    expect([...really.values()].flat()).toHaveLength(1000);
    expect(await told()).toEqual(really);
  }, 90_000);

  it('shows none any more that its holder has removed and reported', async () => {
    // Every second copy of some people; of the others, and of the rest, nothing changes.
    const asked = people.slice(0, 20);
    const before = await scanned(asked);
    const gone = new Set(
      [...(await scanned(asked.slice(0, 15))).values()].flat().filter((_, n) => n % 2 === 0),
    );
    const locators = await company.locators();
    const placeOf = ({ record, holder }: CopyDocument) =>
      `${holder}|${locators.get(`${record}|${holder}`) ?? 'nowhere'}`;
    const removed = (await company.copies.find({ action: 'held' }).toArray()).filter((copy) =>
      gone.has(placeOf(copy)),
    );
    for (const holder of holderIds) {
      const places = [...gone].filter((place) => place.startsWith(`${holder}|`));
      await company.stores[holder].take(places.map((place) => place.slice(holder.length + 1)));
    }
    const encode = await company.pipeline.registry.encoder('custody.copies-value');
    const reports = removed.map(({ holder, record, ref, generation, category, groups, purpose }) => {
      const what = { holder, record, ref, generation, category, groups, purpose };
      const report: CopyReport = { ...what, action: 'removed', at: new Date().toISOString() };
      return { holder, message: { key: record, value: encode(report) } };
    });
    const proven = reports.map(({ holder, message }) => provenBy(holder, 'custody.copies', [message]));
    const messages = (await Promise.all(proven)).flat();
    await company.pipeline.producer.send([{ topic: 'custody.copies', messages }]);
    await company.settled();

    const really = await scanned(asked);
    expect([...really.values()].flat()).toHaveLength([...before.values()].flat().length - gone.size);
    expect(await told(asked)).toEqual(really);
  }, 60_000);
});
