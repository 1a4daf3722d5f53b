import { randomInt } from 'node:crypto';
import type { Found } from './look.ts';
import { stands } from './requests.ts';
import type { Scene } from './scene.ts';
import type { Visited } from './visitors/visits.ts';

/** One that is under way. */
export interface Deletion {
  readonly request: string;
  readonly before: Found;
  /** Records of her payments, of which the law keeps the books. */
  readonly payments: readonly string[];
}

/**
 * A case is open about her when she asks for her deletion: everything is hidden at once and nothing is erased; when the
 * case ends, the deletion goes on by itself. Answers its id, and what our own look had found before.
 */
export async function showHold(scene: Scene, { mizuki }: Visited): Promise<Deletion> {
  const { pipeline, desk, inspector, reporter, check } = scene;
  const needles = [mizuki.member, mizuki.person.email];
  return reporter.step('Legal hold', async (say) => {
    const about = `DEMO-CASE-${String(randomInt(10_000))}`;
    const hold = await desk.placeHold({ case: about, email: mizuki.person.email });
    const before = await inspector.look(needles);
    const payments = await inspector.paymentsOf(mizuki.member);
    const { id } = await pipeline.request({ type: 'deletion', subject: { member: mizuki.member } });
    const held = await stands(pipeline, id, ['on-hold', 'done'], say);
    const after = await inspector.look(needles);
    const lineage = await pipeline.lineage(mizuki.member);
    const isHidden = lineage.standing.state === 'hidden';
    await desk.releaseHold(hold.id);
    const ok = check({
      ja: '法的保全: 削除を待たせ、隠す',
      en: 'a legal hold: hidden at once, erased later',
      ok:
        held.state === 'on-hold' &&
        held.waitingFor?.includes(about) === true &&
        isHidden &&
        Object.entries(before).every(([place, count]) => after[place] === count),
      seen: `${held.state}, ${lineage.standing.state}; nothing removed`,
    });
    return {
      result: { request: id, before, payments },
      ok,
      text: ok ? 'her deletion waited for a case, hidden; the case is over' : `not held: ${held.state}`,
    };
  });
}
