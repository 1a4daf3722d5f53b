import { ProblemError, type Client } from '@keiro/runtime';
import {
  groupRules,
  judgeDuty,
  type DutyReleaseRequest,
  type Policy,
  type ReleaseResponse,
} from '@keiro/schemas';
import { releaseTtlSeconds, type ReleaseDependencies } from './release.ts';

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
}

/**
 * Group keys of each life for a duty towards the person, or why not, in the order asked (R1, R2, R5). No suspension and
 * no denial stands against it. Without the custody key: a duty makes no copies to report.
 */
export async function releaseForDuty(
  deps: ReleaseDependencies,
  request: DutyReleaseRequest,
): Promise<ReleaseResponse> {
  const { live, dead } = await deps.rings.load(request.lives.map(({ ref }) => ref));
  const results = request.lives.map(({ ref, generation }): ReleaseResponse['results'][number] => {
    const verdict = judgeDuty(deps.standingOf(ref), generation, request.duty);
    if (verdict !== 'open') return { state: 'refused', reason: verdict };
    const ring = live.get(ref);
    const generationNow = ring?.generation ?? dead.get(ref)?.generation ?? 0;
    if (ring?.generation !== generation)
      return { state: 'refused', reason: generation <= generationNow ? 'erased' : 'unknown' };
    const keys = request.groups.map((group) => [group, ring.groupKey(group).toString('base64')] as const);
    return { state: 'released', keys: Object.fromEntries(keys) };
  });
  return { results, ttlSeconds: releaseTtlSeconds };
}
