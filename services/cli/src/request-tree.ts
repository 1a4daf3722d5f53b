import type { LineageHolder, LineageRequest } from '@keiro/schemas';
import { align, at, clock, number, say, type Language, type Node, type Paint } from './output.ts';
import { keptText } from './kept-words.ts';
import { directiveWord, requestWord, stateWord, stepWord, words } from './words.ts';

export interface TreeOptions {
  readonly language: Language;
  readonly paint: Paint;
}

const colours = {
  done: 'green',
  failed: 'red',
  'by-hand': 'red',
  'waiting-for-operator': 'red',
  'in-review': 'red',
  refused: 'cyan',
  lapsed: 'cyan',
  withdrawn: 'cyan',
} as const;

/** A state in its colour: green is over and well, red wants somebody, yellow is under way. */
export function paintState(state: string, { language, paint }: TreeOptions): string {
  const colour = state in colours ? colours[state as keyof typeof colours] : 'yellow';
  return paint(colour, say(stateWord(state), language));
}

/** A request with its steps and each holder's receipt (R4, R5, R7). Pure. */
export function requestNode(
  request: LineageRequest,
  holders: readonly LineageHolder[],
  options: TreeOptions,
): Node {
  const { language, paint } = options;
  const dates = [
    `${say(words.received, language)} ${at(request.receivedAt)}`,
    request.doneAt === undefined
      ? `${say(words.due, language)} ${at(request.due)}`
      : `${say(words.done, language)} ${at(request.doneAt)}`,
  ];
  const purposes = request.purposes.length === 0 ? [] : [`(${purposeList(request.purposes, language)})`];
  return {
    text: [
      paint('bold', say(requestWord(request.type), language)),
      ...purposes,
      request.id,
      paintState(request.state, options),
      ...dates,
    ].join('  '),
    children: [
      ...(request.steps.length === 0
        ? []
        : [
            {
              text: `${say(words.steps, language)}: ${request.steps
                .map(({ step, at: instant }) => `${say(stepWord(step), language)} ${clock(instant)}`)
                .join(' → ')}`,
            },
          ]),
      ...(request.kept ?? []).map((one) => ({
        text: `${paint('yellow', say(words.erasedBut, language))}: ${keptText(one, language)}`,
      })),
      ...(request.restErasedAt === undefined
        ? []
        : [{ text: `${say(words.restErased, language)} ${at(request.restErasedAt)}` }]),
      ...taskNodes(request, holders, options),
    ],
  };
}

export function purposeList(purposes: readonly string[], language: Language): string {
  return purposes.includes('all') ? say(words.allPurposes, language) : purposes.join(', ');
}

/** One line a holder: what it had to do, what it did, what its probe found. */
function taskNodes(
  { tasks }: Pick<LineageRequest, 'tasks'>,
  holders: readonly LineageHolder[],
  options: TreeOptions,
): Node[] {
  const lines = align(tasks.map((task) => taskCells(task, holders, options)));
  return tasks.map((task, position) => {
    const detail = Object.entries(task.receipt?.detail ?? {});
    const error = task.state === 'done' ? undefined : task.errors.at(-1);
    return {
      text: lines[position] ?? '',
      children: [
        ...(detail.length < 2
          ? []
          : [{ text: detail.map(([what, n]) => `${what} ${number(n)}`).join(' · ') }]),
        ...(error === undefined
          ? []
          : [{ text: `${say(words.attempt, options.language)} ${String(error.attempt)}: ${error.message}` }]),
      ],
    };
  });
}

function taskCells(
  task: LineageRequest['tasks'][number],
  holders: readonly LineageHolder[],
  options: TreeOptions,
): string[] {
  const { language } = options;
  const holder = holders.find(({ id }) => id === task.holder);
  const { receipt } = task;
  const answer: string[] = [];
  if (receipt !== undefined) answer.push(`${say(words.affected, language)} ${number(receipt.affected)}`);
  if (receipt?.unanswered !== undefined)
    answer.push(`${say(words.unanswered, language)} ${number(receipt.unanswered)}`);
  if (receipt?.probe !== undefined) {
    const { at: instant, found } = receipt.probe;
    answer.push(
      `${say(words.probe, language)} ${clock(instant)} ${say(words.found, language)} ${number(found)}`,
    );
  }
  answer.push(...(receipt === undefined ? [] : saidInPlaceOfAProbe(receipt, language)));
  if (receipt?.readBack !== undefined)
    answer.push(
      `${say(words.readBack, language)} ${clock(receipt.readBack.at)} ${say(words.differing, language)} ${number(receipt.readBack.differing)}`,
    );
  if (receipt?.exported !== undefined)
    answer.push(`${say(words.exported, language)} ${number(receipt.exported)}`);
  if (receipt?.byHand !== undefined)
    answer.push(
      `${say(words.closedByHand, language)} ${at(receipt.byHand.at)} ${[receipt.byHand.by, receipt.byHand.reference, receipt.byHand.evidence].filter((one) => one !== undefined).join(' ')}`,
    );
  for (const { place, why, columns, rows, until } of receipt?.remains ?? []) {
    const where = [place, ...(columns.length === 0 ? [] : [columns.join(', ')])].join(': ');
    const end = until === undefined ? '' : ` ${at(until)} ${say(words.until, language)}`;
    answer.push(`${say(words[why], language)} ${number(rows)} (${where})${end}`);
  }
  if (task.keep !== undefined && (receipt?.remains ?? []).length === 0) {
    const { fields, laws } = task.keep;
    answer.push(`${say(words.kept, language)}: ${fields.join(', ')} (${laws.join(', ')})`);
  }
  if (task.waiting !== undefined)
    answer.push(`${say(words.waitsForHolder, language)} ${at(task.waiting.since)}: ${task.waiting.says}`);
  if (receipt?.unsupported !== undefined) answer.push(receipt.unsupported);
  return [
    task.holder,
    ...(holder === undefined ? [] : [say(holder.name, language)]),
    `${say(directiveWord(task.directive), language)}: ${paintState(task.state, options)}`,
    ...answer,
  ];
}

/** Where nobody looked again: what the holder was told, or what it gives its word for (invariant 5: not erased). */
export function saidInPlaceOfAProbe(
  { told, confirmed, probe }: NonNullable<LineageRequest['tasks'][number]['receipt']>,
  language: Language,
): string[] {
  if (probe !== undefined || told === undefined) return [];
  if (confirmed === undefined)
    return [`${say(words.told, language)} ${at(told.at)} (${number(told.identifiers)})`];
  const word = confirmed.signed ? words.confirmed : words.confirmedUnsigned;
  const by = confirmed.by === undefined ? '' : ` ${confirmed.by}`;
  return [`${say(word, language)}${by} ${at(confirmed.at)} (${number(confirmed.identifiers)})`];
}
