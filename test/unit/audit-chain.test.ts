import { sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  believedKeys,
  canonicalJson,
  checkChain,
  detailDigestOf,
  endorsedText,
  headOf,
  leafHash,
  proofOf,
  rootBy,
  rootOf,
  type AuditLine,
  type ChainFault,
} from '@keiro/schemas';
import { assertAsHeld } from '@keiro/request/evidence/sealer';
import fc from 'fast-check';
import { auditLine, believed, chainOf, newKey, signSegment, type Sealed } from '../builders/evidence.ts';

const key = newKey();
const noHeads = new Map<number, string>();

function faultsOf(chain: readonly Sealed[], heads: ReadonlyMap<number, string> = noHeads): ChainFault[] {
  const check = checkChain(believed(key), heads);
  return [...chain.flatMap(({ segment, entries }) => check.next(segment, entries)), ...check.end()];
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
/** A chain, one of its segments, and one of its entries. */
const spot = sizes.chain((all) =>
  fc
    .nat(all.length - 1)
    .chain((at) => fc.tuple(fc.constant(all), fc.constant(at), fc.nat((all[at] ?? 1) - 1))),
);

describe('a Merkle tree', () => {
  it('leads from every leaf to its root, and from nothing else', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 40 }), fc.nat(), (contents, n) => {
        const leaves = contents.map(leafHash);
        const index = n % leaves.length;
        const proof = proofOf(leaves, index);
        const root = rootOf(leaves);
        const leaf = leaves[index] ?? '';
        expect(rootBy(leaf, index, leaves.length, proof)).toBe(root);
        expect(rootBy(leafHash('another'), index, leaves.length, proof)).not.toBe(root);
        if (leaves.length > 1) {
          expect(rootBy(leaf, (index + 1) % leaves.length, leaves.length, proof)).not.toBe(root);
          expect(rootBy(leaf, index, leaves.length, proof.slice(1))).not.toBe(root);
          expect(rootBy(leaf, index, leaves.length, [...proof.slice(0, -1), leafHash('x')])).not.toBe(root);
        }
        expect(rootBy(leaf, index, leaves.length, [...proof, leafHash('x')])).not.toBe(root);
      }),
    );
  });

  it('has the roots that RFC 6962 gives for its test vectors', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243'].map((hex) =>
      Buffer.from(hex, 'hex').toString('latin1'),
    );
    const hex = (n: number) =>
      Buffer.from(rootOf(inputs.slice(0, n).map(leafHash)), 'base64url').toString('hex');
    expect(hex(0)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(1)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hex(2)).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
    expect(hex(3)).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
    expect(hex(5)).toBe('4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4');
  });
});

