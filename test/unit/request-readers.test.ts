import { beforeEach, describe, expect, it } from '@jest/globals';
import { standingLeaseMs, type OutboxDocument, type StandingAck } from '@keiro/schemas';
import { createReaders, parseAck, type Readers } from '@keiro/request/readers';
import { newestPerKey } from '@keiro/request/relay';
import { createStamps } from '@keiro/request/stamps';
import { jobFor } from '@keiro/request/dispatch';

let at = 0;
let offset = 0n;
let readers: Readers;
beforeEach(() => {
  at = Date.parse('2026-04-02T03:00:00.000Z');
  offset = 100n;
  readers = createReaders(() => new Date(at), ['keys', 'tag']);
});

const ack = (reader: string, applied: number, more: Partial<StandingAck> = {}): StandingAck => ({
  reader,
  instance: `${reader}-1`,
  applied: String(applied),
  leaseMs: standingLeaseMs,
  at: new Date(at).toISOString(),
  ...more,
});
const hear = (...acks: (StandingAck | undefined)[]) => {
  for (const one of acks) readers.heard(offset++, one);
};
/** Both indispensable readers renew, as they do in life, until a full lease has passed. */
const listenFullLease = (applied: number) => {
  for (let passed = 0; passed < standingLeaseMs; passed += 2000) {
    hear(ack('keys', applied), ack('tag', applied));
    at += 2000;
  }
  hear(ack('keys', applied), ack('tag', applied));
};
const waitingFor = (wanted: string) => {
  const answer = readers.passed(wanted);
  return answer.passed ? 'nothing' : answer.waitingFor;
};

describe('readers of rights.standing', () => {
  it('are not believed to be all before a full lease was listened to', () => {
    expect(waitingFor('0')).toContain('full lease');
    hear(ack('keys', 9), ack('tag', 9));
    at += standingLeaseMs - 1;
    expect(waitingFor('5')).toContain('full lease');
  });

  it('have passed when each live one has applied all before the offset', () => {
    listenFullLease(5);
    expect(readers.passed('5')).toEqual({ passed: true, readers: { keys: 1, tag: 1 } });
    expect(waitingFor('6')).toBe('keys, tag to apply the standing');
  });

  it('count by number, not by letters', () => {
    listenFullLease(9);
    expect(waitingFor('10')).toContain('to apply');
    listenFullLease(10);
    expect(waitingFor('9')).toBe('nothing');
  });

  it('are waited for one by one, each instance by itself', () => {
    listenFullLease(7);
    hear(ack('crm', 7, { instance: 'crm-1' }), ack('crm', 3, { instance: 'crm-2' }));
    expect(waitingFor('7')).toBe('crm to apply the standing');
    hear(ack('crm', 7, { instance: 'crm-2' }));
    expect(readers.passed('7')).toEqual({ passed: true, readers: { keys: 1, tag: 1, crm: 2 } });
  });

  it('that give their lease back, or let it run out, are waited for no more', () => {
    listenFullLease(7);
    hear(ack('crm', 3));
    expect(waitingFor('7')).toContain('crm');
    hear(ack('crm', 3, { leaseMs: 0 }));
    expect(waitingFor('7')).toBe('nothing');
    hear(ack('billing', 3));
    listenFullLease(7);
    expect(waitingFor('7')).toBe('nothing');
  });

  it('that nothing works without must be alive', () => {
    listenFullLease(7);
    at += standingLeaseMs;
    hear(ack('keys', 7));
    expect(waitingFor('7')).toBe('tag to be alive');
  });

  it('may have spoken in a gap: a full lease has to pass again', () => {
    listenFullLease(7);
    offset += 3n;
    hear(ack('keys', 7));
    expect(waitingFor('7')).toContain('full lease');
    listenFullLease(7);
    expect(waitingFor('7')).toBe('nothing');
  });

  it('are told from messages that are no acknowledgement', () => {
    expect(parseAck(Buffer.from(JSON.stringify(ack('keys', 1))))).toEqual(ack('keys', 1));
    for (const value of [null, Buffer.from('{'), Buffer.from('{"reader":"keys"}')])
      expect(parseAck(value)).toBeUndefined();
    listenFullLease(7);
    hear(undefined);
    expect(waitingFor('7')).toBe('nothing');
  });
});

describe('the outbox', () => {
  const message = (id: string, key: string): OutboxDocument => ({
    _id: id,
    topic: 'rights.standing',
    key,
    value: id,
    request: 'req-1',
    at: new Date(at),
  });

  it('publishes of each ref the newest only, in order', () => {
    const messages = [message('1', 'a'), message('2', 'b'), message('3', 'a'), message('4', 'c')];
    expect(newestPerKey(messages).map(({ _id }) => _id)).toEqual(['2', '3', '4']);
  });

  it('tells a key of one topic from that of another', () => {
    const messages = [message('1', 'a'), { ...message('2', 'a'), topic: 'policy.versions' }];
    expect(newestPerKey(messages)).toEqual(messages);
  });

  it('is ordered by stamps, whatever the clock does', () => {
    const stamp = createStamps(() => new Date(at));
    const drawn = [stamp(), stamp()];
    at -= 60_000;
    drawn.push(stamp());
    const restarted = createStamps(() => new Date(at), `${drawn.at(-1) ?? ''}-000001`);
    drawn.push(restarted());
    at += 120_000;
    drawn.push(restarted());
    expect(drawn).toEqual([...drawn].sort());
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});

describe('the job of a task', () => {
  it('carries its id alone, waits as long as the task, and is gone when it ends', () => {
    const task = {
      _id: 'req-1.crm',
      request: 'req-1',
      holder: 'crm',
      directive: 'erase' as const,
      purposes: [],
      state: 'pending' as const,
      attempt: 3,
      errors: [],
      createdAt: new Date(at),
    };
    expect(jobFor({ ...task, notBefore: new Date(at + 1500) }, new Date(at))).toEqual({
      name: 'task',
      data: { task: 'req-1.crm' },
      opts: { jobId: 'req-1.crm-3', attempts: 1, removeOnComplete: true, removeOnFail: true, delay: 1500 },
    });
    expect(jobFor(task, new Date(at)).opts.delay).toBe(0);
  });
});
