import { Option, type Command } from 'commander';
import {
  violationClosingLabels,
  violationClosings,
  violationsAnswerSchema,
  violationStates,
  violationViewSchema,
  type ViolationsAnswer,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import {
  at,
  isTerminal,
  languageOption,
  painter,
  print,
  renderTable,
  say,
  type Language,
  type Paint,
} from './output.ts';
import { adviceLines, directiveCell } from './violation-directive.ts';

interface ListOptions {
  readonly state: 'open' | 'closed';
  readonly limit: number;
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const violations = program
    .command('violations')
    .description('copies that a holder has and had no basis for');
  violations
    .command('list')
    .description('those that are open, newest first, with the reason of each')
    .addOption(new Option('--state <state>', 'in this state').choices(violationStates).default('open'))
    .option('--limit <n>', 'how many', count, 100)
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nExit code 0: none is open. 1: one is, or no answer.')
    .action(async ({ state, limit, lang, json }: ListOptions) => {
      const query = new URLSearchParams({ state, limit: String(limit) });
      const answer = await asking('query')(
        { path: `/v1/violations?${query.toString()}` },
        violationsAnswerSchema,
      );
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of listLines(answer, state, lang, painter(isTerminal()))) print(line);
      if (answer.open > 0) process.exitCode = 1;
    });
  violations
    .command('close')
    .description('end one, with the reason')
    .addHelpText(
      'after',
      '\nreturned-or-erased is taken only once the directive is done and its probe found nothing, or the holder has\nreported the removal; for a snapshot, on your word.',
    )
    .argument('<id>', 'the violation')
    .addOption(
      new Option('--reason <reason>', 'why it is over').choices(violationClosings).makeOptionMandatory(),
    )
    .option('--note <reference>', "the operator's own reference of the case; no names, no free text")
    .action(async (id: string, options: { reason: string; note?: string }) => {
      const body = { reason: options.reason, note: options.note };
      const path = `/v1/violations/${encodeURIComponent(id)}/close`;
      const answer = await asking('transfer', 'operator')({ path, body }, violationViewSchema);
      const reason =
        answer.closed === undefined ? '' : say(violationClosingLabels[answer.closed.reason], 'both');
      print(`${answer.id}  ${reason}`);
    });
}

/** What is open or was closed, as a person reads it, with what to do about it. Pure. */
export function listLines(
  { violations, open }: ViolationsAnswer,
  state: 'open' | 'closed',
  lang: Language,
  paint: Paint,
): string[] {
  if (violations.length === 0) {
    return [
      say(
        state === 'open'
          ? { ja: '根拠のない写しは見つかっていません。', en: 'No copy without a basis is known.' }
          : { ja: '閉じた違反はありません。', en: 'None has been closed.' },
        lang,
      ),
    ];
  }
  const rows = violations.map((one) => [
    one.id,
    one.holder,
    one.copy?.category ?? `${one.snapshot?.store ?? ''} *`,
    one.copy?.purpose ?? '',
    one.row,
    at(one.foundAt),
    directiveCell(one, lang),
    one.closed === undefined ? say(one.message, lang) : say(violationClosingLabels[one.closed.reason], lang),
  ]);
  const table = renderTable(
    [
      'violation',
      'holder',
      'category',
      'purpose',
      'row',
      'found',
      'directive',
      state === 'open' ? 'reason' : 'closed',
    ],
    rows,
    paint,
  );
  if (state === 'closed') return [table];
  return [table, ...adviceLines(violations, open, lang)];
}
