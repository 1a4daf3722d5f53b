import { ProblemError, type Client } from '@keiro/runtime';
import { custodyGroup, sealKeyOf } from '@keiro/sdk';
import {
  groupsInUse,
  judge,
  mostAheadMs,
  type Policies,
  type ReleaseRequest,
  type ReleaseResponse,
  type Ref,
  type Standing,
} from '@keiro/schemas';
import type { KeyRings } from './rings.ts';

/** Seconds for which a caller may keep released keys; a change of standing invalidates them at once. */
export const releaseTtlSeconds = 60;

export interface ReleaseDependencies {
  readonly rings: KeyRings;
  readonly standingOf: (ref: Ref) => Standing | undefined;
  /** T0 to T4: whether the register carries this holder now, for this purpose. */
  readonly isCarried: (holder: string, purpose: string) => boolean;
  readonly now: () => Date;
}

/** Whether this caller may speak for the holder that it names. */
export function checkHolder(client: Client, holder: string): void {
  if (client.holder === holder) return;
  throw new ProblemError(403, 'not-its-holder', 'the token is bound to another holder', [
    { field: 'holder', code: 'forbidden', message: 'is not the holder of this token' },
  ]);
}

/**
 * Whether this caller may ask at all: in its own holder's name, for its own purposes, for groups they cover. An event
 * may be ahead of our clock, and so may the version that it names.
 */
export function checkRelease(client: Client, request: ReleaseRequest, policies: Policies, now: Date): void {
  checkHolder(client, request.holder);
  if (!client.purposes.includes(request.purpose)) {
    throw new ProblemError(403, 'not-its-purpose', 'the token is not for this purpose', [
      { field: 'purpose', code: 'forbidden', message: 'is none of the purposes of this token' },
    ]);
  }
  const covered = groupsInUse(policies, request.purpose, new Date(now.getTime() + mostAheadMs));
  const beyond = request.groups.filter((group) => !covered.includes(group));
  if (beyond.length > 0) {
    throw new ProblemError(403, 'beyond-purpose', 'the purpose does not cover these field groups', [
      ...beyond.map((group) => ({
        field: 'groups',
        code: 'forbidden',
        message: `purpose does not cover ${group.slice(0, 64)}`,
      })),
    ]);
  }
}

/** Group keys of each life, or why not, in the order asked. */
export async function release(deps: ReleaseDependencies, request: ReleaseRequest): Promise<ReleaseResponse> {
  const isCarried = deps.isCarried(request.holder, request.purpose);
  const { live, dead } = await deps.rings.load(isCarried ? request.lives.map(({ ref }) => ref) : []);
  const results = request.lives.map(({ ref, generation }): ReleaseResponse['results'][number] => {
    const verdict = judge(deps.standingOf(ref), generation, request);
    if (verdict !== 'open') return { state: 'refused', reason: verdict };
    if (!isCarried) return { state: 'refused', reason: 'lapsed' };
    const ring = live.get(ref);
    if (ring === undefined) return { state: 'refused', reason: dead.has(ref) ? 'erased' : 'unknown' };
    if (ring.generation !== generation) {
      return { state: 'refused', reason: generation < ring.generation ? 'erased' : 'unknown' };
    }
    const keys: Record<string, string> = {
      // For sealing locators only what this holder reports: not the custody key itself.
      [custodyGroup]: sealKeyOf(ring.groupKey(custodyGroup), request.holder).toString('base64'),
    };
    for (const group of request.groups) keys[group] = ring.groupKey(group).toString('base64');
    return { state: 'released', keys };
  });
  return { results, ttlSeconds: releaseTtlSeconds };
}
