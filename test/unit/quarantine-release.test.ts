import { describe, expect, it } from '@jest/globals';
import type { Message } from '@keiro/runtime';
import { quarantineAddress, quarantineIdOf, type QuarantineDocument } from '@keiro/schemas';
import { createQuarantine } from '@keiro/sdk';
import { outcomeOf } from '@keiro/tag/outcome';
import { unseal } from '@keiro/tag/unseal';

const key = Buffer.alloc(32, 7);
const message: Message = {
  topic: 'collection.inquiry',
  partition: 2,
  offset: '41',
  timestamp: 0,
  key: 'email.someone',
  headers: { ce_id: 'i-1' },
  value: Buffer.from('what was sent'),
};
const position = { topic: message.topic, partition: message.partition, offset: message.offset };
const nothing = { recorded: [], repeated: [], aside: [] };

async function entryOf(of: Message): Promise<QuarantineDocument> {
  const quarantine = createQuarantine({
    producer: { send: () => Promise.reject(new Error('nothing is sent')), close: () => Promise.resolve() },
    keys: { quarantineKey: () => Promise.resolve(key) },
    by: 'tag',
    now: () => new Date(0),
    random: (bytes) => Buffer.alloc(bytes, 1),
  });
  const [one] = await quarantine.seal([{ message: of, reason: 'untaggable', detail: 'no' }]);
  if (one === undefined) throw new Error('nothing was sealed');
  return { ...one, _id: 'tag|collection.inquiry/2/41', at: new Date(0) };
}

describe('an entry’s id in a URL', () => {
  it.each(['tag|collection.inquiry/2/41', 'crm|collection.registration/0/7'])('%s and back', (id) => {
    const address = quarantineAddress(id);
    expect(encodeURIComponent(address)).toBe(address);
    expect(quarantineIdOf(address)).toBe(id);
    expect(quarantineIdOf(id)).toBe(id);
  });

  it.each(['', 'tag', 'tag~topic~0', 'tag~topic~zero~1', 'tag~topic~0~1~2', 'a b~topic~0~1'])(
    '%p is none',
    (address) => {
      expect(quarantineIdOf(address)).toBeUndefined();
    },
  );
});

describe('what was set aside, opened', () => {
  it('is the message as it was, in its own place', async () => {
    expect(unseal(await entryOf(message), key)).toEqual(message);
    const tombstone = { ...message, key: undefined, value: null };
    expect(unseal(await entryOf(tombstone), key)).toEqual(tombstone);
  });

  it('is refused where nobody can have it whole, with what to do', async () => {
    const entry = await entryOf(message);
    expect(() => unseal(entry, Buffer.alloc(32))).toThrow('send it again');
    expect(() => unseal({ ...entry, offset: '42' }, key)).toThrow('does not open');
    const { sealed: _gone, ...settled } = entry;
    expect(() => unseal(settled, key)).toThrow('settled');
    const giant = await entryOf({ ...message, value: Buffer.alloc(2_000_000) });
    expect(() => unseal(giant, key)).toThrow('too long to keep whole');
  });
});

describe('what became of a release', () => {
  it('a record of its own', () => {
    expect(outcomeOf({ ...nothing, recorded: ['r'] }, new Map(), message)).toEqual({
      became: 'record',
      record: 'r',
    });
  });

  it.each([
    ['another message', { ...position, offset: '7' }, 'repetition'],
    ['this one, by a release that was cut off', position, 'record'],
  ])('a record that is there by %s', (_, at, became) => {
    const stored = new Map([['r', { digest: 'd', position: at }]]);
    expect(outcomeOf({ ...nothing, repeated: ['r'] }, stored, message)).toEqual({ became, record: 'r' });
  });

  it('nothing: set aside for the reason of today', () => {
    const again = { message, reason: 'malformed' as const, detail: 'key: is not the primary ref' };
    expect(outcomeOf({ ...nothing, aside: [again] }, new Map(), message)).toMatchObject({
      held: { reason: 'malformed', detail: again.detail },
    });
  });

  it('nothing: its person is erased, and this or another entry says so', () => {
    expect(outcomeOf({ ...nothing, repeated: ['r'] }, new Map(), message)).toMatchObject({
      held: { reason: 'erased', record: 'r' },
    });
  });
});
