import { InvalidArgumentError, type Command } from 'commander';
import {
  holdListSchema,
  holdPlacedSchema,
  holdViewSchema,
  type HoldPlaced,
  type HoldView,
  type Labels,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { identifierHelp, readIdentifiers, withIdentifiers, type IdentifierOptions } from './identifiers.ts';
import { at, isTerminal, languageOption, painter, print, renderTable, say, type Language } from './output.ts';

const word = (ja: string, en: string): Labels => ({ ja, en });
const texts = {
  none: word('保全の指定はありません。', 'No hold is in force.'),
  placed: word(
    '保全を指定しました。解除または期限まで、消去は行われません',
    'Held: nothing is erased until it ends',
  ),
  released: word(
    '保全を解除しました。待っていた消去は自動的に再開します',
    'Released: what waited for it goes on by itself',
  ),
  tooLate: word('すでに消去が始まっており止められません', 'Erasing had begun and cannot be stopped'),
  open: word('期限なし', 'until released'),
  ended: word('終了', 'ended'),
  waiting: word('消去待ち', 'waiting'),
  records: word('記録', 'records'),
  person: word('本人', 'person'),
};

interface PlaceOptions extends IdentifierOptions {
  readonly case: string;
  readonly until?: string;
  readonly record?: string[];
  readonly lang: Language;
  readonly json?: boolean;
}
interface ReadOptions {
  readonly all?: boolean;
  readonly lang: Language;
  readonly json?: boolean;
}

/** `keiro holds`: what a case keeps from being erased. */
export function register(program: Command): void {
  const holds = program
    .command('holds')
    .description('legal holds: what a case keeps from being erased, by whom and until when');

  const place = withIdentifiers(
    holds.command('place').description('nothing of a person, or of some records, is erased until it ends'),
  );
  place
    .requiredOption('--case <reference>', 'of the case; no names, no free text')
    .option(
      '--until <day>',
      'the last day in Japan, YYYY-MM-DD, or an instant (default: until it is released)',
      end,
    )
    .option('--record <ids...>', 'only these records, as keiro lineage --json prints their ids')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nExamples:\n  keiro holds place --case CASE-17 --member m-1042 --until 2027-03-31' +
        '\n  keiro holds place --case CASE-18 --email -\n' +
        '\nA hold finds its person by any identifier, also one that is linked later. A deletion asked for meanwhile' +
        '\nis accepted and hidden, and its erasing waits; retention waits too.' +
        `\n${identifierHelp}` +
        '\nExit code 0: held. 1: something of it is being erased already, it was refused, or no answer. 2: wrong use.',
    )
    .action(async (options: PlaceOptions) => {
      const { case: reference, until, record: records, lang, json } = options;
      const subject = records === undefined ? await readIdentifiers(place, options, 6) : undefined;
      const body = { case: reference, subject, records, until };
      const answer = await asking('request', 'operator')({ path: '/v1/holds', body }, holdPlacedSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of placedLines(answer, lang)) print(line);
      if (answer.tooLate.length > 0) process.exitCode = 1;
    });

  holds
    .command('release')
    .description('end a hold; what waited for it goes on by itself')
    .argument('<id>', 'the hold, as keiro holds list shows it')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .action(async (id: string, { lang, json }: ReadOptions) => {
      const path = `/v1/holds/${encodeURIComponent(id)}/release`;
      const answer = await asking('request', 'operator')({ path, body: {} }, holdViewSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else print(`${answer.id}  ${say(texts.released, lang)}`);
    });

  holds
    .command('list')
    .description('holds in force, and the requests that wait for each')
    .option('--all', 'those that have ended too')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .action(async ({ all, lang, json }: ReadOptions) => {
      const path = `/v1/holds${all === true ? '?all=true' : ''}`;
      const answer = await asking('request')({ path }, holdListSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.holds.length === 0) print(say(texts.none, lang));
      else print(listText(answer.holds, lang));
    });
}

/** What was placed, and what it could not stop. Pure. */
export function placedLines(answer: HoldPlaced, lang: Language): string[] {
  const until = answer.until === undefined ? say(texts.open, lang) : `→ ${at(answer.until)} JST`;
  return [
    `${answer.id}  ${answer.case}  ${until}`,
    say(texts.placed, lang),
    ...answer.tooLate.map((id) => `${say(texts.tooLate, lang)}: ${id}`),
  ];
}

function listText(holds: readonly HoldView[], lang: Language): string {
  const rows = holds.map(({ id, case: reference, by, at: since, until, inForce, records, refs, waiting }) => [
    id,
    reference,
    records.length > 0
      ? `${say(texts.records, lang)} ${String(records.length)}`
      : (refs[0] ?? say(texts.person, lang)),
    by,
    at(since),
    inForce ? (until === undefined ? say(texts.open, lang) : at(until)) : say(texts.ended, lang),
    waiting.length === 0 ? '' : `${say(texts.waiting, lang)}: ${waiting.join(' ')}`,
  ]);
  return renderTable(['hold', 'case', 'on', 'by', 'since', 'until', ''], rows, painter(isTerminal()));
}

/** A day counts to its end in Japan (L1). */
function end(given: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(given);
  const instant = new Date(isDay ? `${given}T23:59:59.999+09:00` : given);
  if (Number.isNaN(instant.getTime()))
    throw new InvalidArgumentError('a day, YYYY-MM-DD, or an instant is wanted.');
  return instant.toISOString();
}
