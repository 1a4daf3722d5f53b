import type { Life, LinkDocument } from '@keiro/schemas';
import type { StandingFollower } from '@keiro/sdk';

/** Whether a life was ended by an erasure. */
export type IsGone = (life: Life) => boolean;

export const goneBy =
  (standing: Pick<StandingFollower, 'get'>): IsGone =>
  ({ ref, generation }) =>
    generation <= (standing.get(ref)?.erasedThrough ?? 0);

/** An erased life that is named beside a living one is not linked to it again. Pure but for `isGone`. */
export function livingLinks(
  links: readonly LinkDocument[],
  lives: readonly Life[],
  isGone: IsGone,
): readonly LinkDocument[] {
  const gone = new Set(lives.filter(isGone).map(({ ref }) => ref));
  return gone.size === 0 ? links : links.filter(({ from, to }) => !gone.has(from) && !gone.has(to));
}
