import { describe, expect, it } from '@jest/globals';
import { createLog, UnavailableError } from '@keiro/runtime';
import type { Gate } from '@keiro/schemas';
import { followGate, waitForGate } from '@keiro/sdk';

const because = { ja: '理由', en: 'a reason' };
const gate = (open: boolean): Gate => ({ holder: 'crm', open, because });

describe('a holder at its start', () => {
  it('waits while its gate is closed, or nobody can say, and goes on when it is open', async () => {
    const answers = [
      () => gate(false),
      () => {
        throw new UnavailableError('erase');
      },
      () => gate(false),
      () => gate(true),
      () => gate(false),
    ];
    const asked: string[] = [];
    const ask = (holder: string) => {
      asked.push(holder);
      return Promise.resolve().then(() => answers[asked.length - 1]?.() ?? gate(false));
    };
    await waitForGate(ask, { holder: 'crm', log: createLog('test-gate', 'silent'), everyMs: 1 });
    expect(asked).toEqual(['crm', 'crm', 'crm', 'crm']);
  });

  it('does not start where it may not ask', async () => {
    const ask = () => Promise.reject(new Error('403'));
    await expect(waitForGate(ask, { holder: 'crm', log: createLog('test-gate', 'silent') })).rejects.toThrow(
      '403',
    );
  });
});

describe('a holder at work', () => {
  const log = createLog('test-gate', 'silent');
  let at = 0;
  const now = () => new Date(at);
  const unavailable = () => {
    throw new UnavailableError('erase');
  };

  function following(answers: readonly (() => Gate)[]) {
    let asked = 0;
    const followed = followGate(() => Promise.resolve().then(() => answers[asked++]?.() ?? gate(false)), {
      holder: 'crm',
      log,
      now,
    });
    return { followed, asked: () => asked };
  }

  it('stops within a second of its gate’s closing, and goes on when it opens', async () => {
    const { followed, asked } = following([() => gate(true), () => gate(false), () => gate(true)]);
    await followed.assertOpen();
    at += 999;
    await followed.assertOpen();
    expect(asked()).toBe(1);
    at += 1;
    await expect(followed.assertOpen()).rejects.toMatchObject({ code: 'gate-closed', retryable: true });
    await expect(followed.assertOpen()).rejects.toThrow('a reason');
    expect(asked()).toBe(2);
    at += 1000;
    await followed.assertOpen();
  });

  it('takes the last word while nobody answers, be it open or closed', async () => {
    const { followed } = following([
      unavailable,
      unavailable,
      () => gate(false),
      unavailable,
      () => gate(true),
    ]);
    for (const open of [true, true, false, false, true]) {
      if (open) await followed.assertOpen();
      else await expect(followed.assertOpen()).rejects.toThrow('the gate of crm is closed');
      at += 1000;
    }
  });
});
