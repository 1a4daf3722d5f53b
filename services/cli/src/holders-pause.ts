import type { Command } from 'commander';
import { holderWaitsSchema, pauseAnswerSchema } from '@keiro/schemas';
import { asking } from './ask.ts';
import { at, isTerminal, painter, print, renderTable } from './output.ts';

/** Has a holder's tasks wait, and go on. */
export function registerPause(holders: Command): void {
  const pausing = (name: 'pause' | 'resume', description: string) =>
    holders
      .command(name)
      .description(description)
      .argument('<id>', 'the holder')
      .requiredOption('--reason <ref>', 'your reference: letters, digits, - and _')
      .option('--json', 'the answer as data')
      .action(async (id: string, { reason, json }: { reason: string; json?: boolean }) => {
        const path = `/v1/holders/${encodeURIComponent(id)}/${name}`;
        const answer = await asking('request')({ path, body: { reason } }, pauseAnswerSchema);
        if (json === true) print(JSON.stringify(answer, null, 2));
        else print(`${id}  ${said(answer)}`);
      });
  pausing('pause', 'begin no task at a holder until it is resumed; the other holders go on');
  pausing('resume', 'let a paused holder take tasks again');

  holders
    .command('waits')
    .description('holders whose tasks wait: paused by an operator, or not answering')
    .option('--json', 'the answer as data')
    .action(async ({ json }: { json?: boolean }) => {
      const answer = await asking('request')({ path: '/v1/holders/waits' }, holderWaitsSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.waits.length === 0)
        print('待機中の保管先はありません。 No holder is paused, and all answer.');
      else {
        const rows = answer.waits.map((wait) => [
          wait.holder,
          wait.why === 'paused' ? '一時停止 paused' : '応答なし does not answer',
          at(wait.since),
          wait.until === undefined ? '' : at(wait.until),
          [wait.by, wait.reason].filter((one) => one !== undefined).join(' '),
          String(wait.tasks),
        ]);
        const header = ['holder', 'why', 'since', 'tried again', 'by', 'tasks'];
        print(renderTable(header, rows, painter(isTerminal())));
      }
    });
}

const said = ({ paused, changed }: { paused: boolean; changed: boolean }) =>
  paused
    ? changed
      ? '一時停止しました paused'
      : 'すでに一時停止中です paused already'
    : changed
      ? '再開しました resumed'
      : '停止していません was not paused';
