import { lifeKey, type HoldDocument, type Life, type RetirementRound } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { ConsumerPositions } from '../../positions.ts';
import { divide, type Divided, type KnownOfLife } from './decide.ts';
import type { RetirementStore } from './store.ts';

export interface RoundDependencies {
  readonly store: RetirementStore;
  readonly keys: Pick<KeysClient, 'retire'>;
  readonly positions: Pick<ConsumerPositions, 'collectionEnds' | 'tagged' | 'quarantineEnds' | 'setAside'>;
  readonly holdsOn: (lives: readonly Life[]) => Promise<readonly HoldDocument[]>;
  /** Milliseconds for which somebody may go on with what was sealed before a key was marked. */
  readonly graceMs: number;
  readonly now: () => Date;
  /** So many keys are gone, told once. */
  readonly onRetired: (keys: number) => Promise<void>;
}

/** What is kept for another reason than a record is looked at again after this. */
const againAfterMs = 86_400_000;
const atOnce = 500;

/** Makes a round of lives whose keys may be ended; answers whether there were any to look at. */
export async function beginRound(deps: RoundDependencies): Promise<boolean> {
  const { store, now } = deps;
  const candidates = await store.candidates(now(), atOnce);
  if (candidates.length === 0) return false;
  const { goes, again } = await look(candidates, deps);
  await store.begin(goes, now());
  const going = new Set(goes.map(lifeKey));
  await store.remove(candidates.map(({ _id }) => _id).filter((id) => !going.has(id)));
  await store.again(again, new Date(now().getTime() + againAfterMs));
  return true;
}

/**
 * Takes the next step of a round; false where it has to wait. Cut off anywhere, the same step is taken again. A key
 * goes when it was marked, when everything that could have been sealed under it before is tagged, and when there is
 * still no record. `keys` refuses to destroy what was sealed under since: then it stays.
 */
export async function takeStep(round: RetirementRound, deps: RoundDependencies): Promise<boolean> {
  const { store, keys, positions, now } = deps;
  const { _id, lives, plan } = round;
  switch (round.state) {
    case 'marking': {
      await keys.retire({ round: _id, step: 'mark', lives: [...lives] });
      await store.advance(_id, { state: 'marked', notBefore: new Date(now().getTime() + deps.graceMs) });
      return true;
    }
    case 'marked': {
      await store.advance(_id, { state: 'closing', plan: { collection: await positions.collectionEnds() } });
      return true;
    }
    case 'closing': {
      if (plan === undefined || !(await positions.tagged(plan.collection))) return false;
      if (plan.quarantine === undefined) {
        await store.advance(_id, { plan: { ...plan, quarantine: await positions.quarantineEnds() } });
        return true;
      }
      if (!(await positions.setAside(plan.quarantine))) return false;
      await end(round, deps);
      return true;
    }
  }
}

async function end({ _id, lives }: RetirementRound, deps: RoundDependencies): Promise<void> {
  const { store, keys, now } = deps;
  const { goes, again, kept } = await look(lives, deps);
  const ask = (step: 'destroy' | 'release', some: readonly Life[]) =>
    some.length === 0 ? [] : keys.retire({ round: _id, step, lives: [...some] });
  const gone = new Set((await ask('destroy', goes)).map(lifeKey));
  const going = new Set(goes.map(lifeKey));
  await ask(
    'release',
    lives.filter((life) => !going.has(lifeKey(life))),
  );
  // Somebody has sealed under these meanwhile; whether an event comes of it is seen the next time.
  const used = goes.filter((life) => !gone.has(lifeKey(life)));
  const at = now();
  await store.again([...again, ...used], new Date(at.getTime() + againAfterMs));
  const detail = { lives: lives.length, destroyed: gone.size, kept: { ...kept, used: used.length } };
  const isNew = await store.audit({
    _id: `${_id}/ended`,
    at,
    by: 'request',
    action: 'retention.keys-ended',
    detail,
  });
  if (isNew) await deps.onRetired(gone.size);
  await store.remove([_id]);
}

async function look(lives: readonly Life[], deps: RoundDependencies): Promise<Divided> {
  const found = await deps.store.known(lives);
  const known = new Map<string, KnownOfLife>();
  for (const life of lives) {
    const of = found.get(lifeKey(life));
    if (of !== undefined) known.set(lifeKey(life), { ...of, held: (await deps.holdsOn([life])).length > 0 });
  }
  return divide(lives, known);
}
