import type { SigningClient } from '@keiro/sdk';
import { ProblemError } from '@keiro/runtime';
import type { ChainStore } from './chain-store.ts';
import type { Sealer } from './sealer.ts';

/** Replaces the key that signs (S1). */
export interface KeyRotation {
  rotate(by: string): Promise<{ from: string; to: string; segment: number }>;
}

/**
 * The old key endorses the new one, then signs the segment that holds the entry about it, and only then goes. Cut short
 * anywhere, the same again brings it to its end.
 */
export function createRotation(deps: {
  readonly signing: Pick<SigningClient, 'prepare' | 'activate'>;
  readonly chain: Pick<ChainStore, 'append' | 'entry'>;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly now: () => Date;
}): KeyRotation {
  const { signing, chain, sealer, now } = deps;
  return {
    async rotate(by) {
      const { active, next } = await signing.prepare();
      const id = `signing-key/${next.keyId}`;
      const detail = { from: active, to: next.keyId, x: next.x };
      await chain.append([
        { _id: id, at: now(), by, action: 'signing-key.rotated', about: [next.keyId], detail },
      ]);
      await sealer.seal();
      const segment = (await chain.entry(id))?.segment;
      if (segment === undefined)
        throw new ProblemError(503, 'not-sealed', 'the entry about the new key is not sealed yet: ask again');
      await signing.activate(next.keyId);
      return { from: active, to: next.keyId, segment };
    },
  };
}
