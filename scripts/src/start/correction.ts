import type { RequestView } from '@keiro/schemas';
import { stands } from './requests.ts';
import type { Scene } from './scene.ts';
import { changePosition, type Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;
const wanted = '経理部長補佐';

/**
 * R2: one person has her position corrected. Stores that have the field are set and read again; the site has no
 * interface for it, so that she changes it there herself, and an officer notes that.
 */
export async function showCorrection(scene: Scene, { mizuki }: Visited): Promise<void> {
  const { pipeline, desk, inspector, reporter, check } = scene;
  await reporter.step('Correction', async (say) => {
    const before = await inspector.look([wanted]);
    const { id } = await pipeline.request({
      type: 'correction',
      subject: { member: mizuki.member },
      changes: [{ field: 'position', value: wanted }],
    });
    await desk.accept(id);
    await comesTrue(async () => {
      const view = await pipeline.requestState(id);
      return view.tasks.length > 0 && view.tasks.every(({ state }) => settled.includes(state));
    }, patienceMs);
    const { tasks } = await pipeline.requestState(id);
    const after = await inspector.look([wanted]);
    const corrected = tasks.filter(
      ({ state, receipt }) => state === 'done' && receipt?.readBack?.differing === 0,
    );
    const byHand = tasks.filter(({ state }) => state === 'by-hand');

    say('Mizuki changes it on the site herself, which has no interface for corrections');
    await changePosition(mizuki, wanted);
    for (const task of byHand) await desk.closeByHand(`${id}.${task.holder}`, 'DEMO-PROFILE-FORM');
    const { state } = await stands(pipeline, id, ['done'], say);
    const ok = check({
      ja: '訂正: 各保管先で読み返して確認',
      en: 'corrected: read again at each store',
      ok:
        state === 'done' &&
        corrected.map(({ holder }) => holder).join() === 'crm,dr-singapore' &&
        byHand.map(({ holder }) => holder).join() === 'site' &&
        corrected.every(({ holder }) => (after[holder] ?? 0) === (before[holder] ?? 0) + 1),
      seen: `${String(corrected.length)} stores set and read back, ${String(byHand.length)} by hand`,
    });
    return {
      result: undefined,
      ok,
      text: `Mizuki’s position: ${namesOf(corrected)} corrected, ${namesOf(byHand)} by hand`,
    };
  });
}

const settled: readonly string[] = ['done', 'by-hand', 'failed'];
const namesOf = (tasks: RequestView['tasks']) => tasks.map(({ holder }) => holder).join(' and ');
