import { KeiroError, type Log } from '@keiro/runtime';
import type { Standing } from '@keiro/schemas';
import type { KeyAudit } from './key-audit.ts';
import type { EndedLife, KeyDocument, KeyStore } from './store.ts';

/**
 * Whether this database is an old copy (invariant 6): `rights.standing` knows every life that ended, so one whose key is
 * here, or that was never here, ended after the backup that the database was restored from.
 */
export type StandingCheck = 'off' | 'check' | 'replay';

/**
 * `unfinished`: the deletion had this database put aside what its sweep needs, and was cut off before it had the key
 * destroyed. That is no old copy. `behind`: the key is back, or what is known is of a life before. Pure.
 */
export function stateOf(
  { erasedThrough }: Standing,
  known: Pick<KeyDocument, 'generation' | 'wrapped'> | undefined,
  isPrepared: boolean,
): 'as-told' | 'unfinished' | 'behind' {
  if (erasedThrough === 0) return 'as-told';
  if (known === undefined || known.generation < erasedThrough) return 'behind';
  if (known.generation > erasedThrough || known.wrapped === null) return 'as-told';
  return isPrepared ? 'unfinished' : 'behind';
}

const perCall = 500;

/**
 * Throws where the database is behind, unless it is to be repaired: then the keys that are back are destroyed, and lives
 * it never knew are ended, before anything is released. Keys of a deletion that was cut off are destroyed either way.
 */
export async function checkStanding(
  how: StandingCheck,
  deps: {
    readonly standings: Iterable<Standing>;
    readonly store: Pick<KeyStore, 'find' | 'prepared' | 'endLives'>;
    readonly audit: Pick<KeyAudit, 'decided'>;
    readonly log: Log;
    readonly now: () => Date;
  },
): Promise<void> {
  if (how === 'off') return;
  const { store, audit, log, now } = deps;
  const told = [...deps.standings].filter(({ erasedThrough }) => erasedThrough > 0);
  const ended: Record<'unfinished' | 'behind', EndedLife[]> = { unfinished: [], behind: [] };
  for (let from = 0; from < told.length; from += perCall) {
    const some = told.slice(from, from + perCall);
    const known = await store.find(some.map(({ ref }) => ref));
    const living = some.filter(({ ref }) => (known.get(ref)?.wrapped ?? null) !== null);
    const prepared = await store.prepared(living.map(({ request }) => request));
    for (const standing of some) {
      const state = stateOf(standing, known.get(standing.ref), prepared.has(standing.request));
      if (state !== 'as-told') ended[state].push(lifeThatEnded(standing));
    }
  }
  const { unfinished, behind } = ended;
  if (behind.length > 0 && how === 'check') {
    throw new KeiroError(
      'behind',
      `this database of keys is older than what was decided: of ${String(behind.length)} lives that rights.standing calls erased ` +
        'it has the key again, or never heard. Restore a newer one, or set KEIRO_STANDING_CHECK=replay once: then these ' +
        'keys are destroyed before anything is released. Keys made since the backup do not come back by that, nor opens ' +
        'what is sealed under them',
      { retryable: false },
    );
  }
  const destroyed = await store.endLives([...unfinished, ...behind]);
  if (unfinished.length > 0)
    log.warn({ lives: unfinished.length }, 'keys of deletions that were cut off are destroyed');
  if (behind.length === 0) return;
  await audit.decided({
    at: now(),
    by: 'keys',
    action: 'standing-replayed',
    detail: { lives: behind.length, destroyed },
  });
  log.warn(
    { lives: behind.length, destroyed },
    'this database was older than rights.standing: what had come back is destroyed',
  );
}

const lifeThatEnded = ({ ref, erasedThrough, erasedAt, at, request }: Standing): EndedLife => ({
  ref,
  through: erasedThrough,
  at: new Date(erasedAt ?? at),
  by: request,
});
