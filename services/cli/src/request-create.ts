import { Argument, type Command } from 'commander';
import { acceptedSchema, deletionDryRunSchema, requestTypes } from '@keiro/schemas';
import { asking } from './ask.ts';
import { identifierHelp, readIdentifiers, withIdentifiers, type IdentifierOptions } from './identifiers.ts';
import { readChanges } from './field-changes.ts';
import { at, isTerminal, painter, print, say } from './output.ts';
import { dryRunLines } from './request-dry-run.ts';
import { paintState } from './request-tree.ts';
import { requestWord, words } from './words.ts';

interface CreateOptions extends IdentifierOptions {
  readonly purpose?: string[];
  readonly recipient?: string[];
  readonly checkIdentity?: boolean;
  readonly review?: boolean;
  readonly complaint?: boolean;
  readonly dryRun?: boolean;
  readonly note?: string;
  readonly changes?: string;
  readonly json?: boolean;
}

/** `keiro request create TYPE`: every right of the policy, and questions (R1 to R6, Q1). */
export function registerCreate(request: Command): void {
  const command = withIdentifiers(
    request
      .command('create')
      .description('take in what a person asks, of any type; the clock starts (R7)')
      .addArgument(new Argument('<type>', 'what is asked').choices(requestTypes)),
  );
  command
    .option('--purpose <purposes...>', 'of a suspension or a resume: only for these purposes')
    .option(
      '--recipient <holders...>',
      'of a third-party-denial, or the resume that takes it back: only these',
    )
    .option('--check-identity', 'it waits until it is confirmed who asks; without it you answer for that')
    .option('--review', 'somebody looks at it before it is carried out')
    .option('--complaint', 'a question that is a complaint')
    .option(
      '--changes <file>',
      'of a correction or an addition: a JSON object of fields and what they have to be; - reads it from standard input',
    )
    .option('--dry-run', 'of a deletion: say what it would do, holder by holder, and change nothing')
    .option('--note <reference>', "the caller's own reference of the case; no names, no free text")
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      `\nTypes: ${requestTypes.join(', ')}` +
        '\n\nExamples:\n  keiro request create disclosure --member m-1042' +
        '\n  keiro request create correction --member m-1042 --changes - < changes.json' +
        '\n  keiro request create third-party-denial --email - --recipient partner-gifts' +
        `\n  keiro request create question --complaint --note CASE-17\n${identifierHelp}` +
        '\nExit code 0: taken in. 1: no answer, or refused. 2: wrong use.',
    )
    .action(async (type: string, options: CreateOptions) => {
      const isNobody = type === 'question' && !hasIdentifier(options);
      const subject = isNobody ? undefined : await readIdentifiers(command, options, 6);
      if (options.changes === '-' && Object.values(options).filter((value) => value === '-').length > 1)
        command.error('error: only one value can be read from standard input', { exitCode: 2 });
      const changes = options.changes === undefined ? undefined : await readChanges(options.changes);
      if (options.dryRun === true) {
        if (type !== 'deletion') command.error('error: --dry-run is for a deletion', { exitCode: 2 });
        const body = { type, subject, note: options.note };
        const answer = await asking('request')({ path: '/v1/requests/dry-run', body }, deletionDryRunSchema);
        if (options.json === true) print(JSON.stringify(answer, null, 2));
        else for (const line of dryRunLines(answer, 'both')) print(line);
        return;
      }
      const about = options.complaint === true ? 'complaint' : 'question';
      const body = {
        type,
        subject,
        purposes: options.purpose,
        recipients: options.recipient,
        identity: options.checkIdentity === true ? 'required' : undefined,
        review: options.review,
        about: type === 'question' ? about : undefined,
        changes,
        note: options.note,
      };
      const answer = await asking('request')({ path: '/v1/requests', body }, acceptedSchema);
      if (options.json === true) {
        print(JSON.stringify(answer, null, 2));
        return;
      }
      const state = paintState(answer.state, { language: 'both', paint: painter(isTerminal()) });
      print(
        `${answer.id}  ${say(requestWord(type), 'both')}  ${state}  ${say(words.due, 'both')} ${at(answer.due)} JST`,
      );
      print(`npx keiro request show ${answer.id}`);
    });
}

const hasIdentifier = ({ member, email, phone, payer, cookie, device }: CreateOptions): boolean =>
  [member, email, phone, payer, cookie, device].some((one) => one !== undefined);
