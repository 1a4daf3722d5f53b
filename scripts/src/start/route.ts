import type { LineageAnswer, LineageRecord } from '@keiro/schemas';
import { renderGlance } from './glance.ts';
import { totalOf } from './ledger.ts';
import type { Scene } from './scene.ts';
import type { Member, Visited } from './visitors/visits.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 60_000;

/** Which holders must have a copy of a record of this category. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  C1: ['crm', 'mailer', 'dr-singapore'],
  C2: ['crm', 'dr-singapore'],
  C3: ['sessions'],
  C4: [],
  C5: ['billing', 'dr-singapore'],
  C6: ['newsletter'],
  C7: ['mailer'],
};

/** The same of what is for statistics and quality alone: the browser’s own tag sends the page views, too (G1). */
const counted: Readonly<Record<string, readonly string[]>> = {
  C3: ['analytics', 'statistics'],
};

const holds = (record: LineageRecord, holder: string) =>
  record.copies.some((copy) => copy.holder === holder && copy.state === 'held');

const isForStatisticsAlone = ({ groups }: LineageRecord) =>
  groups.every(({ purposes }) => purposes.every((one) => one === 'statistics' || one === 'quality'));

/** Copies that are still to come, as `category at holder`. Pure. */
export function missingCopies(answer: LineageAnswer, atRecovery: boolean): string[] {
  return answer.records.flatMap((record) =>
    ((isForStatisticsAlone(record) ? counted : wanted)[record.category] ?? [])
      .filter((holder) => (atRecovery || holder !== 'dr-singapore') && !holds(record, holder))
      .map((holder) => `${record.category} at ${holder}`),
  );
}

/** Everything is tagged and copied, to the recovery site too; then one person's route is shown. */
export async function showRoute(scene: Scene, visited: Visited): Promise<void> {
  const { pipeline, ledger, reporter, stage, check } = scene;
  const members = [visited.mizuki, visited.ren, visited.emma];

  const lines = await reporter.step('Access log', async (say) => {
    say('feeding the access log');
    const count = await ledger.captureAccessLog();
    return { result: count, text: `${String(count)} lines captured, the raw file removed` };
  });
  await reporter.step('Tagging', async (say) => {
    say('waiting until every event has its purposes and its end');
    const balance = await ledger.settle();
    const text = `${String(balance.recorded)} records and facts from ${String(totalOf(balance))} events`;
    const ok = check({
      ja: '全イベントに目的と期限',
      en: 'every event has purposes and an end',
      ok: balance.recorded === totalOf(balance) && (await allTagged(scene, members)),
      seen: text,
    });
    return { result: undefined, text, ok };
  });
  await reporter.step('Copies', async (say) => {
    say('waiting for the stores to report their copies');
    const missing = async (atRecovery: boolean) =>
      (await Promise.all(members.map(({ member }) => pipeline.lineage(member)))).flatMap((answer) =>
        missingCopies(answer, atRecovery),
      );
    await comesTrue(async () => (await missing(false)).length === 0, patienceMs);
    say('the recovery site in Singapore takes a snapshot');
    process.kill(stage.process('demo-dr').pid, 'SIGHUP');
    await comesTrue(async () => (await missing(true)).length === 0, patienceMs);
    const left = await missing(true);
    const held = Object.values((await pipeline.totals()).copies).reduce(
      (sum, one) => sum + (one['held'] ?? 0),
      0,
    );
    const ok = check({
      ja: '全ての保管先に複製の記録',
      en: 'every copy is known, overseas too',
      ok: left.length === 0,
      seen:
        left.length === 0
          ? '5 stores and processors, 1 recovery site, analytics'
          : `missing: ${[...new Set(left)].join(', ')}`,
    });
    return {
      result: undefined,
      ok,
      text: `${String(held)} copies reported; snapshot in Singapore (APPI 28)`,
    };
  });

  const { mizuki } = visited;
  const answer = await pipeline.lineage(mizuki.member);
  const kinds = new Set(answer.records.map(({ category }) => category));
  check({
    ja: '一人の経路を全分類で追える',
    en: 'one person is traced through C1–C7',
    ok: kinds.size === 7 && lines > 0,
    seen: `${String(answer.page.total)} records in ${String(kinds.size)} categories`,
  });
  reporter.heading(`一人の経路  One person's route`);
  reporter.print(renderGlance(answer, reporter.paint));
  reporter.print(reporter.paint('dim', `every record of it:  npx keiro lineage --member ${mizuki.member}`));
}

async function allTagged({ pipeline }: Scene, members: readonly Member[]): Promise<boolean> {
  const answers = await Promise.all(members.map(({ member }) => pipeline.lineage(member)));
  return answers.every(({ records }) =>
    records.every(({ groups }) =>
      groups.every(
        ({ purposes, end, cap }) => purposes.length > 0 && (end !== undefined || cap !== undefined),
      ),
    ),
  );
}
