import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { createKeysClient, groupKeyOf, sealKeyOf } from '@keiro/sdk';
import { env } from '../builders/environment.ts';

const url = env('KEIRO_KEYS_URL');
const as = (client: string) => createKeysClient({ url, token: env(`KEIRO_TOKEN_${client}`) });
const producer = as('DEMO');
const crm = as('CRM');
const request = as('REQUEST');
const erase = as('ERASE');
const query = as('QUERY');
const importer = as('IMPORT');

/** A person nobody has seen. */
const newMember = () => ({ kind: 'member' as const, value: `m-${randomUUID()}` });
const asked = (
  identifier: { kind: 'member'; value: string },
  more: Partial<{ type: 'registration' | 'cookie'; time: string }> = {},
) => ({
  source: 'demo-site',
  identifiers: [
    {
      ...identifier,
      groups: ['C1.identity'],
      type: 'registration' as const,
      time: new Date().toISOString(),
      ...more,
    },
  ],
});

async function sealed(identifier: { kind: 'member'; value: string }, more = {}) {
  const { results, quarantine } = await producer.seal(asked(identifier, more));
  const [result] = results;
  if (result === undefined) throw new Error('no result');
  return { ...result, quarantine };
}

const releaseFor = async (life: { ref: string; generation: number }, purpose = 'membership') => {
  const { results } = await crm.release({ holder: 'crm', purpose, groups: ['C1.identity'], lives: [life] });
  return results[0];
};

describe('refs and seal keys', () => {
  it('are the same every time, for two who ask at once too, and tell nothing of the identifier', async () => {
    const member = newMember();
    const [one, two] = await Promise.all([sealed(member), sealed(member)]);
    expect(two).toEqual(one);
    expect(one).toMatchObject({ generation: 1, state: 'live' });
    expect(one.ref).toMatch(/^member\.[\w-]{32}$/);
    expect(one.ref).not.toContain(member.value);
    expect(await sealed(member)).toEqual(one);
  });

  it('differ by source: a producer cannot open what another sealed', async () => {
    await expect(producer.seal({ ...asked(newMember()), source: 'another' })).rejects.toThrow('403');
  });

  it('a holder cannot seal and a producer cannot open: separate rights', async () => {
    await expect(crm.seal(asked(newMember()))).rejects.toThrow('403');
    const { ref, generation } = await sealed(newMember());
    await expect(
      producer.release({ holder: 'crm', purpose: 'membership', groups: [], lives: [{ ref, generation }] }),
    ).rejects.toThrow('403');
  });
});

describe('release', () => {
  it('gives group keys from which the seal key follows', async () => {
    const { ref, generation, keys } = await sealed(newMember());
    const answer = await releaseFor({ ref, generation });
    if (answer?.state !== 'released') throw new Error('refused');
    const groupKey = Buffer.from(answer.keys['C1.identity'] ?? '', 'base64');
    expect(sealKeyOf(groupKey, 'demo-site').toString('base64')).toBe(keys['C1.identity']);
    expect(groupKeyOf(groupKey, 'C1.identity').toString('base64')).not.toBe(keys['C1.identity']);
  });

  it('refuses another holder, a purpose that is not its own, groups beyond the purpose', async () => {
    const { ref, generation } = await sealed(newMember());
    const lives = [{ ref, generation }];
    await expect(
      crm.release({ holder: 'billing', purpose: 'membership', groups: [], lives }),
    ).rejects.toThrow('holder');
    await expect(crm.release({ holder: 'crm', purpose: 'marketing', groups: [], lives })).rejects.toThrow(
      'purpose',
    );
    await expect(
      crm.release({ holder: 'crm', purpose: 'membership', groups: ['C5.card'], lives }),
    ).rejects.toThrow('C5.card');
  });

  it('refuses what it does not know, in the order asked', async () => {
    const { ref, generation } = await sealed(newMember());
    const unknown = { ref: `member.${randomBytes(24).toString('base64url')}`, generation: 1 };
    const { results } = await crm.release({
      holder: 'crm',
      purpose: 'membership',
      groups: [],
      lives: [unknown, { ref, generation }, { ref, generation: 2 }],
    });
    expect(results).toMatchObject([{ reason: 'unknown' }, { state: 'released' }, { reason: 'unknown' }]);
  });
});

