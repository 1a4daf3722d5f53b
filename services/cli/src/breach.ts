import { closeSync, existsSync, fchmodSync, openSync, writeSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  breachAnswerSchema,
  breachCauseLabels,
  breachCauses,
  breachTopics,
  type BreachAnswer,
} from '@keiro/schemas';
import { asking, type Ask } from './ask.ts';
import { breachLines } from './breach-text.ts';
import { count } from './count.ts';
import { align, isTerminal, languageOption, print, say, type Language } from './output.ts';

interface Options {
  readonly holder: readonly string[];
  readonly topic: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly knownAt: string;
  readonly cause: string;
  readonly keys: string;
  readonly limit: number;
  readonly persons?: string;
  readonly lang: Language;
  readonly json?: boolean;
}

/** A large store takes minutes; Node's own client gives up after five. */
const patienceMs = 290_000;
/** Persons on one page where all of them go to a file. */
const pageSize = 10_000;

export function register(program: Command): void {
  const breach = program
    .command('breach')
    .description('what a leak, loss or theft of personal data concerns');
  breach
    .command('assess')
    .description('persons, records, classes of Rule 7, deadlines and whom to tell (APPI 26)')
    .option('--holder <id>', 'a holder that it happened at; may be given again', collect, [])
    .addOption(
      new Option('--topic <name>', 'a topic that was read; may be given again')
        .choices(breachTopics)
        .argParser(oneTopic)
        .default([]),
    )
    .requiredOption(
      '--from <instant>',
      'since when the data were exposed, e.g. 2026-03-01T09:00:00+09:00',
      instant,
    )
    .requiredOption('--to <instant>', 'until when', instant)
    .requiredOption('--known-at <instant>', 'when we came to know: the deadlines run from it', instant)
    .addOption(new Option('--cause <cause>', 'how it came about').choices(breachCauses).makeOptionMandatory())
    .addOption(
      new Option('--keys <state>', 'whether the keys, which lie apart, were touched too')
        .choices(['untouched', 'touched', 'unknown'])
        .default('unknown'),
    )
    .option('--limit <n>', 'persons to list', count, 20)
    .option(
      '--persons <file>',
      'write all persons to tell to a new file, one JSON object a line, readable by you alone',
    )
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      `\nCauses:\n${align(breachCauses.map((one) => [`  ${one}`, say(breachCauseLabels[one], 'both')])).join('\n')}` +
        '\n\nExample:\n  keiro breach assess --holder crm --from 2026-03-01T09:00:00+09:00 --to 2026-03-01T12:00:00+09:00 \\' +
        '\n    --known-at 2026-03-02T10:00:00+09:00 --cause unauthorised-access --persons persons.jsonl' +
        '\n\nPersons are named by blind refs. Nothing is written but who assessed what (audit).' +
        '\nExit code 0: assessed, whatever came out. 1: no answer. 2: wrong use.',
    )
    .action(async (options: Options, command: Command) => {
      if (options.holder.length + options.topic.length === 0)
        command.error('error: name at least one --holder or --topic', { exitCode: 2 });
      if (options.persons !== undefined && existsSync(options.persons))
        command.error('error: the file for --persons is there already', { exitCode: 2 });
      const ask = asking('query', 'compliance', patienceMs);
      const answer = await assess(ask, options, options.persons === undefined ? options.limit : pageSize);
      const told =
        options.persons === undefined ? undefined : await writePersons(ask, options, answer, options.persons);
      if (options.json === true)
        print(JSON.stringify(told === undefined ? answer : withoutPersons(answer), null, 2));
      else
        for (const line of breachLines(
          told === undefined ? answer : withoutPersons(answer),
          options.lang,
          isTerminal(),
        ))
          print(line);
      if (told !== undefined)
        process.stderr.write(`${String(told)} persons are in ${options.persons ?? ''}\n`);
    });
}

function assess(ask: Ask, options: Options, limit: number, after?: string): Promise<BreachAnswer> {
  const { holder: holders, topic: topics, from, to, knownAt, cause, keys } = options;
  const body = {
    holders,
    topics,
    from,
    to,
    knownAt,
    cause,
    keys,
    limit,
    ...(after === undefined ? {} : { after }),
  };
  return ask({ path: '/v1/breaches/assess', body }, breachAnswerSchema);
}

/** Page after page, so that not all of them are in memory; answers how many there are. */
async function writePersons(ask: Ask, options: Options, first: BreachAnswer, file: string): Promise<number> {
  // Never over another file, and nobody else's to read.
  const out = openSync(file, 'wx', 0o600);
  try {
    fchmodSync(out, 0o600);
    let written = 0;
    for (let answer = first; ;) {
      for (const person of answer.persons) writeSync(out, `${JSON.stringify(person)}\n`);
      written += answer.persons.length;
      const { next } = answer.page;
      if (next === undefined) return written;
      answer = await assess(ask, options, pageSize, next);
    }
  } finally {
    closeSync(out);
  }
}

const withoutPersons = (answer: BreachAnswer): BreachAnswer => ({ ...answer, persons: [] });

const collect = (value: string, before: readonly string[]) => [...before, value];

function oneTopic(value: string, before: unknown): string[] {
  if (!breachTopics.includes(value))
    throw new InvalidArgumentError(`one of ${breachTopics.join(', ')} is wanted`);
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
}

/** With an offset or Z: a time without one would mean another moment elsewhere. */
function instant(value: string): string {
  const at = /(Z|[+-]\d{2}:\d{2})$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('an instant like 2026-03-01T09:00:00+09:00 is wanted');
  return new Date(at).toISOString();
}
