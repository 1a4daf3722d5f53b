import { Option, type Command } from 'commander';
import {
  discardReasons,
  discardReasonLabels,
  quarantineAnswerSchema,
  quarantineEntrySchema,
  quarantineReasonLabels,
  quarantineReasons,
  quarantineStateLabels,
  quarantineStates,
  type QuarantineAnswer,
  type QuarantineReason,
  type QuarantineState,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import {
  age,
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
import { endText, entryLines, entryPath } from './quarantine-entry.ts';
import { registerRelease } from './quarantine-release.ts';
import { words } from './words.ts';

interface ListOptions {
  readonly limit: number;
  readonly reason?: QuarantineReason;
  readonly state: QuarantineState;
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('what was set aside, and why; releasing and discarding it');
  quarantine
    .command('list')
    .description('by reason, and the newest one by one; their content stays sealed')
    .option('--limit <n>', 'how many one by one', count, 20)
    .addOption(new Option('--reason <reason>', 'only those').choices(quarantineReasons))
    .addOption(new Option('--state <state>', 'in this state').choices(quarantineStates).default('held'))
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .action(async ({ limit, reason, state, lang, json }: ListOptions) => {
      const query = new URLSearchParams({ limit: String(limit), state, ...(reason && { reason }) });
      const answer = await asking('query')(
        { path: `/v1/quarantine?${query.toString()}` },
        quarantineAnswerSchema,
      );
      if (json === true) print(JSON.stringify(answer, null, 2));
      else printList(answer, { state, reason, lang });
    });

  quarantine
    .command('show')
    .description('one entry: why, since when and until when, where from, what can be done')
    .argument('<id>', 'as list prints it')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .action(async (id: string, { lang, json }: { lang: Language; json?: boolean }) => {
      const entry = await asking('tag')({ path: entryPath(id) }, quarantineEntrySchema);
      if (json === true) print(JSON.stringify(entry, null, 2));
      else for (const line of entryLines(entry, lang)) print(line);
    });

  registerRelease(quarantine);

  quarantine
    .command('discard')
    .description('destroy what is sealed in an entry, for a reason; the entry stays and says so')
    .argument('<id>', 'as list prints it')
    .addOption(
      new Option('--reason <reason>', 'why nobody needs it').choices(discardReasons).makeOptionMandatory(),
    )
    .option('--note <reference>', "the operator's own reference of the case; no names, no free text")
    .addOption(languageOption())
    .addHelpText(
      'after',
      `\nReasons:\n${align(
        discardReasons.map((reason) => [`  ${reason}`, say(discardReasonLabels[reason], 'both')]),
      ).join('\n')}` +
        '\n\nWho, when and why is audited. The message itself stays in Kafka until its topic forgets it, within days.' +
        '\nExit code 0: discarded, also when it was before. 1: not discarded, or no answer. 2: wrong use.',
    )
    .action(async (id: string, { reason, note, lang }: { reason: string; note?: string; lang: Language }) => {
      const path = `${entryPath(id)}/discard`;
      const entry = await asking('tag', 'operator')({ path, body: { reason, note } }, quarantineEntrySchema);
      for (const line of entryLines(entry, lang)) print(line);
    });
}

function printList(
  answer: QuarantineAnswer,
  {
    state,
    reason,
    lang,
  }: Pick<ListOptions, 'state' | 'lang'> & { readonly reason: QuarantineReason | undefined },
): void {
  const now = new Date(answer.asOf);
  const paint = painter(isTerminal());
  const oldest = answer.oldest === undefined ? '' : `, the oldest for ${age(answer.oldest, now)}`;
  print(answer.total === 0 ? 'Nothing is in quarantine.' : `${number(answer.total)} in quarantine${oldest}`);
  if (answer.endingSoon > 0)
    print(paint('yellow', `${number(answer.endingSoon)} ${say(words.endingSoon, lang)}`));
  const reasons = Object.entries(answer.byReason) as [QuarantineReason, number][];
  for (const line of align(
    reasons.map(([id, n]) => [`  ${id}`, number(n), say(quarantineReasonLabels[id].why, lang)]),
  ))
    print(line);
  for (const [id, n] of Object.entries(answer.settled) as [QuarantineState, number][])
    print(`  ${say(quarantineStateLabels[id], lang)}  ${number(n)}`);
  if (answer.items.length === 0) {
    const asked = reason === undefined ? '' : ` for the reason ${reason}`;
    if (state !== 'held' || (reason !== undefined && answer.total > 0)) print(`None is ${state}${asked}.`);
    return;
  }
  print('');
  print(
    renderTable(
      ['since', 'age', 'ends', 'reason', 'id', 'detail'],
      answer.items.map((item) => [
        at(item.at),
        age(item.at, now),
        item.endsAt === undefined ? '' : endText(item.endsAt, now),
        item.reason,
        item.id,
        item.detail,
      ]),
      paint,
    ),
  );
}