describe('canonical JSON', () => {
  it('is one text whatever order keys came in, and reads as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, one]) => [name, reversed(one)]),
  );
}

describe('the audit chain', () => {
  it('is in order as it was sealed, also when details have expired', () => {
    fc.assert(
      fc.property(spot, ([all, at, index]) => {
        const chain = chainOf(all, key);
        expect(faultsOf(chain)).toEqual([]);
        const entry = chain[at]?.entries[index];
        if (entry !== undefined) delete (entry as { detail?: unknown }).detail;
        expect(faultsOf(chain)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  const changes: readonly [string, (entry: AuditLine) => Partial<AuditLine>][] = [
    ['by', ({ by }) => ({ by: `${by}x` })],
    ['at', () => ({ at: '2026-01-01T00:00:00.000Z' })],
    ['action', () => ({ action: 'request.refused' })],
    ['request', () => ({ request: 'req-0' })],
    ['about', () => ({ about: ['somebody'] })],
    ['detailDigest', () => ({ detailDigest: detailDigestOf({}) })],
    ['detail', () => ({ detail: { holder: 'crm', affected: -1 } })],
  ];
  it.each(changes)('finds and names the entry whose %s was changed', (field, change) => {
    fc.assert(
      fc.property(spot, ([all, at, index]) => {
        const chain = chainOf(all, key);
        const entries = chain[at]?.entries ?? [];
        const old = entries[index] ?? auditLine(0);
        entries[index] = { ...old, ...change(old) };
        const code = field === 'detail' ? 'detail-changed' : 'entry-changed';
        expect(faultsOf(chain)).toEqual([expect.objectContaining({ code, segment: at + 1, entry: old.id })]);
      }),
      { numRuns: 20 },
    );
  });

  it('finds and names what was dropped, added, sealed twice or moved to another segment', () => {
    fc.assert(
      fc.property(spot, ([all, at, index]) => {
        const dropped = chainOf(all, key);
        const [gone] = dropped[at]?.entries.splice(index, 1) ?? [];
        expect(faultsOf(dropped)).toEqual([
          expect.objectContaining({ code: 'entry-missing', segment: at + 1, entry: gone?.id }),
        ]);

        const added = chainOf(all, key);
        added[at]?.entries.push(auditLine(999, { segment: at + 1 }));
        expect(faultsOf(added)).toEqual([
          expect.objectContaining({ code: 'entry-strange', segment: at + 1, entry: 'req-999/done' }),
        ]);

        const moved = chainOf(all, key);
        const entries = moved[at]?.entries ?? [];
        entries[index] = { ...(entries[index] ?? auditLine(0)), segment: at + 7 };
        expect(faultsOf(moved)).toEqual([
          expect.objectContaining({ code: 'entry-changed', segment: at + 1, entry: gone?.id }),
        ]);

        const twice = chainOf(all, key);
        const next = twice[0];
        if (next === undefined) return;
        const again = { head: { ...next.segment.head, number: all.length + 1 }, leaves: next.segment.leaves };
        twice.push({ segment: { ...again, ...signSegment(again, key) }, entries: next.entries });
        expect(faultsOf(twice)).toContainEqual(
          expect.objectContaining({ code: 'entry-twice', entry: next.entries[0]?.id }),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('finds and names the segment that was changed, cut out, signed by a stranger, or has its leaves moved', () => {
    const tampered = (change: (chain: Sealed[]) => void) => {
      const chain = chainOf([3, 4, 2], key);
      change(chain);
      return faultsOf(chain)[0];
    };
    const second = (chain: Sealed[]) => {
      const [, two] = chain;
      if (two === undefined) throw new Error('no second segment');
      return two;
    };
    expect(
      tampered((chain) => {
        const two = second(chain);
        two.segment = { ...two.segment, head: { ...two.segment.head, sealedAt: '2020-01-01T00:00:00.000Z' } };
      }),
    ).toMatchObject({ code: 'signature', segment: 2 });
    expect(tampered((chain) => chain.splice(1, 1))).toMatchObject({ code: 'number', segment: 3 });
    expect(
      tampered((chain) => {
        const two = second(chain);
        two.segment = { ...two.segment, ...signSegment(two.segment, newKey()) };
      }),
    ).toMatchObject({ code: 'unknown-key', segment: 2 });
    expect(
      tampered((chain) => {
        const two = second(chain);
        two.segment = { ...two.segment, leaves: two.segment.leaves.toReversed() };
      }),
    ).toMatchObject({ code: 'root', segment: 2 });
    expect(
      tampered((chain) => {
        const two = second(chain);
        two.segment = { ...two.segment, leaves: two.segment.leaves.slice(1) };
      }),
    ).toMatchObject({ code: 'count', segment: 2 });
    // Signed anew by the right key, it does not chain any more.
    expect(
      tampered((chain) => {
        const two = second(chain);
        const head = { ...two.segment.head, sealedAt: '2020-01-01T00:00:00.000Z' };
        two.segment = { ...two.segment, head, ...signSegment({ head }, key) };
      }),
    ).toMatchObject({ code: 'previous', segment: 3 });
  });

  it('is held to the heads outside the store, at its end too', () => {
    const chain = chainOf([2, 2, 2], key);
    const heads = new Map(chain.map(({ segment }) => [segment.head.number, headOf(segment).hash]));
    expect(faultsOf(chain, heads)).toEqual([]);
    expect(faultsOf(chain.slice(0, 2), heads)).toEqual([
      expect.objectContaining({ code: 'head-missing', segment: 3 }),
    ]);
    expect(faultsOf(chainOf([2, 2, 1], key), heads)).toEqual([
      expect.objectContaining({ code: 'head-differs', segment: 3 }),
    ]);
  });

  it('is not gone on with from an old or another copy', () => {
    const [one, two] = chainOf([2, 2], key);
    const held = two && headOf(two.segment);
    expect(() => {
      assertAsHeld(held, one?.segment, undefined);
    }).toThrow('ends at segment 1');
    expect(() => {
      assertAsHeld(held, two?.segment, held && { ...held, hash: 'x' });
    }).toThrow('another segment 2');
    expect(() => {
      assertAsHeld(held, two?.segment, held);
    }).not.toThrow();
  });
});

describe('keys that sign', () => {
  const endorse = (next: ReturnType<typeof newKey>, by: ReturnType<typeof newKey>) => {
    const plain = { keyId: next.keyId, x: next.x, createdAt: '2026-05-01T00:00:00.000Z' };
    const signature = sign(null, Buffer.from(endorsedText(plain)), by.key).toString('base64url');
    return { ...plain, endorsement: { by: by.keyId, signature } };
  };

  it('are believed when one that is believed has endorsed them, one after the other, and no others', () => {
    const [first, second, third, stranger] = [newKey(), newKey(), newKey(), newKey()];
    const published = [endorse(third, second), endorse(second, first)];
    expect([...believedKeys([first], published).keys()].sort()).toEqual(
      [first, second, third].map(({ keyId }) => keyId).sort(),
    );
    expect([...believedKeys([stranger], published).keys()]).toEqual([stranger.keyId]);
    const forged = { ...endorse(second, first), x: stranger.x };
    expect([...believedKeys([first], [forged]).keys()]).toEqual([first.keyId]);
    const renamed = { ...endorse(second, first), keyId: stranger.keyId };
    expect([...believedKeys([first], [renamed]).keys()]).toEqual([first.keyId]);
  });
});
