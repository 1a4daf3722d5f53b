import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { isWrappedAgain, kekLines } from '@keiro/cli/kek-output';
import { painter } from '@keiro/cli/output';
import {
  backupsEnd,
  activeOf,
  backupFault,
  behind,
  firstEpochs,
  kekLeaseMs,
  liveInstances,
  obstacles,
  warningsOf,
} from '@keiro/keys/kek-decide';
import type { KekEpochDocument, KekInstanceDocument } from '@keiro/keys/kek-store';
import { fileProvider } from '@keiro/keys/file-provider';
import { openKeks } from '@keiro/keys/keks';
import { kekStatusSchema, type KekStatus } from '@keiro/schemas';
import { keyFile } from '../builders/key-file.ts';

const start = Date.UTC(2026, 2, 1);
const second = (n: number) => new Date(start + n * 1000);
const day = (n: number) => second(n * 86_400);

const epoch = (_id: number, more: Partial<KekEpochDocument> = {}): KekEpochDocument => ({
  _id,
  state: 'retiring',
  createdAt: second(0),
  by: 'operator',
  ...more,
});
const instance = (_id: string, wraps: number, heard = 0): KekInstanceDocument => ({
  _id,
  epoch: wraps,
  heardAt: second(heard),
  leaseUntil: new Date(second(heard).getTime() + kekLeaseMs),
});

describe('the epoch that wraps', () => {
  it('is the newest at a first start, and what a database knows is never guessed again', () => {
    const first = firstEpochs([], [1, 3, 2], second(0));
    expect(first.map(({ _id, state }) => [_id, state])).toEqual([
      [1, 'retiring'],
      [3, 'active'],
      [2, 'retiring'],
    ]);
    expect(firstEpochs([epoch(1, { state: 'active' })], [1, 2], second(0))).toEqual([]);
  });

  it('is the newer one while a rotation begins', () => {
    expect(activeOf([epoch(1, { state: 'active' }), epoch(2, { state: 'active' })])?._id).toBe(2);
    expect(activeOf([epoch(1)])).toBeUndefined();
  });
});

describe('the end of an epoch', () => {
  const rewrapped = epoch(1, { rewrappedAt: second(5) });

  it('waits for every live instance, for the last wrapped key, and always for a backup', () => {
    expect(obstacles(epoch(1), [instance('a', 1)], 3, second(1))).toEqual([
      'acknowledgement',
      're-wrapping',
      'backup',
    ]);
    expect(obstacles(rewrapped, [instance('a', 2)], 1, second(6))).toEqual(['re-wrapping', 'backup']);
    expect(obstacles(epoch(1), [instance('a', 2)], 0, second(6))).toEqual(['re-wrapping', 'backup']);
    expect(obstacles(rewrapped, [instance('a', 2)], 0, second(6))).toEqual(['backup']);
    expect(obstacles(epoch(2, { state: 'active' }), [], 5, second(6))).toEqual([]);
  });

  it('waits for a silent instance twice as long as that may wrap', () => {
    const silent = [instance('silent', 1), instance('here', 2, 40)];
    const twice = (2 * kekLeaseMs) / 1000;
    expect(behind(silent, 1, second(twice - 1)).map(({ _id }) => _id)).toEqual(['silent']);
    expect(behind(silent, 1, second(twice))).toEqual([]);
    expect(liveInstances(silent, second(twice)).map(({ _id }) => _id)).toEqual(['here']);
  });

  it.each([
    ['before the last wrapping again', 4, 'not after the last re-wrapping'],
    ['at the same moment', 5, 'not after the last re-wrapping'],
    ['in the future', 11, 'lies in the future'],
    ['after it', 6, undefined],
  ])('a backup taken %s', (_when, taken, fault) => {
    const found = backupFault(second(taken), second(5), second(10));
    expect(found === undefined ? undefined : found.includes(fault ?? '')).toBe(
      fault === undefined ? undefined : true,
    );
  });
});

describe('warnings', () => {
  it('tell of epochs older than they may become, of what does not unwrap, and of a key that outlived its epoch', () => {
    const all = [
      epoch(1, { state: 'destroyed' }),
      epoch(2),
      epoch(3, { state: 'active', progress: { rewrapped: 0, unreadable: 1 } }),
    ];
    expect(warningsOf(all, [1, 2, 3], 35, day(35))).toEqual([
      'active-too-old',
      'retiring-too-old',
      'unreadable',
      'kek-still-there',
    ]);
    expect(warningsOf([epoch(2), epoch(3, { state: 'active' })], [2, 3], 35, day(34))).toEqual([]);
  });
});

