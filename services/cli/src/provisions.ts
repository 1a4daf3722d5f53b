import { InvalidArgumentError, Option, type Command } from 'commander';
import { noteSchema, provisionSearchAnswerSchema, type ProvisionSearchAnswer } from '@keiro/schemas';
import { asking } from './ask.ts';
import { identifierHelp, readIdentifiers, withIdentifiers, type IdentifierOptions } from './identifiers.ts';
import {
  day,
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
import { exportProvisions } from './provision-export.ts';
import { keepingLabels, provisionWords as words } from './provision-words.ts';

interface ListOptions extends IdentifierOptions {
  readonly lang: Language;
  readonly json?: boolean;
}

interface ExportOptions {
  readonly from: string;
  readonly to: string;
  readonly format: 'csv' | 'json';
  readonly out: string;
  readonly reference?: string;
  readonly sealed?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const provisions = program
    .command('provisions')
    .description('records of what was provided to and received from others (APPI 29 to 31)');

  const list = provisions
    .command('list')
    .description(
      'those of one person, also after erasure, with why none was needed and until when each is kept',
    );
  withIdentifiers(list)
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nExamples:\n  keiro provisions list --member m-1042\n  keiro provisions list --email - < address.txt' +
        `\n${identifierHelp}\nExit code 0: answered, also when nothing is recorded. 1: no answer. 2: wrong use.`,
    )
    .action(async (options: ListOptions) => {
      const identifier = await readIdentifiers(list, options, 1);
      const answer = await asking('query')(
        { path: '/v1/provisions/search', body: identifier },
        provisionSearchAnswerSchema,
      );
      if (options.json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of provisionLines(answer, options.lang, painter(isTerminal()))) print(line);
    });

  const exporting = provisions
    .command('export')
    .description('those of a span of time into a file, for an authority, with Japanese heads')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD in Japan', dayArgument)
    .requiredOption('--to <day>', 'last day', dayArgument)
    .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'json']).default('csv'))
    .requiredOption('--out <file>', 'a new file; only you may read it (mode 600)')
    .option('--reference <case>', 'the authority’s case, for the audit; no names, no free text', reference)
    .option('--sealed', 'without saying who the records are about')
    .option('--json', 'the outcome as data')
    .addHelpText(
      'after',
      '\nExample:\n  keiro provisions export --from 2026-04-01 --to 2026-09-30 --reference case-12 --out provisions.csv' +
        '\nSays who each record is about unless --sealed is given, which only the client `duties` may (KEIRO_TOKEN_DUTIES).' +
        '\nBoth the export and each person shown are audited. Exit code 0: written. 1: not. 2: wrong use.',
    )
    .action(async ({ sealed, ...options }: ExportOptions) => {
      if (sealed !== true && options.reference === undefined)
        exporting.error('error: --reference is wanted, or --sealed', { exitCode: 2 });
      if (options.from > options.to) exporting.error('error: --to is before --from', { exitCode: 2 });
      const done = await exportProvisions({
        ...options,
        reference: sealed === true ? undefined : options.reference,
        query: asking('query', 'duties'),
        keys: asking('keys', 'duties'),
        terminal: process.stderr,
      });
      if (options.json === true) print(JSON.stringify({ ...done, file: options.out }, null, 2));
      else if (done.records === 0) print(`${say(words.none, 'both')}  ${options.out}  (${done.export})`);
      else print(`${say(words.written, 'both')}: ${number(done.records)}  ${options.out}  (${done.export})`);
    });
}

/** A person's records as a person reads them, newest first. Pure. */
export function provisionLines(
  { provisions, labels, shared }: ProvisionSearchAnswer,
  lang: Language,
  paint: Paint,
): string[] {
  const told = (label: keyof typeof words): string => say(words[label], lang);
  const head = shared ? [told('shared')] : [];
  if (provisions.length === 0) return [...head, told('none')];
  const rows = provisions.map((one) => {
    const { party, record, kept } = one;
    const basis = one.basis === undefined ? undefined : labels.bases[one.basis];
    return [
      day(one.at),
      told(one.direction),
      party.country === undefined || party.country === 'JP'
        ? say(party.name, lang)
        : `${say(party.name, lang)} (${party.country})`,
      one.groups
        .map((group) => {
          const label = labels.groups[group];
          return label === undefined ? group : say(label, lang);
        })
        .join(', '),
      [basis === undefined ? (one.basis ?? '') : say(basis, lang), ...one.articles].filter(Boolean).join(' '),
      record.kind === 'none'
        ? `${told('notNeeded')}: ${say(record.message, lang)} (${record.articles.join(', ')})`
        : `${told('recorded')} (${record.articles.join(', ')})`,
      `${day(kept.until)} (${say(keepingLabels[kept.as], lang)}${kept.article === undefined ? '' : `, ${kept.article}`})`,
    ];
  });
  const heads = (['when', 'direction', 'party', 'items', 'basis', 'record', 'until'] as const).map(told);
  return [...head, renderTable(heads, rows, paint)];
}

export function dayArgument(value: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
  if (isDay) return value;
  throw new InvalidArgumentError('Wanted: YYYY-MM-DD.');
}

function reference(value: string): string {
  if (noteSchema.safeParse(value).success) return value;
  throw new InvalidArgumentError('Wanted: letters, digits, - and _, beginning with a letter.');
}
