import { custodyGroup, sealKeyOf } from '@keiro/sdk';
import type { CustodyKeysRequest, CustodyKeysResponse } from '@keiro/schemas';
import type { ReleaseDependencies } from './release.ts';

/**
 * The custody key of each life for one holder, in the order asked. To say where a copy is does not use it, so what a
 * person suspends makes no difference; of an erased life there is no key any more, and none is given in the moment
 * before it goes.
 */
export async function custodyKeys(
  deps: Pick<ReleaseDependencies, 'rings' | 'standingOf'>,
  { holder, lives }: CustodyKeysRequest,
): Promise<CustodyKeysResponse> {
  const { live, dead } = await deps.rings.load(lives.map(({ ref }) => ref));
  return {
    results: lives.map(({ ref, generation }): CustodyKeysResponse['results'][number] => {
      const current = live.get(ref) ?? dead.get(ref);
      if (current === undefined || generation > current.generation)
        return { state: 'refused', reason: 'unknown' };
      const ring = live.get(ref);
      const isErased = generation <= (deps.standingOf(ref)?.erasedThrough ?? 0);
      if (ring?.generation !== generation || isErased) return { state: 'refused', reason: 'erased' };
      return { state: 'live', key: sealKeyOf(ring.groupKey(custodyGroup), holder).toString('base64') };
    }),
  };
}
