import { Option, type Command } from 'commander';
import { holderWaitsSchema, retriedSchema, taskListSchema, taskStates } from '@keiro/schemas';
import { asking } from './ask.ts';
import { at, isTerminal, painter, print, renderTable } from './output.ts';
import { paintState } from './request-tree.ts';
import { registerDesk } from './tasks-desk.ts';

export function register(program: Command): void {
  const tasks = program.command('tasks').description('what each holder has to do, and what went wrong');
  tasks
    .command('list')
    .description('tasks, those that failed unless another state is asked for')
    .addOption(new Option('--state <state>', 'in this state').choices(taskStates).default('failed'))
    .option('--json', 'the answer as data')
    .action(async ({ state, json }: { state: string; json?: boolean }) => {
      const answer = await asking('request')({ path: `/v1/tasks?state=${state}` }, taskListSchema);
      if (json === true) {
        print(JSON.stringify(answer, null, 2));
        return;
      }
      if (answer.tasks.length === 0) {
        print(`No task is ${state}.`);
        return;
      }
      const { waits } = await asking('request')({ path: '/v1/holders/waits' }, holderWaitsSchema);
      const shut = new Set(waits.map(({ holder }) => holder));
      const paint = painter(isTerminal());
      const rows = answer.tasks.map((task) => [
        task.id,
        task.holder,
        task.directive,
        task.state === 'pending' && shut.has(task.holder)
          ? paint('yellow', '保管先待ち waiting for holder')
          : paintState(task.state, { language: 'both', paint }),
        String(task.attempt),
        at(task.createdAt),
        task.desk === undefined ? '' : `${task.desk.who} ${at(task.desk.since)}`,
        task.errors.at(-1)?.message ?? '',
      ]);
      print(
        renderTable(
          ['task', 'holder', 'directive', 'state', 'attempt', 'since', 'desk', 'last error'],
          rows,
          paint,
        ),
      );
    });
  tasks
    .command('retry')
    .description('put a failed task back, once what was wrong has been mended')
    .argument('<id>', 'the task')
    .action(async (id: string) => {
      const path = `/v1/tasks/${encodeURIComponent(id)}/retry`;
      const answer = await asking('request')({ path, body: {} }, retriedSchema);
      print(`${answer.id}  ${answer.state}  attempt ${String(answer.attempt)}`);
    });
  registerDesk(tasks);
}
