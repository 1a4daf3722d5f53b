import type { Command } from 'commander';
import { todayAnswerSchema, urgencies, type Labels, type TodayAnswer, type Urgency } from '@keiro/schemas';
import { asking } from './ask.ts';
import {
  align,
  day,
  isTerminal,
  languageOption,
  painter,
  print,
  say,
  type Language,
  type Paint,
} from './output.ts';

export function register(program: Command): void {
  program
    .command('today')
    .description('what is due, has lapsed, stands still until somebody acts, or must not be forgotten')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nExit code 0: nothing is overdue and nothing waits for anybody. 1: something does, or no answer.',
    )
    .action(async ({ lang, json }: { lang: Language; json?: boolean }) => {
      const answer = await asking('query')({ path: '/v1/today' }, todayAnswerSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of todayLines(answer, lang, painter(isTerminal()))) print(line);
      if (answer.items.some(({ urgency }) => urgency === 'overdue' || urgency === 'act'))
        process.exitCode = 1;
    });
}

/** The list as an officer reads it in the morning. Pure. */
export function todayLines({ asOf, items, cut }: TodayAnswer, lang: Language, paint: Paint): string[] {
  const head = paint('bold', `${say(titles.today, lang)}  ${day(asOf)}`);
  if (items.length === 0) return [head, say(titles.nothing, lang)];
  const groups = urgencies.flatMap((urgency) => {
    const found = items.filter((item) => item.urgency === urgency);
    if (found.length === 0) return [];
    const rows = found.map((item) => [
      '',
      item.due === undefined ? '' : day(item.due),
      [item.holder, item.about].filter((one) => one !== undefined).join(' '),
      say(item.message, lang),
      paint('dim', item.next),
    ]);
    return [
      '',
      paint(colours[urgency], `${say(urgencyLabels[urgency], lang)}  ${String(found.length)}`),
      ...align(rows),
    ];
  });
  return [head, ...groups, ...(cut ? ['', say(titles.more, lang)] : [])];
}

const titles = {
  today: { ja: '本日の対応', en: 'Today' },
  nothing: {
    ja: '期限の迫るもの、対応を待つものはありません。',
    en: 'Nothing is due, and nothing waits for anybody.',
  },
  more: {
    ja: 'ほかにもあります。種類ごとの一覧を確かめてください。',
    en: 'There is more: see the lists of each kind.',
  },
} as const satisfies Record<string, Labels>;

const urgencyLabels: Readonly<Record<Urgency, Labels>> = {
  overdue: { ja: '期限切れ・違反', en: 'overdue' },
  act: { ja: '対応待ち', en: 'waits for somebody' },
  soon: { ja: '期限間近', en: 'soon' },
  know: { ja: '留意', en: 'to know' },
};

const colours = { overdue: 'red', act: 'yellow', soon: 'cyan', know: 'dim' } as const;
