import type { Command } from 'commander';
import { readJsonFile } from '@keiro/runtime/config';
import {
  holderAnswerSchema,
  limitsOf,
  registerAnswerSchema,
  registeredAnswerSchema,
  type HolderAnswer,
  type HolderView,
} from '@keiro/schemas';
import { z } from 'zod';
import { asking } from './ask.ts';
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
import { registerPause } from './holders-pause.ts';
import { holderKindWord } from './words.ts';

interface ReadOptions {
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const holders = program
    .command('holders')
    .description('the register of all that can hold a copy, and what of it lapses');

  const reading = (name: string, description: string) =>
    holders
      .command(name)
      .description(description)
      .addOption(languageOption())
      .option('--json', 'the answer as data');

  reading('list', 'every holder, with its basis and what of it lapses next').action(
    async ({ lang, json }: ReadOptions) => {
      const answer = await asking('transfer')({ path: '/v1/holders' }, registerAnswerSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.holders.length === 0)
        print('登録された保管先はありません。 No holder is registered: keiro holders register FILE');
      else printHolders(answer.holders, lang, painter(isTerminal()));
    },
  );

  reading('show', 'one holder, and every change of its entry')
    .argument('<id>', 'the holder')
    .action(async (id: string, { lang, json }: ReadOptions) => {
      const path = `/v1/holders/${encodeURIComponent(id)}`;
      const answer = await asking('transfer')({ path }, holderAnswerSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of showLines(answer, lang, painter(isTerminal()))) print(line);
    });

  holders
    .command('register')
    .description('register the holders of a file, or change them; what the file says already is no change')
    .argument('<file>', 'a JSON list of holders, as KEIRO_HOLDERS_FILE has it')
    .option('--json', 'the answers as data')
    .addHelpText(
      'after',
      '\nEach change is a version of its own with who made it. One after the other: a refusal stops there.',
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const ask = asking('transfer', 'operator');
      const done = [];
      for (const body of readJsonFile(file, z.array(z.unknown())))
        done.push(await ask({ path: '/v1/holders', body }, registeredAnswerSchema));
      if (json === true) print(JSON.stringify(done, null, 2));
      else for (const one of done) print(`${one.id}  v${String(one.version)}  ${say(changed(one), 'both')}`);
    });

  reading('check', 'what of the holders is due within 30 days or over, and nothing else')
    .addHelpText(
      'after',
      '\nExit code 0: nothing is over. 1: something is, and no data go there until it is mended.',
    )
    .action(async ({ lang, json }: ReadOptions) => {
      const answer = await asking('transfer')({ path: '/v1/holders' }, registerAnswerSchema);
      const found = answer.holders.flatMap(({ id, lapses }) =>
        lapses.filter(({ state }) => state !== 'ok').map((lapse) => ({ holder: id, ...lapse })),
      );
      if (json === true) print(JSON.stringify({ asOf: answer.asOf, found }, null, 2));
      else if (found.length === 0)
        print('期限切れも、30日以内に期限の来るものもありません。 Nothing is over or due within 30 days.');
      else {
        const paint = painter(isTerminal());
        const rows = found.map((one) => [
          one.holder,
          paintLapse(one.state, lang, paint),
          one.due ?? '',
          say(one.label, lang),
        ]);
        print(renderTable(['holder', 'state', 'until', 'what'], rows, paint));
      }
      if (found.some(({ state }) => state === 'over')) process.exitCode = 1;
    });
  registerPause(holders);
}

const changed = (one: { changed: boolean }) =>
  one.changed ? { ja: '登録しました', en: 'registered' } : { ja: '変更なし', en: 'as before' };

function printHolders(holders: readonly HolderView[], lang: Language, paint: Paint): void {
  const rows = holders.map((holder) => {
    const next = nextLapse(holder);
    return [
      holder.id,
      say(holder.name, lang),
      say(holderKindWord(holder.kind), lang),
      holder.country,
      holder.basis,
      holder.categories.join(' '),
      next === undefined ? '' : `${paintLapse(next.state, lang, paint)} ${next.due ?? say(next.label, lang)}`,
    ];
  });
  print(renderTable(['holder', 'name', 'kind', 'country', 'basis', 'categories', 'lapses'], rows, paint));
}

/** What is over, else what ends first. */
function nextLapse({ lapses }: HolderView): HolderView['lapses'][number] | undefined {
  const over = lapses.find(({ state }) => state === 'over');
  return over ?? lapses.toSorted((a, b) => ((a.due ?? '') < (b.due ?? '') ? -1 : 1))[0];
}

/** What is known of a holder, as a person reads it. Pure. */
export function showLines({ holder, versions }: HolderAnswer, lang: Language, paint: Paint): string[] {
  const line = (ja: string, en: string, text: string | undefined) =>
    text === undefined ? [] : [`  ${say({ ja, en }, lang)}: ${text}`];
  const told = (labels: { ja: string; en: string } | undefined) =>
    labels === undefined ? undefined : say(labels, lang);
  return [
    paint('bold', `${holder.id}  ${say(holder.name, lang)}`),
    ...line('種別', 'kind', told(holderKindWord(holder.kind))),
    ...line('国', 'country', holder.country),
    ...line('根拠', 'basis', holder.basis),
    ...line('外国にある者への根拠', 'basis abroad', holder.abroad?.basis),
    ...line('拠点の運営者', 'operator', holder.operator),
    ...line('区分', 'categories', holder.categories.join(' ')),
    ...line('利用目的', 'purposes', holder.purposes.join(' ')),
    ...line('複製元', 'replicates', holder.replicates?.join(' ')),
    ...line('窓口', 'contact', told(holder.contact)),
    ...line('安全管理措置', 'safety measures', told(holder.safetyMeasures)),
    ...line('その国の制度', 'that country’s system', told(holder.countrySystem)),
    ...line('相当措置', 'equivalent measures', told(holder.abroad?.measures)),
    ...line('接続', 'connector', holder.connector),
    ...line('上限', 'limits', limitsText(holder)),
    ...holder.lapses.map(
      ({ state, due, label }) =>
        `  ${paintLapse(state, lang, paint)} ${say(label, lang)}${due === undefined ? '' : ` ${due}`}`,
    ),
    say({ ja: '変更の記録', en: 'changes' }, lang),
    ...versions.map(
      (one) => `  v${String(one.version)}  ${at(one.at)}  ${one.by}  ${one.changed.join(', ')}`,
    ),
  ];
}

/** Pure. */
function limitsText(holder: HolderView): string {
  const { concurrency, perSecond, breaker } = limitsOf(holder);
  const rate = perSecond === undefined ? '' : `, ${String(perSecond)}/s`;
  return `${String(concurrency)} at a time${rate}; ${String(breaker.outages)} outages: rests ${String(breaker.restSeconds)} s`;
}

const lapseWords = {
  ok: { ja: '有効', en: 'ok' },
  due: { ja: '30日以内', en: 'due' },
  over: { ja: '期限切れ', en: 'over' },
} as const;
const lapseStyles = { ok: 'green', due: 'yellow', over: 'red' } as const;

const paintLapse = (state: keyof typeof lapseWords, lang: Language, paint: Paint) =>
  paint(lapseStyles[state], say(lapseWords[state], lang));
