import { randomUUID } from 'node:crypto';
import { keptText } from '@keiro/cli/kept-words';
import { at, renderTable, type Paint } from '@keiro/cli/output';
import { loadPolicies } from '@keiro/runtime';
import type { HoldersAnswer, RequestView } from '@keiro/schemas';
import { setting } from '../services.ts';
import type { Deletion } from './hold.ts';
import type { Found } from './look.ts';
import { stands } from './requests.ts';
import type { Scene } from './scene.ts';
import type { Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;

/**
 * R4: one person is deleted everywhere, with each holder's receipt, but for the books of her payments, which the law makes
 * the company keep; then an event of hers comes too late.
 */
export async function showDeletion(
  scene: Scene,
  { mizuki }: Visited,
  { request, before, payments }: Deletion,
): Promise<void> {
  const { pipeline, inspector, reporter, check, now } = scene;
  const { member, person } = mizuki;
  const needles = [member, person.email];
  const lastSeen = now();

  const { view, after, books } = await reporter.step('Deletion', async (say) => {
    const done = await stands(pipeline, request, ['done', 'waiting-for-operator'], say);
    const left = await inspector.look(needles);
    return {
      result: { view: done, after: left, books: await inspector.books(payments) },
      ok: done.state === 'done' && sum(left) === 0,
      text: `Mizuki: ${done.state}, ${String(sum(before))} items before, ${String(sum(left))} after`,
    };
  });
  const proven = view.tasks.filter(({ receipt }) => receipt?.probe?.found === 0).length;
  // Analytics answers no question about what is left: it is told, and nobody says more.
  const told = view.tasks.filter(({ receipt }) => receipt?.told !== undefined).length;
  check({
    ja: '削除: 全保管先で再検査 0 件',
    en: 'deleted: every holder’s probe found nothing',
    ok: view.state === 'done' && proven > 0 && proven + told === view.tasks.length,
    seen: `${String(proven)} of ${String(view.tasks.length)} holders, ${String(told)} told (no control)`,
  });
  check({
    ja: '削除: 各保管先を直接確認、帳簿は法定保存',
    en: 'deleted: our own look into each store; the books stay',
    ok:
      Object.values(before).every((count) => count > 0) &&
      sum(after) === 0 &&
      books.kept > 0 &&
      books.more === 0 &&
      view.kept?.some(({ group }) => group === 'C5.books') === true,
    seen: `${String(sum(before))} items in ${String(Object.keys(before).length)} places → ${String(sum(after))}; ${String(books.kept)} rows of books stay by law, without address or card`,
  });
  reporter.heading(`削除の受領証  Receipts    request ${view.id}, due ${at(view.due)}`);
  reporter.print(renderReceipts(view, await pipeline.holders(), { before, after }, reporter.paint));
  for (const one of view.kept ?? []) reporter.print(`法令により保存 Kept by law: ${keptText(one, 'both')}`);

  const lateId = `late-${randomUUID()}`;
  await reporter.step('Late event', async (say) => {
    say('an old profile update of hers arrives after the deletion');
    await postLateEvent(scene, member, lateId, lastSeen);
    const quarantined = async () => (await pipeline.lineage(member)).quarantined.byReason['erased'] ?? 0;
    await comesTrue(async () => (await quarantined()) > 0, patienceMs);
    const count = await quarantined();
    const ok = check({
      ja: '遅れて届いたイベントは隔離',
      en: 'a late event is quarantined, not recorded',
      ok: count === 1,
      seen: `${String(count)} in quarantine: erased`,
    });
    return {
      result: undefined,
      ok,
      text: ok ? 'in quarantine, sealed: the person is erased' : 'not in quarantine',
    };
  });
}

/** As a program of hers that was offline would send it, through the HTTP interface. */
async function postLateEvent(scene: Scene, member: string, id: string, collectedAt: Date): Promise<void> {
  const accepted = await scene.pipeline.post({
    specversion: '1.0',
    id,
    source: 'demo-site',
    type: 'profile',
    time: collectedAt.toISOString(),
    policyversion: loadPolicies(setting(scene.stage.env, 'KEIRO_POLICY_FILE')).inForce(collectedAt).version,
    data: { subject: { member }, site: 'www.demo.example', department: '総務部' },
  });
  scene.ledger.posted(accepted.length);
}

const sum = (found: Found) => Object.values(found).reduce((total, count) => total + count, 0);

function evidenceOf(receipt: RequestView['tasks'][number]['receipt']): string {
  if (receipt?.told !== undefined) return `told, no control, ${at(receipt.told.at)}`;
  return receipt?.probe === undefined ? '–' : `${String(receipt.probe.found)} found, ${at(receipt.probe.at)}`;
}

function renderReceipts(
  view: RequestView,
  holders: HoldersAnswer['holders'],
  looks: { before: Found; after: Found },
  paint: Paint,
): string {
  const names = new Map(holders.map(({ id, name, country }) => [id, `${name.ja} ${name.en} (${country})`]));
  const rows = view.tasks.map(({ holder, state, receipt }) => [
    names.get(holder) ?? holder,
    state,
    String(receipt?.affected ?? '–'),
    evidenceOf(receipt),
    holder in looks.before ? `${String(looks.before[holder])} → ${String(looks.after[holder])}` : '–',
  ]);
  return renderTable(['holder', 'state', 'removed', 'probe', 'our own look'], rows, paint);
}