describe('backups of what is wrapped now', () => {
  it('end with the epoch that wraps, which may become so old; nobody knows when where one is older than that', () => {
    const all = [
      epoch(1, { state: 'destroyed' }),
      epoch(2),
      epoch(3, { state: 'active', createdAt: day(10) }),
    ];
    expect(backupsEnd(all, 35, day(20))).toEqual(day(45));
    expect(backupsEnd(all, 35, day(40))).toBeUndefined();
    expect(backupsEnd([], 35, day(40))).toBeUndefined();
  });
});

describe('an instance', () => {
  const file = keyFile([1, 2]);
  const provider = fileProvider(file.path, randomBytes);
  afterAll(() => {
    file.remove();
  });

  it('acknowledges an epoch only when nothing is being stored under an older one', async () => {
    const keks = await openKeks(provider, () => second(0));
    keks.grant(second(1).getTime());
    keks.use(1);
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const storing = keks.wrapping(async (wrap) => {
      const { epoch: used } = wrap(randomBytes(32), 'somebody', randomBytes(12));
      await finished;
      return used;
    });
    keks.use(2);
    expect([keks.current, keks.settled]).toEqual([2, 1]);
    finish();
    expect(await storing).toBe(1);
    expect(keks.settled).toBe(2);
    keks.use(1);
    expect(keks.current).toBe(2);
  });

  it('wraps nothing without a lease, so that nothing comes under a key that others think unused', async () => {
    let at = second(0);
    const keks = await openKeks(provider, () => at);
    keks.use(1);
    keks.grant(second(15).getTime());
    const wrapping = () => keks.wrapping(() => Promise.resolve('stored'));
    expect(await wrapping()).toBe('stored');
    at = second(15);
    await expect(wrapping()).rejects.toMatchObject({ code: 'behind', retryable: true });
  });
});

describe('keiro kek status', () => {
  const status: KekStatus = kekStatusSchema.parse({
    asOf: second(60).toISOString(),
    provider: 'file',
    active: 2,
    epochs: [
      {
        epoch: 1,
        state: 'retiring',
        createdAt: second(0).toISOString(),
        by: 'keys',
        documents: {
          keys: 1200,
          quarantineKeys: 1,
          sweeps: 0,
          provisionKeys: 0,
          reportKeys: 0,
          floorKeys: 0,
        },
        waitingFor: ['re-wrapping', 'backup'],
      },
      {
        epoch: 2,
        state: 'active',
        createdAt: second(30).toISOString(),
        by: 'operator',
        documents: { keys: 0, quarantineKeys: 0, sweeps: 0, provisionKeys: 0, reportKeys: 0, floorKeys: 0 },
        waitingFor: [],
      },
    ],
    instances: [{ instance: 'abcdefgh-ijkl', epoch: 2, heardAt: second(58).toISOString() }],
    progress: { rewrapped: 800, unreadable: 0 },
    maxDays: 35,
    rotateBefore: day(35).toISOString(),
    warnings: ['active-too-old'],
  });

  it('says in both languages what is wrapped, what is waited for and what is wrong', () => {
    const text = kekLines(status, { lang: 'both', paint: painter(false) }).join('\n');
    expect(text).toContain('使用中の世代が期限を過ぎています');
    expect(text).toMatch(
      /1 +退役中 retiring .* 1,200 本人 persons, 1 隔離 quarantine +包み直し wrapping again, /,
    );
    expect(text).toContain('abcdefgh (世代 epoch 2, 最終確認 heard 2 s)');
    expect(text).toContain('申告なし none stated');
    expect(kekLines(status, { lang: 'en', paint: painter(false) }).join('\n')).not.toMatch(/[ぁ-ん一-龠]/);
  });

  it('is the end of waiting once only the backup is missing', () => {
    expect(isWrappedAgain(status)).toBe(false);
    const [first, ...rest] = status.epochs;
    if (first === undefined) throw new Error('no epoch');
    expect(isWrappedAgain({ ...status, epochs: [{ ...first, waitingFor: ['backup'] }, ...rest] })).toBe(true);
  });
});
