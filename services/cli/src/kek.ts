import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { backupReferenceSchema, kekStatusSchema, type KekStatus } from '@keiro/schemas';
import { z } from 'zod';
import { asking } from './ask.ts';
import { confirmed } from './confirm.ts';
import { count } from './count.ts';
import { isWrappedAgain, kekLines } from './kek-output.ts';
import { kekWords as words } from './kek-words.ts';
import { isTerminal, languageOption, number, painter, print, say, type Language } from './output.ts';

interface Options {
  readonly lang: Language;
  readonly json?: boolean;
  readonly yes?: boolean;
}

const askKeys = () => asking('keys', 'operator');
const exitHelp = '\nExit code 0: done. 1: refused, not confirmed, or no answer. 2: wrong use.';

export function register(program: Command): void {
  const kek = program
    .command('kek')
    .description('key-encryption keys: their epochs, and how old backups of wrapped keys come to an end');

  kek
    .command('status')
    .description('the epochs, what is wrapped under each, and what their end waits for')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nIt counts every wrapped key: with millions of persons it takes a while.')
    .action(async (options: Options) => {
      show(await askKeys()({ path: '/v1/kek' }, kekStatusSchema), options);
    });

  kek
    .command('rotate')
    .description('begin a new epoch; what older ones wrapped is wrapped again, slowly, beside the daily work')
    .option('--wait', 'stay until that is done')
    .option('--yes', 'do not ask')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText('after', exitHelp)
    .action(async (options: Options & { wait?: boolean }) => {
      if (!(await confirmed(words.askRotate, options))) return;
      const begun = await askKeys()({ path: '/v1/kek/rotate', body: {} }, kekStatusSchema);
      if (options.json !== true) print(say(words.begun, options.lang));
      if (options.wait !== true) {
        show(begun, options);
        return;
      }
      const status = await untilWrappedAgain(options);
      if (options.json !== true) print(say(words.wrappedAgain, options.lang));
      show(status, options);
    });

  kek
    .command('retire')
    .description('destroy the key of an epoch under which nothing is wrapped any more')
    .argument('<epoch>', 'as status prints it', count)
    .requiredOption(
      '--backup-verified <reference>',
      'the backup of the keys database that was verified',
      reference,
    )
    .requiredOption('--taken-at <time>', 'when that backup was taken, e.g. 2026-03-01T09:00:00+09:00', time)
    .option('--yes', 'do not ask; wanted where there is no terminal')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nThe backup must be from after the last wrapping again: otherwise it would die with the epoch, and nothing' +
        '\ncould be restored. Wrapped keys in older backups can’t be opened afterwards, whatever key is at hand.' +
        `\n\nExample:\n  keiro kek retire 1 --backup-verified B-2026-03-01 --taken-at 2026-03-01T09:00:00+09:00\n${exitHelp}`,
    )
    .action(async (epoch: number, options: Options & { backupVerified: string; takenAt: string }) => {
      if (!(await confirmed(words.askRetire, { ...options, irrevocable: true }))) return;
      const body = { epoch, backup: { reference: options.backupVerified, takenAt: options.takenAt } };
      const status = await askKeys()({ path: '/v1/kek/retire', body }, kekStatusSchema);
      if (options.json !== true) print(say(words.retired, options.lang));
      show(status, options);
    });
}

function show(status: KekStatus, { lang, json }: Options): void {
  if (json === true) print(JSON.stringify(status, null, 2));
  else for (const line of kekLines(status, { lang, paint: painter(isTerminal()) })) print(line);
}

async function untilWrappedAgain({ lang, json }: Options): Promise<KekStatus> {
  const ask = askKeys();
  let told = -1;
  for (;;) {
    const status = await ask({ path: '/v1/kek' }, kekStatusSchema);
    if (isWrappedAgain(status)) return status;
    const { rewrapped } = status.progress;
    if (rewrapped !== told && json !== true) print(`${say(words.rewrapped, lang)}: ${number(rewrapped)}`);
    told = rewrapped;
    await delay(2000);
  }
}

function reference(text: string): string {
  const parsed = backupReferenceSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Wanted: ${parsed.error.issues[0]?.message ?? 'a reference'}.`);
}

/** With its offset: an operator's clock and the service's may be in different places. */
function time(text: string): string {
  const parsed = z.iso.datetime({ offset: true }).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Wanted: date, time and offset, e.g. 2026-03-01T09:00:00+09:00.');
}
