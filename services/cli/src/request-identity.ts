import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import {
  authorityDocuments,
  identityAnswerSchema,
  identityDocuments,
  identityMissing,
  identityViewSchema,
  representations,
  type IdentityAnswer,
  type IdentityView,
  type Labels,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import {
  identityWords as words,
  methodWords,
  outcomeWords,
  reasonWords,
  stateWords,
  whyWords,
} from './identity-words.ts';
import { at, isTerminal, languageOption, painter, print, renderTree, say, type Language } from './output.ts';
import type { Node, Paint } from './output.ts';

interface Options {
  readonly lang: Language;
  readonly json?: boolean;
}
interface SeenOptions extends Options {
  readonly seen?: string[];
  readonly case: string;
  readonly result: string;
  readonly missing?: string[];
}

const exitHelp =
  '\nExit code 0: done; of an answer: confirmed. 1: not confirmed, refused, or no answer. 2: wrong use.';

/** `keiro request identity …`: who asks (R9, APPI 37). */
export function register(request: Command): void {
  const identity = request
    .command('identity')
    .description('confirm who sent a request, or say that it can’t be');
  const sub = (name: string, description: string): Command =>
    identity
      .command(name)
      .description(description)
      .argument('<request>', 'its id')
      .addOption(languageOption())
      .option('--json', 'the answer as data');

  sub('status', 'which ways are open, how many tries are left, until when').action(
    async (id: string, options: Options) => {
      const view = await asking('request')({ path: pathOf(id) }, identityViewSchema);
      if (options.json === true) print(JSON.stringify(view, null, 2));
      else print(show(view, options.lang));
    },
  );
  sub('send-code', 'send a one-time code to the contact that is registered for the person')
    .addHelpText(
      'after',
      `\nThe answer is the same whether or not there is such a person or contact.\n${exitHelp}`,
    )
    .action((id: string, options: Options) => send(id, 'code', {}, options));
  sub('answer', 'the code that the person received; asked for, or read from standard input')
    .addHelpText('after', exitHelp)
    .action(async (id: string, options: Options) =>
      send(id, 'answer', { code: await secret(options.lang) }, options),
    );
  sub('session', 'a signed token of the company’s sign-in, from standard input')
    .addHelpText('after', exitHelp)
    .action(async (id: string, options: Options) =>
      send(id, 'session', { token: (await text(process.stdin)).trim() }, options),
    );

  const seen = (command: Command): Command =>
    command
      .addOption(
        new Option('--seen <kinds...>', 'documents that were seen').choices(Object.keys(identityDocuments)),
      )
      .requiredOption('--case <reference>', 'of the company’s own file of the case; no names, no free text')
      .addOption(
        new Option('--result <result>', 'what they show')
          .choices(['confirmed', 'not-matching', 'incomplete'])
          .default('confirmed'),
      )
      .addOption(
        new Option('--missing <what...>', 'of `incomplete`: what is still wanted').choices(
          Object.keys(identityMissing),
        ),
      );
  seen(sub('documents', 'an operator has seen documents of the person: kinds only, no number, no content'))
    .addHelpText(
      'after',
      `\nOne with a photograph is enough, or two without.\n${kindHelp(identityLabels)}\n${exitHelp}`,
    )
    .action((id: string, options: SeenOptions) => send(id, 'documents', seenBody(options), options));
  seen(sub('agent', 'somebody asks in the person’s name; --seen are the agent’s own documents'))
    .addOption(
      new Option('--representation <kind>', 'by law or by mandate')
        .choices(Object.keys(representations))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--authority <kinds...>', 'what proves it').choices(Object.keys(authorityDocuments)),
    )
    .addHelpText('after', `\n${kindHelp(authorityDocuments)}\n${exitHelp}`)
    .action((id: string, options: SeenOptions & { representation: string; authority?: string[] }) => {
      const { representation, authority = [] } = options;
      return send(id, 'agent', { ...seenBody(options), representation, authority }, options);
    });
}

const seenBody = ({ result, seen = [], case: reference, missing }: SeenOptions) => ({
  result,
  documents: seen,
  case: reference,
  ...(missing === undefined ? {} : { missing }),
});

const pathOf = (id: string, way?: string): string =>
  `/v1/requests/${encodeURIComponent(id)}/identity${way === undefined ? '' : `/${way}`}`;

async function send(id: string, way: string, body: unknown, options: Options): Promise<void> {
  const answer = await asking('request')({ path: pathOf(id, way), body }, identityAnswerSchema);
  if (options.json === true) print(JSON.stringify(answer, null, 2));
  else {
    print(say(outcomeWords[answer.outcome], options.lang));
    print(show(answer, options.lang));
  }
  if (!isWell(answer)) process.exitCode = 1;
}

const isWell = ({ outcome }: IdentityAnswer): boolean => outcome === 'confirmed' || outcome === 'code-made';

/** Neither in the history of the shell nor in the list of processes. */
async function secret(lang: Language): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(say(words.askCode, lang))).trim();
  } finally {
    terminal.close();
  }
}

const show = (view: IdentityView, lang: Language): string => {
  const paint = painter(isTerminal());
  return renderTree([identityNode(view, { lang, paint })], paint);
};

/** A check as a person reads it. Pure. */
export function identityNode(
  view: IdentityView,
  { lang, paint }: { readonly lang: Language; readonly paint: Paint },
): Node {
  const told = (label: Labels): string => say(label, lang);
  const colour = view.state === 'confirmed' ? 'green' : view.state === 'failed' ? 'red' : 'yellow';
  const state = paint(colour, told(stateWords[view.state]));
  const reason = view.reason === undefined ? [] : [told(reasonWords[view.reason])];
  const moments = [
    ...(view.codeUntil === undefined ? [] : [`${told(words.codeUntil)} ${at(view.codeUntil)}`]),
    ...(view.nextCodeAt === undefined ? [] : [`${told(words.nextCodeAt)} ${at(view.nextCodeAt)}`]),
  ];
  return {
    text: [
      paint('bold', told(words.check)),
      view.request,
      state,
      ...reason,
      `${told(words.until)} ${at(view.until)} JST`,
    ].join('  '),
    children: [
      ...(view.state === 'open'
        ? [
            {
              text: `${told(words.tries)} ${String(view.triesLeft)}  ${told(words.codes)} ${String(view.codesLeft)}`,
            },
          ]
        : []),
      ...moments.map((text) => ({ text })),
      ...view.missing.map((lacking) => ({
        text: `${told(words.missing)}: ${told(identityMissing[lacking])}`,
      })),
      ...view.methods.map(({ method, why }) => ({
        text: `${why === undefined ? '✓' : '–'} ${told(methodWords[method])}${
          why === undefined ? '' : ` (${told(whyWords[why])})`
        }`,
      })),
    ],
  };
}

const identityLabels = Object.fromEntries(
  Object.entries(identityDocuments).map(([kind, { label, photo }]) => [
    kind,
    photo ? { ja: `${label.ja}［写真付き］`, en: `${label.en} [photograph]` } : label,
  ]),
);

const kindHelp = (labels: Readonly<Record<string, Labels>>): string =>
  Object.entries(labels)
    .map(([kind, { ja, en }]) => `  ${kind.padEnd(30)} ${ja} ${en}`)
    .join('\n');
