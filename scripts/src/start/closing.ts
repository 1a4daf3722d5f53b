import { day } from '@keiro/cli/output';
import { addPeriod, type LineageAnswer } from '@keiro/schemas';
import { loadPolicies } from '@keiro/runtime';
import { setting } from '../services.ts';
import type { Scene } from './scene.ts';
import { closeAccount, type Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;

/** One member leaves on the site: from then on her registration has an end, which lineage shows with what began it. */
export async function showClosing(scene: Scene, { emma }: Visited): Promise<void> {
  const { pipeline, reporter, check } = scene;
  await reporter.step('Closing', async (say) => {
    const before = endsOf(await pipeline.lineage(emma.member));
    say('Emma closes her account');
    await closeAccount(emma);
    const closing = async () =>
      (await pipeline.lineage(emma.member)).facts.shown.find(({ kind }) => kind === 'account-closed');
    await comesTrue(async () => (await closing()) !== undefined, patienceMs);
    const fact = await closing();
    const after = endsOf(await pipeline.lineage(emma.member));
    const [end] = after;
    const wanted = fact === undefined ? undefined : endAfter(scene, new Date(fact.at));
    const ok = check({
      ja: '退会: 登録情報の期限が決まる',
      en: 'account closed: her registration has an end',
      ok:
        before.length > 0 &&
        before.every((one) => one === undefined) &&
        after.length === before.length &&
        after.every((one) => one !== undefined && one === wanted),
      seen: `before: ${before.every((one) => one === undefined) ? 'open' : 'has an end'}; now: ${end === undefined ? 'open' : `ends ${day(end)}`}`,
    });
    return {
      result: undefined,
      ok,
      text: ok && end !== undefined ? `Emma’s registration ends ${day(end)}` : 'no end is known',
    };
  });
}

/** Of each group of the registration, by the fact that the account was closed. */
function endsOf({ records, facts }: LineageAnswer): (string | undefined)[] {
  const closed = facts.shown.find(({ kind }) => kind === 'account-closed')?.id;
  return records
    .filter(({ category }) => category === 'C1')
    .flatMap(({ groups }) => groups.map(({ end, closedBy }) => (closedBy === closed ? end : undefined)));
}

/** As the policy says it of an account that was closed then. */
function endAfter({ stage }: Scene, closedAt: Date): string | undefined {
  const policy = loadPolicies(setting(stage.env, 'KEIRO_POLICY_FILE')).inForce(closedAt);
  const rule = policy.rules.retention['account'];
  return rule === undefined ? undefined : addPeriod(closedAt, rule.period).toISOString();
}
