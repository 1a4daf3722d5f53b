import type { Command } from 'commander';
import { actedSchema, noticeListSchema, type NoticeView } from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import { at, isTerminal, languageOption, painter, print, say, type Language, type Paint } from './output.ts';
import { requestWord, words } from './words.ts';

interface NoticeOptions {
  readonly lang: Language;
  readonly json?: boolean;
}

/** `keiro request notices`, `keiro request notice-sent`: what persons have to be told (APPI 35(7), 36). */
export function registerNotices(request: Command): void {
  request
    .command('notices')
    .description('what persons have to be told: of one request, or all that nobody has sent yet')
    .argument('[id]', 'the request')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nOnce one is sent: keiro request notice-sent ID NUMBER')
    .action(async (id: string | undefined, { lang, json }: NoticeOptions) => {
      const path = id === undefined ? '/v1/notices' : `/v1/requests/${encodeURIComponent(id)}/notices`;
      const answer = await asking('request')({ path }, noticeListSchema);
      const paint = painter(isTerminal());
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.notices.length === 0) print(say(words.noNotices, lang));
      else for (const notice of answer.notices) print(noticeText(notice, lang, paint));
    });
  request
    .command('notice-sent')
    .description('mark a notice as sent to the person')
    .argument('<id>', 'the request')
    .argument('<number>', 'of the notice', count)
    .option('--reference <reference>', 'of the message or letter; no names')
    .option('--json', 'the answer as data')
    .action(async (id: string, n: number, { reference, json }: { reference?: string; json?: boolean }) => {
      const path = `/v1/requests/${encodeURIComponent(id)}/notices/${String(n)}/sent`;
      const answer = await asking('request')({ path, body: { reference } }, actedSchema);
      print(
        json === true
          ? JSON.stringify(answer, null, 2)
          : `${answer.id}  ${say(words.sent, 'both')}: ${String(n)}`,
      );
    });
}

/** A notice as it is sent, under a line that says which it is. Pure. */
function noticeText(notice: NoticeView, lang: Language, paint: Paint): string {
  const { request, n, type, dueSince, sentAt, subject, text } = notice;
  const state =
    sentAt === undefined ? paint('red', say(words.notSent, lang)) : `${say(words.sent, lang)} ${at(sentAt)}`;
  const languages = lang === 'both' ? (['ja', 'en'] as const) : [lang];
  return [
    [request, String(n), say(requestWord(type), lang), at(dueSince), state].join('  '),
    ...languages.flatMap((one) => [
      paint('bold', `  ${subject[one]}`),
      ...text[one].split('\n').map((line) => `  ${line}`),
    ]),
    '',
  ].join('\n');
}
