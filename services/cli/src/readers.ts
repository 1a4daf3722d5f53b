import { Option, type Command } from 'commander';
import {
  acknowledgeReasonLabels,
  acknowledgeReasons,
  readersAnswerSchema,
  readerStateLabels,
  readerViewSchema,
  type Labels,
  type ReadersAnswer,
  type ReaderView,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import {
  age,
  align,
  at,
  isTerminal,
  languageOption,
  number,
  painter,
  print,
  say,
  type Language,
} from './output.ts';

interface ListOptions {
  readonly all?: boolean;
  readonly lang: Language;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const readers = program
    .command('readers')
    .description('who reads personal data without being on the register, from topics and from databases');
  readers
    .command('list')
    .description('each with what it reads, since when, how far it is behind, and what to do')
    .option('--all', 'also those that are declared or gone')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nA reader that belongs to no consumer group and commits nothing can’t be seen; it gets ciphertext all the same.' +
        '\nExit code 0: none is undeclared but for those acknowledged. 1: one is, or no answer.',
    )
    .action(async ({ all, lang, json }: ListOptions) => {
      const path = all === true ? '/v1/readers?all=true' : '/v1/readers';
      const answer = await asking('query')({ path }, readersAnswerSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else for (const line of readersLines(answer, lang, isTerminal())) print(line);
      if (answer.undeclared > 0) process.exitCode = 1;
    });

  readers
    .command('acknowledge')
    .description(
      'an operator knows of an undeclared reader; it stays visible, and alarms again once it reads more',
    )
    .argument('<id>', 'as list prints it')
    .addOption(
      new Option('--reason <reason>', 'why it may be').choices(acknowledgeReasons).makeOptionMandatory(),
    )
    .option('--note <reference>', "the operator's own reference of the case; no names, no free text")
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      `\nReasons:\n${align(
        acknowledgeReasons.map((reason) => [`  ${reason}`, say(acknowledgeReasonLabels[reason], 'both')]),
      ).join('\n')}\n\nWho, when and why is audited.`,
    )
    .action(
      async (
        id: string,
        { reason, note, lang, json }: { reason: string; note?: string; lang: Language; json?: boolean },
      ) => {
        const path = `/v1/readers/${encodeURIComponent(id)}/acknowledge`;
        const reader = await asking('transfer', 'operator')(
          { path, body: { reason, note } },
          readerViewSchema,
        );
        if (json === true) print(JSON.stringify(reader, null, 2));
        else for (const line of readerLines(reader, new Date(), lang, false)) print(line);
      },
    );
}

const word = (ja: string, en: string): Labels => ({ ja, en });
const texts = {
  none: word('未登録の読み手はありません。', 'No undeclared reader is known.'),
  some: word('未登録の読み手', 'undeclared readers'),
  reads: word('読取対象', 'reads'),
  unknown: word('不明', 'not told'),
  behind: word('未読', 'behind'),
  members: word('接続元', 'members'),
  connected: word('接続数', 'connections'),
  superuser: word('管理者権限（付与によらず全件を読める）', 'superuser: may read everything'),
  since: word('初回検出', 'first seen'),
  last: word('最終検出', 'last seen'),
  next: word('次の対応', 'next step'),
  acknowledged: word('確認', 'acknowledged'),
  group: word('コンシューマーグループ', 'consumer group'),
  user: word('データベース利用者', 'database user'),
  registerGroup: word(
    '保有者として登録するか、その登録の readers.kafkaGroups に加えてください。心当たりがなければ止めてください。',
    'Register its holder, or name it in a holder’s readers.kafkaGroups; stop it where nobody knows it.',
  ),
  registerUser: word(
    '保有者の登録の readers.databaseUsers に加えてください。心当たりがなければ権限を取り消してください。',
    'Name it in the holder’s readers.databaseUsers; revoke its rights where nobody knows it.',
  ),
} as const;

/** Pure. */
export function readersLines(answer: ReadersAnswer, lang: Language, terminal = false): string[] {
  const now = new Date(answer.asOf);
  const head =
    answer.undeclared === 0
      ? say(texts.none, lang)
      : `${say(texts.some, lang)}: ${number(answer.undeclared)}`;
  return [head, ...answer.readers.flatMap((reader) => ['', ...readerLines(reader, now, lang, terminal)])];
}

function readerLines(reader: ReaderView, now: Date, lang: Language, terminal: boolean): string[] {
  const paint = painter(terminal);
  const isGroup = reader.kind === 'kafka-group';
  const state = say(readerStateLabels[reader.state], lang);
  const places = reader.reads.map((place) => {
    const behind = reader.lag?.[place];
    if (behind === undefined) return place;
    return `${place} (${say(texts.behind, lang)} ${behind === null ? say(texts.unknown, lang) : number(behind)})`;
  });
  const where = isGroup ? '' : `  ${reader.holder ?? ''} / ${reader.database ?? ''}`;
  const rows: (readonly [Labels, string])[] = [
    [texts.reads, places.length === 0 ? say(texts.unknown, lang) : places.join(', ')],
    [texts.since, `${at(reader.firstSeen)} (${age(reader.firstSeen, now)})`],
    [texts.last, `${at(reader.lastSeen)} (${age(reader.lastSeen, now)})`],
  ];
  const members = (reader.members ?? []).map(({ client, host }) => printable(`${client} ${host}`));
  if (members.length > 0) rows.push([texts.members, members.join(', ')]);
  if (reader.connected !== undefined) rows.push([texts.connected, number(reader.connected)]);
  const known = reader.acknowledged;
  if (known !== undefined && reader.state === 'acknowledged') {
    const why = `${say(acknowledgeReasonLabels[known.reason], lang)}${known.note === undefined ? '' : ` (${known.note})`}`;
    rows.push([texts.acknowledged, `${at(known.at)}  ${known.by}  ${why}`]);
  }
  if (reader.state === 'undeclared')
    rows.push([texts.next, say(isGroup ? texts.registerGroup : texts.registerUser, lang)]);
  return [
    `${paint(reader.state === 'undeclared' ? 'red' : 'dim', state)}  ${paint('bold', printable(reader.name))}  ` +
      `${say(isGroup ? texts.group : texts.user, lang)}${where}`,
    `  id  ${reader.id}`,
    ...(reader.superuser === true ? [`  ${say(texts.superuser, lang)}`] : []),
    ...align(rows.map(([label, text]) => [`  ${say(label, lang)}`, text])),
  ];
}

/** A stranger chose the name: nothing in it may move the cursor of who reads it. */
const printable = (name: string) => name.replaceAll(/\p{C}/gu, '�');
