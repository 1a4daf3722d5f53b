import type { Labels, RequestView } from '@keiro/schemas';
import { say } from './output.ts';
import { saidInPlaceOfAProbe } from './request-tree.ts';
import { stateWord, stepWord, words } from './words.ts';

interface Change {
  readonly at: string;
  readonly text: string;
}

/** What happened to a request between two looks at it, in order of time. Pure. */
export function changesOf(before: RequestView | undefined, after: RequestView): Change[] {
  const steps = after.steps
    .slice(before?.steps.length ?? 0)
    .map(({ step, at }) => ({ at, text: told(stepWord(step)) }));
  const tasks = after.tasks.flatMap((task): Change[] => {
    const old = before?.tasks.find(({ id }) => id === task.id);
    const error = task.errors.length > (old?.errors.length ?? 0) ? task.errors.at(-1) : undefined;
    const failed =
      error === undefined
        ? []
        : [
            {
              at: error.at,
              text: `${task.holder}: ${told(words.attempt)} ${String(error.attempt)} ${told(stateWord('failed'))}: ${error.message}`,
            },
          ];
    if (task.state !== 'done' || old?.state === 'done') return failed;
    const { receipt } = task;
    const parts = [
      `${task.holder}: ${told(stateWord('done'))}`,
      ...(receipt === undefined ? [] : [`${told(words.affected)} ${String(receipt.affected)}`]),
      ...(receipt?.probe === undefined
        ? []
        : [`${told(words.probe)} ${told(words.found)} ${String(receipt.probe.found)}`]),
      ...(receipt === undefined ? [] : saidInPlaceOfAProbe(receipt, 'both')),
      ...(receipt?.unsupported === undefined ? [] : [receipt.unsupported]),
    ];
    return [...failed, { at: task.doneAt ?? task.createdAt, text: parts.join('  ') }];
  });
  return [...steps, ...tasks].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const told = (labels: Labels) => say(labels, 'both');
