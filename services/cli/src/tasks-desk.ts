import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { KeiroError } from '@keiro/runtime/errors';
import { retryAllAnswerSchema, taskViewSchema } from '@keiro/schemas';
import { asking } from './ask.ts';
import { at, print } from './output.ts';

/** What an operator does with a task that waits for one. */
export function registerDesk(tasks: Command): void {
  tasks
    .command('retry-all')
    .description('put back every failed task of a holder, or with one error, once what was wrong is mended')
    .option('--holder <id>', 'of this holder')
    .option('--error <text>', 'whose last error begins so')
    .option('--json', 'the answer as data')
    .action(async ({ json, ...which }: { holder?: string; error?: string; json?: boolean }) => {
      const answer = await asking('request')(
        { path: '/v1/tasks/retry-all', body: which },
        retryAllAnswerSchema,
      );
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.putBack === 0)
        print('該当する失敗タスクはありません。 No failed task fits: keiro tasks list');
      else print(`${String(answer.putBack)} 件を戻しました。 ${String(answer.putBack)} tasks were put back.`);
    });

  tasks
    .command('hand-over')
    .description(
      'hand a task that waits for an operator to another desk; the list says who has it, since when',
    )
    .argument('<id>', 'the task')
    .argument('<desk>', 'who looks after it from now on')
    .option('--json', 'the answer as data')
    .action(async (id: string, to: string, { json }: { json?: boolean }) => {
      const path = `/v1/tasks/${encodeURIComponent(id)}/hand-over`;
      const task = await asking('request')({ path, body: { to } }, taskViewSchema);
      if (json === true) print(JSON.stringify(task, null, 2));
      else print(`${task.id}  担当 desk: ${task.desk?.who ?? to}  ${at(task.desk?.since ?? task.createdAt)}`);
    });

  tasks
    .command('close')
    .description('close a task by hand, with evidence: the receipt says so, and that no probe has looked')
    .argument('<id>', 'the task')
    .requiredOption('--reference <ref>', 'where the evidence lies: letters, digits, - and _')
    .option('--file <file>', 'the evidence; only its SHA-256 leaves this machine')
    .option('--json', 'the answer as data')
    .action(
      async (id: string, { reference, file, json }: { reference: string; file?: string; json?: boolean }) => {
        const path = `/v1/tasks/${encodeURIComponent(id)}/close`;
        const body = { reference, ...(file === undefined ? {} : { sha256: await digestOf(file) }) };
        const task = await asking('request')({ path, body }, taskViewSchema);
        if (json === true) print(JSON.stringify(task, null, 2));
        else
          print(`${task.id}  手作業で完了 closed by hand  ${task.receipt?.byHand?.by ?? ''}  ${reference}`);
      },
    );
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    const { code = 'error' } = error as { code?: string };
    throw new KeiroError('no-file', `the file of --file cannot be read (${code})`, { retryable: false });
  }
  return hash.digest('hex');
}
