import { createKeysClient } from '@keiro/sdk';
import type { LineageAnswer } from '@keiro/schemas';
import { setting } from '../services.ts';
import type { Scene } from './scene.ts';
import type { Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;

/**
 * What was chosen in the banner holds in the data plane: one allowed statistics, one did not, one has not chosen. The
 * site tells page views of the first alone; and the access log, which everybody is in, opens for statistics with
 * the keys of the first and not with those of the second.
 */
export async function showConsents(scene: Scene, { mizuki, ren, emma }: Visited): Promise<void> {
  const { pipeline, reporter, check } = scene;
  await reporter.step('Consent', async (say) => {
    say('waiting until the choices of the banner are in force');
    await comesTrue(async () => isRefused(await pipeline.lineage(ren.member)), patienceMs);
    const [hers, his, undecided] = await Promise.all(
      [mizuki, ren, emma].map(({ member }) => pipeline.lineage(member)),
    );
    if (hers === undefined || his === undefined || undecided === undefined)
      throw new Error('three were asked');
    const views = [hers, his, undecided].map(pageViews);
    const released = [await release(scene, hers), await release(scene, his)];
    const ok = check({
      ja: 'クッキーの選択: 統計の鍵も従う',
      en: 'the banner’s choice holds for statistics',
      ok:
        isGiven(hers) &&
        isRefused(his) &&
        (views[0] ?? 0) > 0 &&
        views.slice(1).every((count) => count === 0) &&
        released.join() === 'released,suspended',
      seen: `allowed: ${String(released[0])}, ${String(views[0])} page views; refused: ${String(released[1])}, ${String(views[1])}; not chosen: ${String(views[2])}`,
    });
    return {
      result: undefined,
      ok,
      text: ok ? 'Mizuki allowed statistics, Ren did not: his keys are refused' : 'not as they chose',
    };
  });
}

/** The consent for statistics that stands, told by browser and member. */
const isGiven = ({ consents }: LineageAnswer) =>
  consents.some(({ id, means, given, withdrawn }) => {
    return id === 'statistics' && means === 'banner' && given !== undefined && withdrawn === undefined;
  });

const isRefused = ({ consents, standing }: LineageAnswer) =>
  consents.some(({ id, means, withdrawn }) => {
    return id === 'statistics' && means === 'banner' && withdrawn !== undefined;
  }) && ['quality', 'statistics'].every((purpose) => standing.withdrawn.includes(purpose));

const pageViews = ({ records }: LineageAnswer) =>
  records.filter(
    ({ category, groups }) =>
      category === 'C3' && groups.some(({ purposes }) => purposes.includes('statistics')),
  ).length;

/** What the keys service says to the company's statistics about a line of the access log. */
async function release({ stage }: Scene, { records }: LineageAnswer): Promise<string> {
  const line = records.find(({ category }) => category === 'C4');
  if (line === undefined) return 'no record';
  const keys = createKeysClient({
    url: setting(stage.env, 'KEIRO_KEYS_URL'),
    token: setting(stage.env, 'KEIRO_TOKEN_STATISTICS'),
  });
  const { results } = await keys.release({
    holder: 'statistics',
    purpose: 'statistics',
    groups: ['C4.usage'],
    lives: [{ ref: line.ref, generation: line.generation }],
  });
  const first = results[0];
  return first === undefined ? 'no answer' : first.state === 'released' ? 'released' : first.reason;
}
