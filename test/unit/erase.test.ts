import { describe, expect, it } from '@jest/globals';
import { afterFailure, isOver, shippedRetryPolicy, Tally, waitingOf } from '@keiro/erase/attempt';
import { WaitingError } from '@keiro/erase/connectors/connector';
import { openLocators } from '@keiro/erase/locators';
import type { Foreseen } from '@keiro/schemas';
import { custodyGroup, groupKeyOf, locatorAssociated, seal, sealKeyOf } from '@keiro/sdk';

const now = new Date('2026-04-02T03:00:00.000Z');

describe('after an attempt that failed', () => {
  it('the next comes later each time, and after eight a person has to look', () => {
    const pauses: number[] = [];
    let attempt = 1;
    for (;;) {
      const verdict = afterFailure(attempt, now, shippedRetryPolicy);
      if (verdict.state === 'failed') break;
      pauses.push((verdict.notBefore?.getTime() ?? 0) - now.getTime());
      attempt = verdict.attempt;
    }
    expect(attempt).toBe(8);
    expect(pauses).toEqual([500, 1500, 4500, 13_500, 40_500, 121_500, 300_000]);
  });

  it('and that an operator put back, there is a full round again', () => {
    expect(afterFailure(9, now, shippedRetryPolicy)).toMatchObject({ state: 'pending', attempt: 10 });
    expect(afterFailure(16, now, shippedRetryPolicy)).toEqual({ state: 'failed', attempt: 16 });
  });
});

