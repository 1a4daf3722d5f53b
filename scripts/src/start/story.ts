import { randomBytes } from 'node:crypto';
import type { Log } from '@keiro/runtime';
import type { Check } from './checks.ts';
import { connectPipeline } from './clients.ts';
import { showClosing } from './closing.ts';
import { showConsents } from './consents.ts';
import { showCorrection } from './correction.ts';
import { showDeletion } from './deletion.ts';
import { connectDesk } from './desk.ts';
import { showDisclosure } from './disclosure.ts';
import { showHold } from './hold.ts';
import { openLedger } from './ledger.ts';
import { openInspector } from './look.ts';
import type { Reporter } from './report.ts';
import { showRoute } from './route.ts';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import { showSuspension } from './suspension.ts';
import { showToday } from './today.ts';
import { showTotals } from './totals.ts';
import type { Browser } from './visitors/session.ts';
import { createCast } from './visitors/people.ts';
import { visitAll } from './visitors/visits.ts';

/**
 * The main job, told once: visitors come, their data are tagged, copied and traced; what they chose about cookies
 * holds; one suspends marketing and resumes; one is corrected, answered with a pack, and deleted everywhere once a legal
 * hold is over; one leaves; the totals agree; what is left for people is listed. Answers every check, held or not.
 */
export async function tellStory(
  stage: Stage,
  browser: Browser,
  reporter: Reporter,
  log: Log,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const pipeline = connectPipeline(stage.env);
  const inspector = await openInspector(stage.env, log);
  const ledger = await openLedger(stage, pipeline, log);
  const scene: Scene = {
    stage,
    pipeline,
    desk: connectDesk(stage.env),
    ledger,
    inspector,
    reporter,
    check(check) {
      checks.push(check);
      return check.ok;
    },
    now: () => new Date(),
  };
  try {
    const cast = createCast(randomBytes);
    const visited = await reporter.step('Visitors', async (say) => {
      const result = await visitAll(browser, cast, say);
      return { result, text: `4 people, ${String(result.sessions)} sessions in ${browser.name}` };
    });
    await showRoute(scene, visited);
    await showConsents(scene, visited);
    await showSuspension(scene, visited);
    await showCorrection(scene, visited);
    await showDisclosure(scene, visited);
    const deletion = await showHold(scene, visited);
    await showDeletion(scene, visited, deletion);
    await showClosing(scene, visited);
    await showTotals(scene);
    await showToday(scene, deletion);
    for (const { session } of [visited.mizuki, visited.ren, visited.emma]) await session.close();
  } finally {
    await ledger.close();
    await inspector.close();
  }
  return checks;
}
