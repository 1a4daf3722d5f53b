import { describe, expect, it } from '@jest/globals';
import { bounded } from '@keiro/erase/connectors/bounded';
import type { Connector } from '@keiro/erase/connectors/connector';
import { MongoServerError } from 'mongodb';
import pg from 'pg';
import { anyWork } from '../builders/work.ts';

const canary = 'canary-7f3a';
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

/** A connector whose every call comes to this. */
const coming = (to: () => Promise<never>): Connector => ({
  erase: to,
  suspend: to,
  resume: to,
  probe: to,
  correct: to,
  async *export() {
    yield await to();
  },
  close: () => Promise.resolve(),
});
const callsOf = (connector: Connector, signal: AbortSignal) => {
  const work = anyWork([], { signal });
  return [
    () => connector.erase(work),
    () => connector.suspend(work),
    () => connector.resume(work),
    () => connector.probe(work),
    () => connector.correct(work, []),
    () => connector.export(work)[Symbol.asyncIterator]().next(),
  ];
};

describe('a call of a connector', () => {
  it.each([
    [new MongoServerError({ message: canary, code: 18 })],
    [Object.assign(new pg.DatabaseError(canary, 1, 'error'), { code: '28P01' })],
    [reply(`WRONGPASS ${canary}`)],
    [reply('NOAUTH Authentication required.')],
  ])(
    'that is refused for its credentials says what to renew, without what the server says: %#',
    async (error) => {
      const connector = bounded(
        coming(() => Promise.reject(error)),
        'the store',
        ['A_URL', 'A_TOKEN'],
      );
      for (const call of callsOf(connector, new AbortController().signal)) {
        await expect(call()).rejects.toThrow('the store refuses the credentials: renew A_URL or A_TOKEN in');
        await expect(call()).rejects.not.toThrow(canary);
      }
    },
  );

  it('fails as it did otherwise', async () => {
    const error = reply('LOADING Redis is loading the dataset in memory');
    const connector = bounded(
      coming(() => Promise.reject(error)),
      'the store',
      [],
    );
    for (const call of callsOf(connector, new AbortController().signal))
      await expect(call()).rejects.toBe(error);
  });

  it('ends with its task, whatever the server does', async () => {
    const lost = new AbortController();
    const connector = bounded(
      coming(() => new Promise(() => undefined)),
      'the store',
      [],
    );
    const calls = callsOf(connector, lost.signal).map((call) => call());
    lost.abort(new Error('lost'));
    for (const call of calls) await expect(call).rejects.toThrow('lost');
  });
});
