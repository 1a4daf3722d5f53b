import { text } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import {
  cutAnswerSchema,
  cutReasons,
  identifierKinds,
  lineageAnswerSchema,
  refSchema,
  type CutAnswer,
  type Party,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { at, isTerminal, languageOption, painter, print, renderTable, say, type Language } from './output.ts';
import { kindWord, words } from './words.ts';

interface CutOptions {
  readonly reason?: string;
  readonly note?: string;
  readonly json?: boolean;
}

const partyHelp =
  '\nEach of the two is an identifier, KIND:VALUE (kinds: ' +
  `${identifierKinds.join(', ')}), or a ref as keiro lineage --json prints it.` +
  '\nA VALUE of - is read from standard input. Identifiers are sent in the body of a request, never in an address.';
const exitHelp =
  '\nStanding stays with the refs it was decided for: nothing erased comes back, nothing suspended opens.' +
  '\nExit code 0: it stands as asked, and for cut the two are apart. 1: they still meet, it was refused, or no answer. 2: wrong use.';

export function register(program: Command): void {
  const links = program
    .command('links')
    .description('who is who: what several share, and what is one person’s');

  links
    .command('review')
    .description('refs next to a person that several could have, with those who could')
    .argument('<party>', 'an identifier, KIND:VALUE')
    .addOption(languageOption())
    .addHelpText('after', partyHelp)
    .action(async (given: string, { lang }: { lang: Language }, command: Command) => {
      const [party] = await readParties(command, [given]);
      const answer = await asking('query', 'operator')(
        { path: '/v1/lineage/search', body: { ...party, limit: 1 } },
        lineageAnswerSchema,
      );
      if (answer.review.length === 0) {
        print('Nothing is shared: there is nothing to review.');
        return;
      }
      const rows = answer.review.map(({ ref, kind, since, claimants }) => [
        say(kindWord(kind), lang),
        ref,
        at(since),
        (claimants ?? []).join(' '),
      ]);
      print(renderTable(['kind', 'ref', 'since', 'of one of'], rows, painter(isTerminal())));
    });

  const decide = (name: 'cut' | 'restore', description: string) =>
    links
      .command(name)
      .description(description)
      .argument('<a>', 'one of the two')
      .argument('<b>', 'the other')
      .option('--note <reference>', "the operator's own reference of the case; no names, no free text")
      .option('--json', 'the answer as data')
      .addHelpText(
        'after',
        `\nExample:\n  keiro links ${name} member:m-1042 phone:-${name === 'cut' ? ' --reason family' : ''}\n` +
          partyHelp +
          exitHelp,
      )
      .action(async (a: string, b: string, options: CutOptions, command: Command) => {
        const parties = await readParties(command, [a, b]);
        const path = name === 'cut' ? '/v1/cuts' : '/v1/cuts/withdraw';
        const body = { a: parties[0], b: parties[1], reason: options.reason, note: options.note };
        const answer = await asking('request', 'operator')({ path, body }, cutAnswerSchema);
        if (options.json === true) print(JSON.stringify(answer, null, 2));
        else for (const line of answerLines(answer)) print(line);
        if (name === 'cut' && answer.together) process.exitCode = 1;
      });
  decide('cut', 'two are not of one person, whatever links there are').addOption(
    new Option('--reason <reason>', 'why').choices(cutReasons).makeOptionMandatory(),
  );
  decide('restore', 'take a cut back: links between the two count again');
}

/** How the two stand, as a person reads it. Pure. */
export function answerLines(answer: CutAnswer): string[] {
  const told = answer.decision === 'cut' ? words.cut : words.restored;
  const lines = [
    `${say(told, 'both')}${answer.changed ? '' : `  (${say(words.asBefore, 'both')})`}`,
    say(answer.together ? words.together : words.apart, 'both'),
  ];
  if (answer.decision === 'cut' && answer.together) {
    const by = answer.way.length === 0 ? '' : `: ${answer.way.join(' – ')}`;
    lines.push(`${say(words.anotherWay, 'both')}${by}`);
  }
  for (const ref of answer.shared) lines.push(`${say(words.stillShared, 'both')}: ${ref}`);
  if (answer.standingDiffers) lines.push(say(words.standingDiffers, 'both'));
  return lines;
}

async function readParties(command: Command, given: readonly string[]): Promise<Party[]> {
  if (given.filter((one) => one.endsWith(':-')).length > 1)
    command.error('error: only one value can be read from standard input', { exitCode: 2 });
  return Promise.all(
    given.map(async (one): Promise<Party> => {
      if (refSchema.safeParse(one).success) return { ref: one };
      const colon = one.indexOf(':');
      const kind = identifierKinds.find((known) => known === one.slice(0, colon));
      const value = one.slice(colon + 1);
      if (kind === undefined || value === '')
        command.error(`error: KIND:VALUE or a ref is wanted; kinds: ${identifierKinds.join(', ')}`, {
          exitCode: 2,
        });
      return { [kind]: value === '-' ? (await text(process.stdin)).trim() : value };
    }),
  );
}
