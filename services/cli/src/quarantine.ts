import type { Command } from 'commander';
import { quarantineAnswerSchema } from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import { age, at, isTerminal, number, painter, print, renderTable } from './output.ts';

export function register(program: Command): void {
  program
    .command('quarantine')
    .description('what was set aside, and why')
    .command('list')
    .description('by reason, and the newest one by one; their content stays sealed')
    .option('--limit <n>', 'how many one by one', count, 20)
    .option('--json', 'the answer as data')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const answer = await asking('query')(
        { path: `/v1/quarantine?limit=${String(limit)}` },
        quarantineAnswerSchema,
      );
      if (json === true) {
        print(JSON.stringify(answer, null, 2));
        return;
      }
      if (answer.total === 0) {
        print('Nothing is in quarantine.');
        return;
      }
      const now = new Date(answer.asOf);
      const paint = painter(isTerminal());
      const oldest = answer.oldest === undefined ? '' : `, the oldest for ${age(answer.oldest, now)}`;
      print(`${number(answer.total)} in quarantine${oldest}`);
      for (const [reason, n] of Object.entries(answer.byReason)) print(`  ${reason}  ${number(n)}`);
      const rows = answer.items.map((item) => [
        at(item.at),
        item.reason,
        item.by,
        `${item.topic} ${String(item.partition)}@${item.offset}`,
        item.detail,
      ]);
      print('');
      print(renderTable(['since', 'reason', 'by', 'message', 'detail'], rows, paint));
    });
}
