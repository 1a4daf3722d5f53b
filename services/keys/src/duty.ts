import { ProblemError, type Client } from '@keiro/runtime';
import {
  floorsOf,
  groupRules,
  judgeDuty,
  lifeKey,
  opensKept,
  type DutyReleaseRequest,
  type Policy,
  type ReleaseResponse,
} from '@keiro/schemas';
import type { FloorKeys } from './floor-keys.ts';
import { releaseTtlSeconds, type ReleaseDependencies } from './release.ts';

export type DutyDependencies = ReleaseDependencies & { readonly floorKeys: Pick<FloorKeys, 'groupKeys'> };

/** Whether this caller may open for this duty: in its own holder's name, for groups that there are. */
export function checkDuty(client: Client, request: DutyReleaseRequest, policy: Policy): void {
  if (client.holder !== request.holder) {
    throw new ProblemError(403, 'not-its-holder', 'the token is bound to another holder', [
      { field: 'holder', code: 'forbidden', message: 'is not the holder of this token' },
    ]);
  }
  if (!client.purposes.includes(request.duty)) {
    throw new ProblemError(403, 'not-its-duty', 'the token is not for this duty', [
      { field: 'duty', code: 'forbidden', message: 'is none of the purposes of this token' },
    ]);
  }
  if (request.groups.some((group) => groupRules(policy, group) === undefined)) {
    throw new ProblemError(400, 'unknown-group', 'the policy has no such field group', [
      { field: 'groups', code: 'unknown', message: 'has a field group that the policy does not have' },
    ]);
  }
  // A law's own duty opens what that law keeps, whether or not the person was erased.
  if (request.duty === 'duty:floor' && request.groups.some((group) => floorsOf(policy, group).length === 0)) {
    throw new ProblemError(403, 'beyond-floor', 'no law makes us keep these field groups', [
      { field: 'groups', code: 'forbidden', message: 'has a field group that no floor keeps' },
    ]);
  }
}

/**
 * Group keys of each life for a duty towards the person, or why not, in the order asked (R1, R2, R5). No suspension and
 * no denial stands against it. Of who was erased it opens what a floor keeps (R4), of these groups. Without the custody
 * key: a duty makes no copies to report.
 */
export async function releaseForDuty(
  deps: DutyDependencies,
  request: DutyReleaseRequest,
): Promise<ReleaseResponse> {
  const { live, dead } = await deps.rings.load(request.lives.map(({ ref }) => ref));
  const verdicts = request.lives.map((life) => {
    const verdict = judgeDuty(deps.standingOf(life.ref), life.generation, request.duty);
    if (verdict !== 'open') return { life, verdict };
    const ring = live.get(life.ref);
    if (ring?.generation === life.generation) return { life, verdict, ring };
    const generationNow = ring?.generation ?? dead.get(life.ref)?.generation ?? 0;
    return { life, verdict: life.generation <= generationNow ? ('erased' as const) : ('unknown' as const) };
  });
  const erased = verdicts.filter(({ verdict }) => verdict === 'erased').map(({ life }) => life);
  const kept = opensKept(request.duty)
    ? await deps.floorKeys.groupKeys(erased, deps.now())
    : new Map<string, Readonly<Record<string, string>>>();
  const results = verdicts.map(({ life, verdict, ring }): ReleaseResponse['results'][number] => {
    const keysOf = (keyOf: (group: string) => string | undefined) =>
      Object.fromEntries(
        request.groups.flatMap((group) => {
          const key = keyOf(group);
          return key === undefined ? [] : [[group, key] as const];
        }),
      );
    if (ring !== undefined)
      return { state: 'released', keys: keysOf((group) => ring.groupKey(group).toString('base64')) };
    const left = kept.get(lifeKey(life));
    const keys = left === undefined ? {} : keysOf((group) => left[group]);
    if (Object.keys(keys).length > 0) return { state: 'released', keys };
    return { state: 'refused', reason: verdict };
  });
  return { results, ttlSeconds: releaseTtlSeconds };
}