describe('a task that waits for its holder', () => {
  const error = (since?: Date) =>
    new WaitingError('the processor says pending', {
      until: new Date(now.getTime() + 60_000),
      expected: new Date('2026-04-09T00:00:00.000Z'),
      since,
    });
  const later = new Date('2026-04-03T03:00:00.000Z');

  it('goes on with what was asked first, and holds the holder to its first promise', () => {
    const first = waitingOf({ attempt: 3 }, error(), 'erase', now);
    expect(first).toEqual({
      attempt: 3,
      step: 'erase',
      since: now,
      expected: new Date('2026-04-09T00:00:00.000Z'),
      says: 'the processor says pending',
    });
    const postponed = new WaitingError('still', {
      until: later,
      expected: new Date('2026-05-01T00:00:00.000Z'),
    });
    expect(waitingOf({ attempt: 4, waiting: first }, postponed, 'erase', later)).toEqual({
      ...first,
      says: 'still',
    });
    // The look afterwards is another question, with a time of its own.
    const look = waitingOf({ attempt: 5, waiting: first }, error(later), 'probe', new Date());
    expect(look).toMatchObject({ attempt: 3, step: 'probe', since: later });
  });

  it('has failed no attempt by it', () => {
    expect(afterFailure(9, now, shippedRetryPolicy, 8)).toMatchObject({ state: 'pending', attempt: 10 });
    expect(afterFailure(16, now, shippedRetryPolicy, 8)).toEqual({ state: 'failed', attempt: 16 });
  });

  it('asks anew only when what was asked is over', () => {
    expect(['still-there', 'cancelled', 'http-status', undefined].map(isOver)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a receipt', () => {
  it('adds up over all attempts, by place', () => {
    const first = new Tally();
    first.add('crm.profiles', 2);
    first.add('crm.profiles', 1);
    const after = first.addedTo(undefined);
    expect(after).toEqual({ affected: 3, detail: { 'crm/profiles': 3 } });
    const second = new Tally();
    second.add('crm.profiles', 0);
    second.add('notes', 1);
    expect(second.addedTo({ ...after, sweptAt: now })).toEqual({
      affected: 4,
      detail: { 'crm/profiles': 3, notes: 1 },
      sweptAt: now,
    });
  });
});

describe('what a try erased whose answer was lost', () => {
  /** A try that has looked at its only page, and what it has written by then. */
  const begun = (before: Foreseen | undefined, found: Record<string, number>) => {
    const tally = new Tally(before);
    return { tally, written: tally.begin(0, found) ?? before };
  };

  it('is what it found before and the next one did not', () => {
    // Killed after the store had done it.
    const { written } = begun(undefined, { 'crm.profiles': 3, notes: 1 });
    expect(written).toEqual({ page: 0, rows: { 'crm/profiles': 3, notes: 1 }, gone: {} });
    const second = begun(written, { 'crm.profiles': 1, notes: 1 }).tally;
    second.add('crm.profiles', 1);
    second.add('notes', 1);
    expect(second.addedTo(undefined, true)).toEqual({
      affected: 4,
      unanswered: 2,
      detail: { 'crm/profiles': 3, notes: 1 },
    });
  });

  it('is not lost when the next one is killed too, nor counted twice', () => {
    const first = begun(undefined, { people: 3 });
    const second = begun(first.written, { people: 1 });
    const third = begun(second.written, { people: 0 });
    // It only fails, and its receipt has it.
    const receipt = third.tally.addedTo(undefined);
    expect(receipt).toEqual({ affected: 3, unanswered: 3, detail: { people: 3 } });
    const fourth = begun(third.tally.left, { people: 0 });
    expect(fourth.tally.addedTo(receipt, true)).toEqual(receipt);
  });

  it('is told after a connection that broke before the answer, and by nobody where all was answered', () => {
    const first = begun(undefined, { people: 5 }).tally;
    first.add('people', 2);
    const receipt = first.addedTo(undefined);
    expect(receipt).toEqual({ affected: 2, detail: { people: 2 } });
    expect(begun(first.left, { people: 0 }).tally.addedTo(receipt, true)).toEqual({
      affected: 5,
      unanswered: 3,
      detail: { people: 5 },
    });
    const all = begun(undefined, { people: 5 }).tally;
    all.add('people', 5);
    expect(all.addedTo(undefined, true)).toEqual({ affected: 5, detail: { people: 5 } });
  });

  it('is told within one try, when the probe finds nothing of what was neither gone before nor counted', () => {
    const only = begun(undefined, { people: 2 }).tally;
    only.add('people', 0);
    expect(only.addedTo(undefined)).toEqual({ affected: 0, detail: { people: 0 } });
    expect(only.addedTo(undefined, true)).toEqual({ affected: 2, unanswered: 2, detail: { people: 2 } });
  });

  it('adds up over pages, wherever among them a try was killed', () => {
    const first = new Tally();
    expect(first.begin(0, { people: 10 })).toEqual({ page: 0, rows: { people: 10 }, gone: {} });
    first.add('people', 10);
    const written = first.begin(1, { people: 8 });
    // What is counted by then is in no receipt: it would be lost with the try.
    expect(written).toEqual({ page: 1, rows: { people: 8 }, gone: { people: 10 } });
    const second = new Tally(written);
    // The first page is empty: the one that is written stays written.
    expect(second.begin(0, { people: 0 })).toBeUndefined();
    expect(second.left).toEqual({ page: 1, rows: { people: 8 }, gone: {} });
    expect(second.begin(1, { people: 3 })).toEqual({ page: 1, rows: { people: 3 }, gone: { people: 15 } });
    second.add('people', 3);
    second.begin(2, { people: 2 });
    second.add('people', 2);
    expect(second.addedTo(undefined, true)).toEqual({
      affected: 20,
      unanswered: 15,
      detail: { people: 20 },
    });
  });
});

describe('what an erasure leaves on purpose', () => {
  const kept = (rows: number) => ({ place: 'payments', why: 'kept' as const, columns: ['amount'], rows });
  const renamed = (rows: number) => ({ ...kept(rows), why: 'pseudonymised' as const });

  it('is as the last attempt found it, but for pseudonyms, which nobody finds a second time', () => {
    const first = new Tally();
    first.remain(kept(2));
    first.remain(renamed(2));
    const receipt = first.addedTo(undefined);
    expect(receipt).toEqual({ affected: 0, detail: {}, remains: [kept(2), renamed(2)] });
    const second = new Tally();
    second.remain(kept(3));
    second.remain(renamed(1));
    expect(second.addedTo(receipt).remains).toEqual([kept(3), renamed(3)]);
    expect(new Tally().addedTo(receipt).remains).toEqual(receipt.remains);
  });
});

describe('what a lock of a store keeps', () => {
  it('is as the last attempt met it, and gone from the receipt when the lock has ended', () => {
    const kept = { place: 'exports', why: 'retention' as const, columns: [], rows: 2 };
    const first = new Tally();
    first.remain(kept);
    const receipt = first.addedTo(undefined);
    expect(receipt.remains).toEqual([kept]);
    expect(new Tally().addedTo(receipt)).toEqual({ affected: 0, detail: {} });
  });
});

describe('locators', () => {
  const dataKey = Buffer.alloc(32, 7);
  const custodyKey = groupKeyOf(dataKey, custodyGroup);
  const ref = `member.${'h'.repeat(32)}`;
  const life = {
    ref,
    generation: 1,
    kind: 'member',
    value: 'hanako',
    custodyKey: custodyKey.toString('base64'),
  };
  let iv = 0;
  const copy = (
    holder: string,
    record: string,
    locator: string,
    more: { generation?: number; sealedFor?: string } = {},
  ) => ({
    holder,
    record,
    ref,
    generation: more.generation ?? 1,
    locator: seal(
      sealKeyOf(custodyKey, more.sealedFor ?? holder),
      Buffer.from(locator),
      locatorAssociated(holder, record),
      Buffer.alloc(12, (iv += 1)),
    ),
  });
  async function* stream<T>(...items: T[]): AsyncGenerator<T> {
    for (const item of items) yield await Promise.resolve(item);
  }

  it('are opened, each once, by the holder that reported them', async () => {
    const { byHolder, unreadable } = await openLocators(
      stream(
        copy('crm', 'r1', '17'),
        copy('crm', 'r2', '17'),
        copy('crm', 'r3', '18'),
        copy('billing', 'r4', '17'),
      ),
      [life],
    );
    expect([...(byHolder.get('crm') ?? [])]).toEqual(['17', '18']);
    expect([...(byHolder.get('billing') ?? [])]).toEqual(['17']);
    expect(unreadable).toBe(0);
  });

  it('of another generation are left alone', async () => {
    const { byHolder } = await openLocators(stream(copy('crm', 'r1', '17', { generation: 2 })), [life]);
    expect(byHolder.size).toBe(0);
  });

  it('that do not open are counted, and the others still used', async () => {
    const moved = { ...copy('crm', 'r1', '17'), record: 'r9' };
    const answer = await openLocators(
      stream(moved, copy('crm', 'r2', '18', { sealedFor: 'billing' }), copy('crm', 'r3', '19')),
      [life],
    );
    expect(answer.unreadable).toBe(2);
    expect([...(answer.byHolder.get('crm') ?? [])]).toEqual(['19']);
  });
});
