import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { readJsonFile } from '@keiro/runtime/config';
import { KeiroError } from '@keiro/runtime/errors';
import { declaredTagSchema, registerAnswerSchema, tagFindingKinds, type DeclaredTag } from '@keiro/schemas';
import { z } from 'zod';
import { visitPages, type VisitedPage } from './analytics-visit.ts';
import { asking } from './ask.ts';
import { findChromium } from './chromium.ts';
import {
  isTerminal,
  languageOption,
  number,
  painter,
  print,
  renderTable,
  say,
  type Language,
} from './output.ts';

interface CheckOptions {
  readonly lang: Language;
  readonly json?: boolean;
  readonly holder?: string;
  readonly declared?: string;
  readonly accept?: string;
  readonly optOut?: boolean;
  readonly state?: string;
  readonly known?: string;
  readonly watch: number;
  readonly chromium?: string;
}

export function register(program: Command): void {
  program
    .command('analytics')
    .description('the analytics tag of our own pages')
    .command('check')
    .description('open pages in Chromium and refuse those whose tag sends anything undeclared or identifying')
    .argument('<url...>', 'pages to open')
    .option('--accept <selector>', 'what a visitor clicks to consent; nothing may be sent before')
    .option('--opt-out', 'as a browser with the opt-out add-on: nothing may be sent at all')
    .option('--holder <id>', 'whose declaration counts, where several holders are of kind analytics')
    .option('--declared <file>', 'what the tag may send, as JSON, in place of the register’s')
    .option('--state <file>', 'cookies of a signed-in test account, as Playwright stores them')
    .option('--known <file>', 'names and ids of that account, one a line: none may be sent')
    .option('--watch <seconds>', 'how long each page is watched after it was filled in', secondsOf, 1)
    .option('--chromium <file>', 'the browser; otherwise the one on the PATH')
    .addOption(languageOption())
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nEvery field gets a value of its own; no form is sent, and nothing reaches the analytics host. Use test accounts.' +
        '\nExit code 0: all was as declared. 1: a page is refused, or no tag sent anything, so that nothing was checked.',
    )
    .action(async (urls: string[], options: CheckOptions) => {
      urls.forEach(requireAddress);
      const chromium = options.chromium ?? findChromium(process.env['PATH'] ?? '');
      if (chromium === undefined || chromium === '') throw withoutBrowser();
      const pages = await visitPages({
        urls,
        declared: await declaredBy(options),
        known: options.known === undefined ? [] : linesOf(options.known),
        optOut: options.optOut === true,
        watchMs: options.watch * 1000,
        chromium,
        ...(options.accept === undefined ? {} : { accept: options.accept }),
        ...(options.state === undefined ? {} : { state: options.state }),
      });
      const isEmpty = options.optOut !== true && pages.every(({ requests }) => requests === 0);
      if (options.json === true) print(JSON.stringify({ pages, checked: !isEmpty }, null, 2));
      else printPages(pages, options.lang, isEmpty);
      if (isEmpty || pages.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
    });
}

function printPages(pages: readonly VisitedPage[], lang: Language, isEmpty: boolean): void {
  const paint = painter(isTerminal());
  const verdict = ({ findings }: VisitedPage) =>
    findings.length === 0
      ? paint('green', say({ ja: '問題なし', en: 'ok' }, lang))
      : paint('red', say({ ja: '不可', en: 'refused' }, lang));
  const rows = pages.map((one) => [one.page, number(one.requests), number(one.fields), verdict(one)]);
  print(renderTable(['page', 'requests', 'fields', 'verdict'], rows, paint));
  const found = pages.flatMap(({ findings }) => findings);
  if (found.length > 0) {
    const lines = found.map(({ page, parameter, kind }) => [
      page,
      parameter,
      say(tagFindingKinds[kind], lang),
    ]);
    print(renderTable(['page', 'parameter', 'finding'], lines, paint));
  }
  if (isEmpty)
    print(
      'タグは何も送りませんでした。何も確認できていません（同意が要るページには --accept）。 No tag sent anything, so nothing was checked: pages that ask for consent need --accept.',
    );
}

async function declaredBy({ declared, holder }: CheckOptions): Promise<DeclaredTag> {
  if (declared !== undefined) return readJsonFile(declared, declaredTagSchema);
  const { holders } = await asking('transfer')({ path: '/v1/holders' }, registerAnswerSchema);
  const found = holders.filter(
    ({ id, kind }) => kind === 'analytics' && (holder === undefined || id === holder),
  );
  const [one] = found;
  if (found.length > 1)
    throw refused(
      `several holders are of kind analytics; name one with --holder: ${found.map(({ id }) => id).join(', ')}`,
    );
  if (one === undefined)
    throw refused(
      'no such holder of kind analytics is registered: see keiro holders list, or give --declared FILE',
    );
  if (one.tag === undefined)
    throw refused(
      `${one.id} does not declare what its tag may send: add "tag" with keiro holders register, or give --declared FILE`,
    );
  return one.tag;
}

const refused = (message: string) => new KeiroError('configuration', message, { retryable: false });

const withoutBrowser = () =>
  refused(
    'Chromium が見つかりません。インストールするか、--chromium で場所を指定してください。\n' +
      'no Chromium on the PATH: install it (apt-get install chromium, or npx playwright-core install chromium) or name it with --chromium FILE',
  );

function requireAddress(url: string): void {
  if (!z.url({ protocol: /^https?$/ }).safeParse(url).success)
    throw refused('a page is no http or https address');
}

const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 60))
    throw new InvalidArgumentError('0 to 60 seconds');
  return seconds;
}
