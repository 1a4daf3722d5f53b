import { PoisonError } from '@keiro/runtime';
import { open, seal } from '@keiro/sdk';
import {
  identifierSchema,
  kindOfRef,
  lifeKey,
  provisionMonth,
  type Identifier,
  type ProvisionOpenRequest,
  type ProvisionOpenResponse,
  type ProvisionSealRequest,
  type ProvisionSealResponse,
} from '@keiro/schemas';
import { z } from 'zod';
import { identifierGroup } from './life.ts';
import type { ProvisionKeys } from './provision-keys.ts';
import type { ReleaseDependencies } from './release.ts';
import type { KeyRing } from './rings.ts';

export type ProvisionDependencies = Pick<ReleaseDependencies, 'rings' | 'standingOf' | 'now'> & {
  readonly provisionKeys: ProvisionKeys;
  readonly random: (bytes: number) => Buffer;
};

/** Binds who a record is about to that record. */
const associated = (provision: string): string => `provision\n${provision}`;
const identitySchema = z.array(identifierSchema);

/**
 * Seals who records are about, in the order asked: the identifiers that the person has now, under the key of the life and
 * the month. Whoever asks sees none of them. A life that was erased, or that is not known, is recorded no more.
 */
export async function sealIdentities(
  deps: ProvisionDependencies,
  { identities }: ProvisionSealRequest,
): Promise<ProvisionSealResponse> {
  const { live, dead } = await deps.rings.load(
    identities.flatMap(({ subject, refs }) => [subject.ref, ...refs]),
  );
  const month = provisionMonth(deps.now());
  const asked = identities.map(({ provision, subject, refs }): Asked => {
    const { ref, generation } = subject;
    const ring = live.get(ref);
    const isErased = generation <= (deps.standingOf(ref)?.erasedThrough ?? 0);
    if (ring?.generation !== generation || isErased) {
      const last = ring?.generation ?? dead.get(ref)?.generation ?? 0;
      return { reason: generation <= last ? 'erased' : 'unknown' };
    }
    const others = refs.flatMap((other) => (other === ref ? [] : (live.get(other) ?? [])));
    const identifiers = [ring, ...others].flatMap(identifierOf);
    return { provision, key: `${lifeKey(subject)}|${month}`, identifiers };
  });
  const keys = await deps.provisionKeys.take(asked.flatMap((one) => ('key' in one ? [one.key] : [])));
  return {
    results: asked.map((one): ProvisionSealResponse['results'][number] => {
      if (!('key' in one)) return { state: 'refused', reason: one.reason };
      const key = keys.get(one.key);
      if (key === undefined) throw new Error('a provision key that was made a moment ago is not there');
      const plaintext = Buffer.from(JSON.stringify(one.identifiers));
      return {
        state: 'sealed',
        key: one.key,
        sealed: seal(key, plaintext, associated(one.provision), deps.random(12)),
      };
    }),
  };
}

type Asked =
  | { readonly provision: string; readonly key: string; readonly identifiers: readonly Identifier[] }
  | { readonly reason: 'erased' | 'unknown' };

function identifierOf(ring: KeyRing): Identifier[] {
  const { identifier } = ring.document;
  if (identifier === null) return [];
  const value = open(ring.groupKey(identifierGroup), identifier, lifeKey(ring)).toString();
  return [{ kind: kindOfRef(ring.ref), value }];
}

/** Who records are about, in the order asked: also of persons who were erased, until the record ends. */
export async function openIdentities(
  { provisionKeys }: Pick<ProvisionDependencies, 'provisionKeys'>,
  { identities }: Pick<ProvisionOpenRequest, 'identities'>,
): Promise<ProvisionOpenResponse> {
  const keys = await provisionKeys.find([...new Set(identities.map(({ key }) => key))]);
  return {
    results: identities.map(({ provision, key: id, sealed }): ProvisionOpenResponse['results'][number] => {
      const key = keys.get(id);
      if (key === undefined) return { state: 'refused', reason: 'destroyed' };
      try {
        const plaintext = open(key, sealed, associated(provision)).toString();
        return { state: 'open', identifiers: identitySchema.parse(JSON.parse(plaintext)) };
      } catch (error) {
        if (error instanceof PoisonError) return { state: 'refused', reason: 'does-not-open' };
        throw error;
      }
    }),
  };
}
