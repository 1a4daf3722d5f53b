import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Producer } from '@keiro/runtime';
import type { QuarantineDocument } from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { newPerson } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { createFiveHolders, type FiveHolders } from '../builders/five-holders.ts';
import { importHere } from '../builders/importing.ts';
import { keiro } from '../builders/program.ts';

/* keiro import: what was held before Keiro came. */

let company: FiveHolders;
const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_REQUEST') });

beforeAll(async () => {
  company = await createFiveHolders('import');
}, 120_000);
afterAll(() => company.close());

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = keiro(['import', ...args], { env: company.cliEnv });
  return { code: await program.code, output: program.output() };
}

function fileOf(name: string, content: string): string {
  const path = join(company.folder, `${randomUUID()}-${name}`);
  writeFileSync(path, content);
  return path;
}

const known = async (member: string) =>
  (await keys.lookup({ identifiers: [{ kind: 'member', value: member }] })).results[0] ?? undefined;

const held = async (member: string) =>
  (await company.lineageOf(member)).records.map(({ category, imported, copies, time }) => ({
    category,
    time,
    imported,
    copies: copies.map(({ holder, state }) => `${holder} ${state}`),
  }));

describe('a file of what a holder held before', () => {
  it('is looked through first, and then registered; what is wrong with a row is told by line, never shown', async () => {
    const person = newPerson();
    const file = fileOf(
      'members.csv',
      'category,member,email,locator,collected,policy\n' +
        `C1,${person.member},${person.email},row-1,2020-03-01,\n` +
        `C1,${person.member},,row-2,2014-03-01,\n` +
        `C1,${person.member},,row-3,,\n` +
        'C1,,canary,row-4,,\n' +
        `C5,${person.member},,row-5,,\n`,
    );
    const early = await run('crm', file);
    expect(early).toMatchObject({ code: 1, output: expect.stringContaining('--dry-run') });

    const looked = await run('crm', file, '--dry-run');
    expect(looked.code).toBe(1);
    expect(looked.output).toContain('試行 dry run');
    expect(looked.output).toContain('登録できる would be registered 3');
    expect(looked.output).toMatch(/5: email .*can’t be an identifier/);
    expect(looked.output).toMatch(/6: category .*register entry/);
    expect(looked.output).toMatch(/C1 .*membership, service, marketing/);
    expect(looked.output).not.toContain('canary');
    expect(await known(person.member)).toBeUndefined();

    const { code, output } = await run('crm', file, '--json');
    expect(code).toBe(1);
    expect(output).not.toContain('canary');
    expect(JSON.parse(output)).toMatchObject({
      rows: 5,
      registered: 3,
      refusedRows: 2,
      persons: 1,
      categories: [{ category: 'C1', unknownCollected: 1, beforeFirst: 1 }],
    });
    await company.settled();
    const records = await held(person.member);
    expect(records).toHaveLength(3);
    expect(records.slice(1)).toEqual([
      {
        category: 'C1',
        time: '2020-02-29T15:00:00.000Z',
        imported: { holder: 'crm', collected: 'known', version: 'in-force' },
        copies: ['crm held'],
      },
      {
        category: 'C1',
        time: '2014-02-28T15:00:00.000Z',
        imported: { holder: 'crm', collected: 'known', version: 'before-first' },
        copies: ['crm held'],
      },
    ]);
    expect(records[0]).toMatchObject({ imported: { collected: 'unknown' }, copies: ['crm held'] });
  });

  it('is refused for a holder that nobody registered, and taken where there is nothing in it', async () => {
    const file = fileOf('empty.ndjson', '');
    expect(await run('stranger', file, '--dry-run')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/stranger is no registered holder.*crm/),
    });
    expect(await run('crm', file, '--dry-run')).toMatchObject({
      code: 0,
      output: expect.stringContaining('There is no row in it'),
    });
  });

  it('goes on where it was killed, and registers nothing twice, also when it is imported again', async () => {
    const people = Array.from({ length: 20 }, newPerson);
    const rows = Array.from({ length: 1200 }, (_, index) => ({
      category: 'C5',
      member: people[index % 20]?.member,
      locator: `payment-${String(index)}`,
    }));
    const file = fileOf('payments.ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const stateFile = `${file}.billing.keiro-state`;

    // Killed between the records of the second batch and their copies.
    await expect(importHere(company, 'billing', file, failingAfter(3))).rejects.toThrow('killed');
    expect(existsSync(stateFile)).toBe(true);
    const resumed = await importHere(company, 'billing', file);
    expect(resumed).toMatchObject({ before: 500, imported: 700 });
    expect(await importHere(company, 'billing', file)).toMatchObject({ before: 1200, imported: 0 });
    rmSync(stateFile);
    expect(await importHere(company, 'billing', file)).toMatchObject({ before: 0, imported: 1200 });
    await company.settled();

    const filter = { category: 'C5' as const, source: 'import' };
    expect(await company.records.countDocuments(filter)).toBe(1200);
    expect(await company.copies.countDocuments({ holder: 'billing', action: 'held' })).toBe(1200);
    const places = [...(await company.locators())].filter(([copy]) => copy.endsWith('|billing'));
    expect(new Set(places.map(([, place]) => place))).toEqual(new Set(rows.map(({ locator }) => locator)));
    expect(await aside('conflicting-content')).toBe(0);
  });

  it('reads the rows of a query out of the holder’s own store, and changes nothing there', async () => {
    const [one, two] = [newPerson(), newPerson()];
    const { billing } = company.stores;
    await billing.put([one, two].map((person) => ({ ...person, id: `p-${person.member}`, generation: 1 })));
    const { config, settings } = billing;
    if (config.kind !== 'postgresql') throw new Error('billing is in PostgreSQL');
    const table = (config.tables[0]?.name ?? '').replace(
      /^([^.]+)\.(.*)$/,
      (_, schema: string, name: string) =>
        [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.'),
    );
    const query = (what: string) => [
      ...['billing', '--url-env', 'DEMO_POSTGRES_URL', '--query', what],
      ...['--state', join(company.folder, 'query.keiro-state')],
    ];
    Object.assign(company.cliEnv, settings);
    const select = `select 'C5' category, member, id as locator, timestamp '2026-01-01 09:00' collected, array['amount'] as fields from ${table}`;
    expect(await run(...query(select), '--yes')).toMatchObject({ code: 0 });
    expect((await run(...query(`${select}; delete from ${table}`), '--yes')).code).toBe(1);
    expect(await billing.ids()).toHaveLength(2);
    await company.settled();
    for (const { member } of [one, two])
      expect(await held(member)).toMatchObject([
        { time: '2026-01-01T00:00:00.000Z', copies: ['billing held'] },
      ]);
  });

  it('reads a collection of the holder’s own MongoDB, only what is asked for, and changes nothing there', async () => {
    const [one, two, three] = [newPerson(), newPerson(), newPerson()];
    const { support } = company.stores;
    await support.put(
      [one, two, three].map(({ member, email }) => ({ id: `s-${member}`, member, email, generation: 1 })),
    );
    const { config, settings } = support;
    if (config.kind !== 'mongodb') throw new Error('support is in MongoDB');
    Object.assign(company.cliEnv, settings);
    const place = `${config.database}.people`;
    const filter = { member: { $in: [one.member, two.member] } };
    const columns = { category: 'C7', member: '$member', email: '$contact.emails.0', locator: '$_id' };
    const query = (filtered: object, ...more: string[]) => [
      ...['support', '--url-env', 'DEMO_MONGO_URL', '--collection', place],
      ...['--filter', JSON.stringify(filtered), '--columns', JSON.stringify(columns)],
      ...['--state', join(company.folder, 'collection.keiro-state'), ...more],
    ];
    expect(await run(...query({ $where: 'sleep(1)' }, '--yes'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('runs no code on the server'),
    });
    expect(await run(...query(filter))).toMatchObject({
      code: 1,
      output: expect.stringContaining('--dry-run'),
    });
    expect(await run(...query(filter, '--dry-run'))).toMatchObject({
      code: 0,
      output: expect.stringContaining('would be registered 2'),
    });
    expect(await run(...query(filter))).toMatchObject({ code: 0 });
    // Again, as after a run that was cut off: nothing is registered twice.
    expect(await run(...query(filter))).toMatchObject({ code: 0 });
    expect(await support.ids()).toHaveLength(3);
    await company.settled();
    for (const { member } of [one, two])
      expect(await held(member)).toMatchObject([{ category: 'C7', copies: ['support held'] }]);
    expect(await known(three.member)).toBeUndefined();
    const places = [...(await company.locators())].filter(([copy]) => copy.endsWith('|support'));
    expect(places.map(([, at]) => at)).toEqual(
      expect.arrayContaining([`s-${one.member}`, `s-${two.member}`]),
    );
  });

  it('shows the same row with other content as a conflict', async () => {
    const { member } = newPerson();
    const row = { category: 'C5', member, locator: 'payment-x', collected: '2026-01-01' };
    await importHere(company, 'billing', fileOf('one.ndjson', JSON.stringify(row)));
    await importHere(
      company,
      'billing',
      fileOf('other.ndjson', JSON.stringify({ ...row, fields: ['amount'] })),
    );
    await company.settled();
    expect(await held(member)).toHaveLength(1);
    expect(await aside('conflicting-content')).toBe(1);
  });

  it('finds what is held although its person was erased, and registers nothing of it', async () => {
    const [gone, here] = [newPerson(), newPerson()];
    const row = (member: string, locator: string) =>
      `${JSON.stringify({ category: 'C7', member, locator })}\n`;
    await importHere(company, 'support', fileOf('before.ndjson', row(gone.member, 's-1')));
    await company.settled();
    const life = await known(gone.member);
    if (life === undefined) throw new Error('the import has made it');
    await keys.destroy(`r-${randomUUID()}`, [{ ref: life.ref, generation: life.generation }], new Date());

    const file = fileOf('after.ndjson', row(gone.member, 's-2') + row(here.member, 's-3'));
    const looked = await run('support', file, '--dry-run');
    expect(looked.code).toBe(1);
    expect(looked.output).toMatch(/held although erased: 行番号 lines 1\n/);
    expect(looked.output).toContain('have support delete these rows');
    expect(await importHere(company, 'support', file)).toMatchObject({ imported: 1, erased: { count: 1 } });
    await company.settled();
    expect(await company.records.countDocuments({ ref: life.ref })).toBe(1);
    expect(await held(here.member)).toHaveLength(1);
  });
});

const aside = (reason: QuarantineDocument['reason']) =>
  company.pipeline.mongo.db.collection<QuarantineDocument>('quarantine').countDocuments({ reason });

/** Kafka as it is, for so many calls; then as if this process had been killed. */
function failingAfter(calls: number): Pick<Producer, 'send'> {
  let left = calls;
  return {
    send(batches) {
      left -= 1;
      if (left < 0) throw new Error('killed');
      return company.pipeline.producer.send(batches);
    },
  };
}
