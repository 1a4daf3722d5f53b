import { describe, expect, it } from '@jest/globals';
import type { Message } from '@keiro/runtime';
import { proofHeader } from '@keiro/schemas';
import { createReportProver, custodyProof, isCustodyProven, reportKeyOf } from '@keiro/sdk';
import { createProofs, refusedAsForged } from '@keiro/transfer/proofs';

const master = Buffer.alloc(32, 1);
const keyOf = (holder: string) => reportKeyOf(master, holder);
const message = { topic: 'custody.copies', key: 'r-1', value: Buffer.from('a report') };

describe('the proof of a custody report', () => {
  const proof = custodyProof(keyOf('crm'), message);

  it('is that of its holder, topic, key and value, and of no other', () => {
    expect(isCustodyProven(keyOf('crm'), message, proof)).toBe(true);
    expect(isCustodyProven(keyOf('billing'), message, proof)).toBe(false);
    for (const other of [
      { ...message, topic: 'custody.snapshots' },
      { ...message, key: 'r-2' },
      { ...message, key: undefined },
      { ...message, value: Buffer.from('another report') },
      { ...message, value: null },
    ])
      expect(isCustodyProven(keyOf('crm'), other, proof)).toBe(false);
  });

  it('is no proof when it is cut or is something else', () => {
    for (const wrong of ['', proof.slice(1), `${proof}=`, '経路'])
      expect(isCustodyProven(keyOf('crm'), message, wrong)).toBe(false);
  });
});

describe('proving', () => {
  it('asks for the key once it has been given, keeps other headers, and asks again after a failure', async () => {
    let asked = 0;
    const prove = createReportProver(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve(keyOf('crm'));
    });
    const outgoing = { key: 'r-1', value: message.value, headers: { other: 'one' } };
    await expect(prove('custody.copies', [outgoing])).rejects.toThrow('away');
    const headers = { other: 'one', [proofHeader]: custodyProof(keyOf('crm'), message) };
    expect(await prove('custody.copies', [outgoing])).toEqual([{ ...outgoing, headers }]);
    await prove('custody.copies', [outgoing]);
    expect(asked).toBe(2);
  });
});

describe('verifying', () => {
  const sent = (headers: Message['headers']): Message => ({
    ...message,
    partition: 0,
    offset: '0',
    timestamp: 0,
    headers,
  });
  const proven = sent({ [proofHeader]: custodyProof(keyOf('crm'), message) });

  it('says of each report why it is not believed', async () => {
    const asked: string[][] = [];
    const proofs = createProofs({
      reportKeys: (holders) => {
        asked.push([...holders]);
        return Promise.resolve(holders.map(keyOf));
      },
    });
    const reports = [
      { message: proven, holder: 'crm' },
      { message: proven, holder: 'billing' },
      { message: sent({}), holder: 'crm' },
    ];
    expect(await proofs(reports)).toEqual([undefined, 'bad-proof', 'no-proof']);
    expect(await proofs(reports)).toEqual([undefined, 'bad-proof', 'no-proof']);
    expect(asked).toEqual([['crm', 'billing']]);
  });

  it('takes what has no proof only where that is accepted, and a wrong proof never', () => {
    expect(refusedAsForged(undefined, 'required')).toBeUndefined();
    expect(refusedAsForged('no-proof', 'required')).toMatch(/no proof/);
    expect(refusedAsForged('bad-proof', 'required')).toMatch(/not of this report/);
    expect(refusedAsForged('no-proof', 'accept')).toBeUndefined();
    expect(refusedAsForged('bad-proof', 'accept')).toMatch(/not of this report/);
  });

  it('believes nothing while it has no keys', async () => {
    const proofs = createProofs({ reportKeys: () => Promise.reject(new Error('away')) });
    await expect(proofs([{ message: proven, holder: 'crm' }])).rejects.toThrow('away');
  });
});
