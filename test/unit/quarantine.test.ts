import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Message, Producer } from '@keiro/runtime';
import { quarantinedSchema } from '@keiro/schemas';
import { chunksBySize, createQuarantine, open, quarantineAssociated, type SealedMessage } from '@keiro/sdk';

const keyOf = (day: string) => createHash('sha256').update(day).digest();
const canary = 'hanako@canary.example';

const message: Message = {
  topic: 'collection.inquiry',
  partition: 2,
  offset: '41',
  timestamp: 0,
  key: 'email.someone',
  headers: { ce_id: 'i-1', note: canary },
  value: Buffer.from(`plain text of a stranger: ${canary}`),
};

/** Nothing here sends; a send would be a fault. */
const noProducer: Producer = {
  send: () => Promise.reject(new Error('nothing is to be sent')),
  close: () => Promise.resolve(),
};

function quarantineAt(instants: readonly string[]) {
  const asked: string[] = [];
  let ivs = 0;
  const left = [...instants];
  const quarantine = createQuarantine({
    producer: noProducer,
    keys: {
      quarantineKey: (day) => {
        asked.push(day);
        return Promise.resolve(keyOf(day));
      },
    },
    by: 'tag',
    now: () => new Date(left.shift() ?? ''),
    random: (bytes) => Buffer.alloc(bytes, (ivs += 1)),
  });
  return { quarantine, asked };
}

async function sealOne(item: Partial<Message> = {}) {
  const { quarantine } = quarantineAt(['2026-04-01T00:00:00.000Z']);
  const [one] = await quarantine.seal([
    { message: { ...message, ...item }, reason: 'unreadable', detail: 'no' },
  ]);
  if (one === undefined) throw new Error('nothing was sealed');
  return one;
}

function opened(
  one: { sealed: string; day: string },
  position: Pick<Message, 'topic' | 'partition' | 'offset'>,
  by = 'tag',
) {
  return JSON.parse(
    open(keyOf(one.day), one.sealed, quarantineAssociated(by, position)).toString(),
  ) as SealedMessage;
}

describe('what is set aside', () => {
  it('is whole under the key of its day, and in clear nowhere', async () => {
    const one = await sealOne();
    expect(quarantinedSchema.parse(one)).toEqual(one);
    expect(JSON.stringify(one)).not.toContain(canary);
    expect(JSON.stringify(one)).not.toContain(Buffer.from(canary).toString('base64').slice(0, 20));
    const { key, headers, value, bytes } = opened(one, message);
    expect({ key, headers, bytes }).toEqual({
      key: message.key,
      headers: message.headers,
      bytes: message.value?.length,
    });
    expect(Buffer.from(value ?? '', 'base64')).toEqual(message.value);
  });

  it('is bound to its place and to who set it aside', async () => {
    const one = await sealOne();
    expect(() => opened(one, { ...message, offset: '42' })).toThrow('does not open');
    expect(() => opened(one, message, 'transfer')).toThrow('does not open');
  });

  it('may be a tombstone, or have no key', async () => {
    const one = await sealOne({ key: undefined, value: null });
    expect(opened(one, message)).toEqual({ key: null, headers: message.headers, value: null, bytes: 0 });
  });

  it('is cut, and says so, when it could not be sent whole', async () => {
    const one = await sealOne({ value: Buffer.alloc(3_000_000, 1), key: 'k'.repeat(300_000) });
    expect(one.detail).toMatch(/of 3000000 bytes the first \d+ are kept; key and headers were too long/);
    expect(JSON.stringify(one).length).toBeLessThan(4 * 1024 * 1024);
    expect(opened(one, message)).toMatchObject({ key: null, headers: {}, bytes: 3_000_000 });
  });

  it('uses a key per day, asked for once', async () => {
    const { quarantine, asked } = quarantineAt([
      '2026-04-01T10:00:00.000Z',
      '2026-04-01T23:59:59.999Z',
      '2026-04-02T00:00:00.000Z',
    ]);
    const item = { message, reason: 'malformed' as const, detail: 'value: missing' };
    const days: (string | undefined)[] = [];
    for (let time = 0; time < 3; time += 1) days.push((await quarantine.seal([item]))[0]?.day);
    expect(days).toEqual(['2026-04-01', '2026-04-01', '2026-04-02']);
    expect(asked).toEqual(['2026-04-01', '2026-04-02']);
  });

  it('needs no key when there is nothing', async () => {
    const { quarantine, asked } = quarantineAt([]);
    await quarantine.add([]);
    expect(asked).toEqual([]);
  });
});

describe('chunks', () => {
  it.each([
    { name: 'keeps order and fills up', sizes: [4, 4, 4, 4, 1], chunks: [[4, 4], [4, 4], [1]] },
    { name: 'lets a giant go by itself', sizes: [1, 20, 1], chunks: [[1], [20], [1]] },
    { name: 'makes nothing of nothing', sizes: [], chunks: [] },
  ])('$name', ({ sizes, chunks }) => {
    expect(chunksBySize(sizes, (size) => size, 8)).toEqual(chunks);
  });
});
