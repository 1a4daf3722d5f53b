import { Option, type Command } from 'commander';
import {
  bulkReleasedSchema,
  quarantineReasonLabels,
  quarantineReasons,
  releasedSchema,
  type QuarantineReason,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import { languageOption, number, print, say, type Language } from './output.ts';
import { entryLines, entryPath } from './quarantine-entry.ts';

interface ReleaseOptions {
  readonly reason?: QuarantineReason;
  readonly limit?: number;
  readonly lang: Language;
}

/** Entries that one call releases: few enough that progress shows. */
const partSize = 100;

/** `keiro quarantine release`: one entry, or all that are held for a reason. */
export function registerRelease(quarantine: Command): void {
  const command = quarantine
    .command('release')
    .description('tag it again as a fresh message, under the rules and the standing of today')
    .argument('[id]', 'as list prints it')
    .addOption(new Option('--reason <reason>', 'all that are held for it instead').choices(quarantineReasons))
    .option('--limit <n>', 'with --reason: at most so many', count)
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nHolders that passed the message over are not given it again by this: only its record is made.' +
        '\nExit code 0: all that was tried is released. 1: some of it stays, or no answer. 2: wrong use.',
    )
    .action(async (id: string | undefined, options: ReleaseOptions) => {
      const { reason } = options;
      if (id !== undefined && reason === undefined) process.exitCode = await releaseOne(id, options.lang);
      else if (id === undefined && reason !== undefined) process.exitCode = await releaseAll(reason, options);
      else command.error('error: either an id or --reason is wanted', { exitCode: 2 });
    });
}

async function releaseOne(id: string, lang: Language): Promise<number> {
  const ask = asking('tag', 'operator');
  const { outcome, entry } = await ask({ path: `${entryPath(id)}/release`, body: {} }, releasedSchema);
  for (const line of entryLines(entry, lang)) print(line);
  return outcome === 'held' ? 1 : 0;
}

async function releaseAll(reason: QuarantineReason, { limit, lang }: ReleaseOptions): Promise<number> {
  const ask = asking('tag', 'operator');
  const totals = { record: 0, repetition: 0, held: 0, refused: 0 };
  const tried = () => totals.record + totals.repetition + totals.held + totals.refused;
  const most = limit ?? Infinity;
  let after: string | undefined;
  let others: number;
  do {
    const body = { reason, limit: Math.min(partSize, most - tried()), after };
    const answer = await ask({ path: '/v1/quarantine/release', body }, bulkReleasedSchema);
    totals.record += answer.outcomes.record;
    totals.repetition += answer.outcomes.repetition;
    totals.held += answer.outcomes.held;
    totals.refused += answer.refused.length;
    for (const one of answer.refused) print(`${one.id}  ${one.title}`);
    ({ others, next: after } = answer);
    print(
      `${number(tried())} tried: ${number(totals.record)} recorded, ${number(totals.repetition)} repeat a record, ` +
        `${number(totals.held)} stay, ${number(totals.refused)} refused`,
    );
  } while (after !== undefined && tried() < most);
  if (others > 0) {
    const { next } = quarantineReasonLabels[reason];
    print(`${number(others)} more were set aside by holders or by transfer. ${say(next, lang)}`);
  }
  return totals.held + totals.refused === 0 ? 0 : 1;
}