describe('destruction', () => {
  it('keeps what the sweep needs, ends the generation, and only a later gift starts the next', async () => {
    const member = newMember();
    const first = await sealed(member);
    const life = { ref: first.ref, generation: 1 };
    const id = `r-${randomUUID()}`;

    expect(await request.prepareSweep(id, [life])).toBe(1);
    const erasedAt = new Date();
    const destroyed = await request.destroy(id, [life], erasedAt);
    expect(destroyed).toMatchObject({ destroyed: 1, alreadyGone: 0, backupsEnd: expect.any(String) });
    expect(await request.destroy(id, [life], erasedAt)).toMatchObject({ destroyed: 0, alreadyGone: 1 });

    // A retry of the preparation after the destruction must not lose what was kept.
    expect(await request.prepareSweep(id, [life])).toBe(1);
    const { lives } = await erase.sweep(id);
    expect(lives).toMatchObject([{ ...life, kind: 'member', value: member.value }]);

    expect(await releaseFor(life)).toEqual({ state: 'refused', reason: 'erased' });
    const before = new Date(erasedAt.getTime() - 1000).toISOString();
    expect(await sealed(member, { time: before })).toMatchObject({ ...life, state: 'erased', keys: {} });
    const late = await sealed(member, { type: 'cookie' });
    expect(late).toMatchObject({ ...life, state: 'erased' });
    expect(late.quarantine?.key).toBeDefined();
    expect(await query.lookup({ identifiers: [member] })).toMatchObject({
      results: [{ ...life, erasedThrough: 1 }],
    });

    const anew = await sealed(member, { time: new Date(erasedAt.getTime() + 1).toISOString() });
    expect(anew).toMatchObject({ ref: first.ref, generation: 2, state: 'live' });
    expect(anew.keys['C1.identity']).not.toBe(first.keys['C1.identity']);
    expect(await releaseFor(life)).toEqual({ state: 'refused', reason: 'erased' });
    expect(await releaseFor({ ...life, generation: 2 })).toMatchObject({ state: 'released' });

    await request.forgetSweep(id);
    await expect(erase.sweep(id)).rejects.toThrow('404');
  });

  it('leaves no key and no identifier in the database', async () => {
    const member = newMember();
    const { ref } = await sealed(member);
    const client = new MongoClient(env('KEIRO_KEYS_MONGO_URL'));
    try {
      const keys = client.db(env('KEIRO_KEYS_DATABASE')).collection<{ _id: string }>('keys');
      const before = await keys.findOne({ _id: ref });
      expect(JSON.stringify(before)).not.toContain(member.value);
      await request.destroy('r-1', [{ ref, generation: 1 }], new Date());
      expect(await keys.findOne({ _id: ref })).toMatchObject({
        wrapped: null,
        identifier: null,
        erasedThrough: 1,
      });
    } finally {
      await client.close();
    }
  });
});

describe('what an import may have', () => {
  const forImport = (identifier: ReturnType<typeof newMember>, time: Date) => ({
    source: 'import',
    identifiers: [{ ...identifier, groups: [], type: 'imported' as const, time: time.toISOString() }],
  });

  it('the key for the locators of one holder: the very one that this holder seals under, and no other', async () => {
    const { ref, generation } = await sealed(newMember());
    const life = { ref, generation };
    const unknown = { ref: `member.${randomBytes(24).toString('base64url')}`, generation: 1 };
    const own = await releaseFor(life);
    const { results } = await importer.custodyKeys({ holder: 'crm', lives: [unknown, life] });
    expect(results).toEqual([
      { state: 'refused', reason: 'unknown' },
      { state: 'live', key: own?.state === 'released' ? own.keys['custody'] : '' },
    ]);
    const other = await importer.custodyKeys({ holder: 'billing', lives: [life] });
    expect(other.results[0]).not.toEqual(results[1]);
    await expect(crm.custodyKeys({ holder: 'crm', lives: [life] })).rejects.toThrow('403');
    await expect(
      importer.release({ holder: 'crm', purpose: 'service', groups: [], lives: [life] }),
    ).rejects.toThrow('403');
  });

  it('no key of an erased life, nor a next one, however late it is', async () => {
    const member = newMember();
    const { ref, generation } = await sealed(member);
    const life = { ref, generation };
    const at = new Date();
    await request.destroy(`r-${randomUUID()}`, [life], at);
    expect(await importer.custodyKeys({ holder: 'crm', lives: [life] })).toEqual({
      results: [{ state: 'refused', reason: 'erased' }],
    });
    const later = await importer.seal(forImport(member, new Date(at.getTime() + 60_000)));
    expect(later.results).toMatchObject([{ ...life, state: 'erased' }]);
    expect(await importer.lookup({ identifiers: [member] })).toEqual({
      results: [{ ...life, erasedThrough: 1, erasedAt: at.toISOString() }],
    });
  });
});

describe('callers', () => {
  it('without a token, or with a stranger’s, are refused before the body is read', async () => {
    const answer = await fetch(`${url}/v1/release`, { method: 'POST', body: '{' });
    expect(answer.status).toBe(401);
    await expect(createKeysClient({ url, token: 'nobody' }).lookup({ refs: [] })).rejects.toThrow('401');
  });

  it('are told the field, never the value', async () => {
    const answer = await fetch(`${url}/v1/refs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env('KEIRO_TOKEN_QUERY')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ identifiers: [{ kind: 'member', value: 12345678 }] }),
    });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(text).toContain('identifiers.0.value');
    expect(text).not.toContain('12345678');
  });
});
