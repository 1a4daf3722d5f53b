import { createKeysClient } from '@keiro/sdk';
import type { LineageAnswer, LineageRecord } from '@keiro/schemas';
import { setting } from '../services.ts';
import { carryOut } from './requests.ts';
import type { Scene } from './scene.ts';
import { enterCampaign, type Member, type Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;

/**
 * R5: one person suspends marketing. He and another enter the raffle again: her entry reaches the newsletter,
 * his is withheld, and the keys service refuses him to the newsletter. When he resumes, his is delivered.
 */
export async function showSuspension(scene: Scene, { ren, emma }: Visited): Promise<void> {
  const { pipeline, reporter, check } = scene;
  const purposes = ['marketing' as const];

  await reporter.step('Suspension', async (say) => {
    const suspended = await carryOut(
      pipeline,
      { type: 'suspension', subject: { member: ren.member }, purposes },
      say,
    );
    const before = { ren: await entries(scene, ren), emma: await entries(scene, emma) };
    say('Ren and Emma enter the raffle again');
    await Promise.all([enterCampaign(ren), enterCampaign(emma)]);
    await comesTrue(async () => {
      const [his, hers] = [await entries(scene, ren), await entries(scene, emma)];
      return his.withheld === before.ren.withheld + 1 && hers.held === before.emma.held + 1;
    }, patienceMs);
    const after = { ren: await entries(scene, ren), emma: await entries(scene, emma) };
    const isStopped = check({
      ja: '利用停止: 本人の分は届かない',
      en: 'suspended: marketing no longer reads him',
      ok:
        suspended.state === 'done' &&
        after.ren.held === before.ren.held &&
        after.ren.withheld === 1 &&
        after.emma.held === before.emma.held + 1,
      seen: `Ren ${String(after.ren.held)} read + ${String(after.ren.withheld)} withheld, Emma ${String(after.emma.held)} read`,
    });
    const [his, hers] = [await release(scene, after.ren.last), await release(scene, after.emma.last)];
    const isRefused = check({
      ja: '鍵の払い出しも拒否',
      en: 'the keys service refuses his keys',
      ok: his === 'suspended' && hers === 'released',
      seen: `Ren: ${his}, Emma: ${hers}`,
    });
    const ok = isStopped && isRefused;
    return {
      result: undefined,
      ok,
      text: ok ? 'Ren: marketing stopped; Emma: delivered as before' : 'not as it should be',
    };
  });

  await reporter.step('Resumption', async (say) => {
    await carryOut(pipeline, { type: 'resume', subject: { member: ren.member }, purposes }, say);
    say('waiting for what was withheld');
    await comesTrue(async () => (await entries(scene, ren)).held === 2, patienceMs);
    const { held, withheld } = await entries(scene, ren);
    const ok = check({
      ja: '再開: 保留分が届く',
      en: 'resumed: what was withheld is delivered',
      ok: held === 2 && withheld === 0,
      seen: `Ren ${String(held)} read, ${String(withheld)} withheld`,
    });
    return {
      result: undefined,
      ok,
      text: `${String(held)} entries of his have been read, ${String(withheld)} are withheld`,
    };
  });
}

interface Entries {
  readonly held: number;
  readonly withheld: number;
  readonly last: LineageRecord | undefined;
}

/** A person's campaign entries by what the newsletter has of them. */
async function entries({ pipeline }: Scene, { member }: Member): Promise<Entries> {
  const answer: LineageAnswer = await pipeline.lineage(member);
  const records = answer.records.filter(({ category }) => category === 'C6');
  const inState = (state: string) =>
    records.filter(({ copies }) =>
      copies.some((copy) => copy.holder === 'newsletter' && copy.state === state),
    ).length;
  return { held: inState('held'), withheld: inState('withheld'), last: records[0] };
}

/** What the keys service says to the newsletter about the person behind a record. */
async function release({ stage }: Scene, record: LineageRecord | undefined): Promise<string> {
  if (record === undefined) return 'no record';
  const keys = createKeysClient({
    url: setting(stage.env, 'KEIRO_KEYS_URL'),
    token: setting(stage.env, 'KEIRO_TOKEN_NEWSLETTER'),
  });
  const { results } = await keys.release({
    holder: 'newsletter',
    purpose: 'marketing',
    groups: ['C6.contact'],
    lives: [{ ref: record.ref, generation: record.generation }],
  });
  const first = results[0];
  return first === undefined ? 'no answer' : first.state === 'released' ? 'released' : first.reason;
}
