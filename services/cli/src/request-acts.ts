import type { Command } from 'commander';
import { actedSchema, answerSchema } from '@keiro/schemas';
import { asking } from './ask.ts';
import { count } from './count.ts';
import { at, isTerminal, languageOption, painter, print, say, type Language } from './output.ts';
import { paintState } from './request-tree.ts';
import { words } from './words.ts';

/** What compliance does about a request that has arrived, each in one command. */
export function registerActs(request: Command): void {
  acting(request, 'review', 'grant what is in review; a fee is asked for where the policy has one').action(
    async (id: string, { json }: Json) => {
      await act(id, 'review', { decision: 'accept' }, json);
    },
  );
  acting(request, 'refuse', 'refuse what is in review, whole or in part, on a ground of its right (R9)')
    .requiredOption('--ground <ground>', 'as the policy has it, e.g. facts-are-right: keiro policy show')
    .requiredOption('--reason-ja <text>', 'told to the person in Japanese; names nobody')
    .requiredOption('--reason-en <text>', 'the same in English')
    .option('--part <parts...>', 'only these purposes, holders, categories or field groups of it')
    .action(async (id: string, options: RefuseOptions) => {
      const { ground, reasonJa: ja, reasonEn: en, part: parts, json } = options;
      await act(id, 'review', { decision: 'refuse', ground, reason: { ja, en }, parts }, json);
    });
  acting(
    request,
    'withdraw',
    'the person takes it back before anything is carried out; a deletion, as long as nothing is erased',
  ).action(async (id: string, { json }: Json) => {
    await act(id, 'withdraw', {}, json);
  });
  acting(request, 'fee', 'the fee of a disclosure was paid (R8)')
    .requiredOption('--yen <amount>', 'what was paid', count)
    .requiredOption('--reference <reference>', 'of the payment; no names')
    .action(async (id: string, { yen, reference, json }: { yen: number; reference: string } & Json) => {
      await act(id, 'fee', { yen, reference }, json);
    });
  acting(request, 'answered', 'the person was answered by somebody (R1 to R3, Q1)')
    .requiredOption('--evidence <reference>', 'where the answer can be found; no names')
    .action(async (id: string, { evidence, json }: { evidence: string } & Json) => {
      await act(id, 'answer', { evidence }, json);
    });
  acting(request, 'answer', 'what Keiro itself answers: provisions, measures abroad, purposes')
    .addOption(languageOption())
    .action(async (id: string, { json, lang }: { lang: Language } & Json) => {
      await showAnswer(id, lang, json);
    });
}

interface Json {
  readonly json?: boolean;
}
interface RefuseOptions extends Json {
  readonly ground: string;
  readonly reasonJa: string;
  readonly reasonEn: string;
  readonly part?: string[];
}

const acting = (request: Command, name: string, description: string): Command =>
  request
    .command(name)
    .description(description)
    .argument('<id>', 'the request')
    .option('--json', 'the answer as data');

async function act(id: string, what: string, body: unknown, json: boolean | undefined): Promise<void> {
  const path = `/v1/requests/${encodeURIComponent(id)}/${what}`;
  const answer = await asking('request')({ path, body }, actedSchema);
  if (json === true) print(JSON.stringify(answer, null, 2));
  else print(`${answer.id}  ${paintState(answer.state, { language: 'both', paint: painter(isTerminal()) })}`);
}

async function showAnswer(id: string, lang: Language, json: boolean | undefined): Promise<void> {
  const answer = await asking('request')(
    { path: `/v1/requests/${encodeURIComponent(id)}/answer` },
    answerSchema,
  );
  if (json === true) {
    print(JSON.stringify(answer, null, 2));
    return;
  }
  const paint = painter(isTerminal());
  print(`${answer.request}  ${say(words.asOf, lang)} ${at(answer.asOf)} JST`);
  if (answer.evidence !== undefined) print(answer.evidence);
  for (const { heading, items } of answer.sections) {
    print(paint('bold', say(heading, lang)));
    for (const item of items) print(`  ${say(item, lang)}`);
  }
}
