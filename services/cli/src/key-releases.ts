import { InvalidArgumentError, type Command } from 'commander';
import { releasesAnswerSchema, type ReleaseCount, type ReleasesAnswer } from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import { entryKindLabels, kekWords as words } from './kek-words.ts';
import {
  at,
  isTerminal,
  languageOption,
  number,
  painter,
  print,
  renderTable,
  say,
  type Language,
  type Paint,
} from './output.ts';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly minutes?: boolean;
  readonly limit: number;
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const keys = program.command('keys').description('who got keys to people’s data, and who did not');
  keys
    .command('releases')
    .description('key releases of a span of time by holder and purpose; refusals and duties one by one')
    .option('--from <time>', 'from when, e.g. 2026-03-01T09:00:00+09:00; an hour ago unless told', moment)
    .option('--to <time>', 'until when; now unless told, seven days later at most', moment)
    .option('--minutes', 'counted minute by minute')
    .option('--limit <n>', 'how many minutes and refusals, the newest', count, 100)
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nWhat happened in the last five seconds may not be in it yet.')
    .action(async (options: Options) => {
      const { from, to, limit } = options;
      const query = new URLSearchParams({ ...(from && { from }), ...(to && { to }), limit: String(limit) });
      const answer = await asking('keys')({ path: `/v1/releases?${query.toString()}` }, releasesAnswerSchema);
      if (options.json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of releaseLines(answer, { ...options, paint: painter(isTerminal()) })) print(line);
    });
}

/** What was released, as a person reads it. Pure. */
export function releaseLines(
  answer: ReleasesAnswer,
  { lang, paint, minutes }: { lang: Language; paint: Paint; minutes?: boolean },
): string[] {
  const told = (label: keyof typeof words): string => say(words[label], lang);
  const lines = [`${at(answer.from)} – ${at(answer.to)}`];
  if (answer.totals.length === 0 && answer.entries.length === 0) return [...lines, told('noReleases')];
  const cells = (line: ReleaseCount): string[] => [
    line.holder,
    line.purpose,
    number(line.released),
    refusedOf(line),
  ];
  const head = [told('holder'), told('purpose'), told('released'), told('refused')];
  lines.push(
    renderTable(
      minutes === true ? [told('minute'), ...head] : head,
      minutes === true
        ? answer.minutes.map((line) => [at(line.minute), ...cells(line)])
        : answer.totals.map(cells),
      paint,
    ).trimEnd(),
    '',
  );
  if (answer.entries.length === 0) lines.push(told('allOpened'));
  else {
    lines.push(
      renderTable(
        [
          told('when'),
          told('kind'),
          told('client'),
          told('holder'),
          told('purpose'),
          told('outcome'),
          told('ref'),
          told('times'),
        ],
        answer.entries.map((entry) => [
          at(entry.at),
          say(entryKindLabels[entry.kind], lang),
          entry.client,
          entry.holder,
          entry.purpose,
          entry.reference === undefined ? entry.outcome : `${entry.outcome} (${entry.reference})`,
          entry.ref === undefined ? '' : `${entry.ref}#${String(entry.generation ?? 1)}`,
          number(entry.times),
        ]),
        paint,
      ).trimEnd(),
    );
  }
  const { leftOut } = answer;
  const more = leftOut.entries + (minutes === true ? leftOut.minutes : 0);
  if (more > 0) lines.push(`${told('leftOut')}: ${number(more)} (--limit)`);
  return lines;
}

function refusedOf({ refused }: ReleaseCount): string {
  const parts = Object.entries(refused).map(([reason, n]) => `${number(n)} ${reason}`);
  return parts.length === 0 ? '0' : parts.join(', ');
}

/** Anything that says a moment; without an offset it is the time of this machine. */
function moment(text: string): string {
  const parsed = new Date(text);
  if (!Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw new InvalidArgumentError('Wanted: date and time, e.g. 2026-03-01T09:00:00+09:00.');
}
