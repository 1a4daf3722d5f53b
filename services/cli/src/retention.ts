import { InvalidArgumentError, type Command } from 'commander';
import {
  retentionChangedSchema,
  retentionDryRunSchema,
  retentionForecastSchema,
  retentionRebuiltSchema,
  retentionStatusSchema,
  type RetentionForecast,
  type RetentionStatus,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import {
  align,
  at,
  isTerminal,
  languageOption,
  number,
  painter,
  print,
  renderTable,
  say,
  type Language,
} from './output.ts';
import { texts, waitLabels } from './retention-words.ts';

interface Options {
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const retention = program
    .command('retention')
    .description('what ends when, how far the sweep is, and what is stuck (APPI 22)');
  const reading = (name: string, description: string) =>
    retention.command(name).description(description).addOption(languageOption());

  reading('status', 'how far the sweep is behind, when it was last done, what waits and for whom')
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nExit code 0: nothing is stuck. 1: paused, a day or more behind, or an operator is needed.',
    )
    .action(async ({ lang, json }: Options) => {
      const status = await asking('request')({ path: '/v1/retention/status' }, retentionStatusSchema);
      if (json === true) print(JSON.stringify(status, null, 2));
      else for (const line of statusLines(status, lang)) print(line);
      if (status.paused !== undefined || status.failed.length > 0 || status.due.lagDays > 0)
        process.exitCode = 1;
    });

  reading('forecast', 'what ends in the next days, by day, category and holder; what laws keep, what waits')
    .option('--days <n>', 'how many days to look ahead', days, 30)
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nExample:\n  keiro retention forecast --days 30')
    .action(async ({ lang, json, days: n }: Options & { days: number }) => {
      const path = `/v1/retention/forecast?days=${String(n)}`;
      const answer = await asking('request', 'compliance', 600_000)({ path }, retentionForecastSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of forecastLines(answer, lang)) print(line);
    });

  reading('run', 'goes on at once, also after a pause')
    .option('--dry-run', 'says what would go; changes nothing')
    .option('--json', 'the answer as data')
    .action(async ({ lang, json, dryRun }: Options & { dryRun?: boolean }) => {
      if (dryRun !== true) {
        const answer = await asking('request')(
          { path: '/v1/retention/run', body: {} },
          retentionChangedSchema,
        );
        print(json === true ? JSON.stringify(answer) : say(texts.started, lang));
        return;
      }
      const plan = await asking(
        'request',
        'compliance',
        600_000,
      )({ path: '/v1/retention/dry-run' }, retentionDryRunSchema);
      if (json === true) {
        print(JSON.stringify(plan, null, 2));
        return;
      }
      const rows: string[][] = [
        [say(texts.goes, lang), `${number(plan.goes)}  ${counts(plan.byCategory)}`],
        [say(texts.holders, lang), counts(plan.holders)],
        [say(texts.unreported, lang), counts(plan.unreported)],
        [say(texts.notOurs, lang), number(plan.notOurs)],
        [say(texts.stays, lang), waits(plan.stays, lang)],
      ];
      for (const line of align(rows)) print(line);
      if (plan.cut) print(say(texts.cut, lang));
      print(say(texts.dryRun, lang));
    });

  reading('pause', 'begins no further batch until keiro retention run').action(async ({ lang }: Options) => {
    await asking('request')({ path: '/v1/retention/pause', body: {} }, retentionChangedSchema);
    print(say(texts.stopped, lang));
  });

  reading('rebuild', 'works out anew when every record is due, also those from before it was kept').action(
    async ({ lang }: Options) => {
      const question = { path: '/v1/retention/rebuild', body: {} };
      const { records } = await asking('request', 'compliance', 3_600_000)(question, retentionRebuiltSchema);
      print(`${number(records)} ${say(texts.rebuilt, lang)}`);
    },
  );
}

function days(text: string): number {
  const n = Number(text);
  if (Number.isInteger(n) && n >= 0 && n <= 400) return n;
  throw new InvalidArgumentError('a whole number from 0 to 400');
}

/** Pure. */
export function statusLines(status: RetentionStatus, lang: Language): string[] {
  const { due, last, paused, underWay, failed, waiting, keys } = status;
  const rows = [
    [
      say(texts.state, lang),
      paused === undefined
        ? say(texts.running, lang)
        : `${say(texts.paused, lang)}  ${at(paused.at)}  ${paused.by}`,
    ],
    [
      say(texts.due, lang),
      `${number(due.records + due.persons)}${due.oldest === undefined ? '' : `  ${due.oldest}～`}`,
    ],
    [say(texts.lag, lang), `${number(due.lagDays)} d`],
    [say(texts.underWay, lang), number(underWay)],
    [
      say(texts.last, lang),
      last === undefined
        ? say(texts.never, lang)
        : `${at(last.at)}  ${number(last.planned)} / ${number(last.looked)}`,
    ],
    ...(keys === undefined
      ? []
      : [
          [
            say(texts.keys, lang),
            `${number(keys.retired)}  ${say(texts.keysWaiting, lang)} ${number(keys.waiting)}`,
          ],
        ]),
    ...failed.map(({ request, records, holders }) => [
      say(texts.failed, lang),
      `${request}  ${number(records)}  ${holders.join(', ')}  ${say(texts.next, lang)}`,
    ]),
    ...waiting.map(({ wait, holder, records, persons, next }) => [
      say(texts.waiting, lang),
      [say(waitLabels[wait], lang), holder ?? '', number(records + persons), `→ ${next}`]
        .filter(Boolean)
        .join('  '),
    ]),
  ];
  return [...align(rows), `${say(texts.asOf, lang)} ${at(status.asOf)}`];
}

/** Pure. */
export function forecastLines(answer: RetentionForecast, lang: Language): string[] {
  const head = [
    texts.day,
    texts.category,
    texts.ends,
    texts.partly,
    texts.holders,
    texts.floors,
    texts.waiting,
  ];
  const rows = answer.rows.map((row) => [
    row.day,
    row.category,
    number(row.ends),
    number(row.partly),
    counts(row.holders),
    row.floors
      .map(({ law, until, records }) => `${number(records)} (${law}, ${until ?? say(texts.openFloor, lang)})`)
      .join('; '),
    waits(row.waiting, lang),
  ]);
  const table = renderTable(
    head.map((label) => say(label, lang)),
    rows,
    painter(isTerminal()),
  );
  return [
    rows.length === 0 ? say(texts.nothing, lang) : table.trimEnd(),
    ...answer.open.map(
      ({ category, start, records }) => `${say(texts.open, lang)}: ${category}  ${start}  ${number(records)}`,
    ),
    ...(answer.cut ? [say(texts.cut, lang)] : []),
    `${say(texts.asOf, lang)} ${at(answer.asOf)}`,
  ];
}

const counts = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([name, n]) => `${name} ${number(n)}`)
    .join(', ') || '-';

const waits = (all: Readonly<Record<string, number>>, lang: Language): string =>
  Object.entries(all)
    .map(([wait, n]) => `${say(waitLabels[wait as keyof typeof waitLabels], lang)} ${number(n)}`)
    .join(', ') || '-';
