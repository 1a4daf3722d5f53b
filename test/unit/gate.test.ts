import { describe, expect, it } from '@jest/globals';
import { createLog, UnavailableError } from '@keiro/runtime';
import type { Gate } from '@keiro/schemas';
import { waitForGate } from '@keiro/sdk';

describe('a holder at its start', () => {
  const because = { ja: '理由', en: 'a reason' };
  const gate = (open: boolean): Gate => ({ holder: 'crm', open, because });

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
