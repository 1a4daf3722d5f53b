import { todayLines } from '@keiro/cli/today';
import type { Deletion } from './hold.ts';
import type { Scene } from './scene.ts';

/** A1: what is left for people to do after all this, as compliance sees it in the morning. */
export async function showToday({ desk, reporter, check }: Scene, { request }: Deletion): Promise<void> {
  const answer = await desk.today();
  const unsent = answer.items
    .filter(({ kind }) => kind === 'notice')
    .reduce((sum, { count }) => sum + count, 0);
  const isOpen = answer.items.some(({ about }) => about === request);
  check({
    ja: '本日の対応: 残る仕事が一覧に',
    en: 'today lists what people still have to do',
    ok: unsent > 0 && !isOpen,
    seen: `${String(answer.items.length)} lines; ${String(unsent)} notices to send`,
  });
  reporter.heading('本日の対応  Today    npx keiro today');
  for (const line of todayLines(answer, 'ja', reporter.paint).slice(1)) reporter.print(line);
}
