import { Option, type Command } from 'commander';
import { lineageAnswerSchema, type LineageAnswer } from '@keiro/schemas';
import { asking, type Ask } from './ask.ts';
import { count } from './count.ts';
import { identifierHelp, readIdentifiers, withIdentifiers, type IdentifierOptions } from './identifiers.ts';
import { isTerminal, languages, painter, print, renderTree, type Language } from './output.ts';
import { lineageTree } from './tree.ts';

interface LineageOptions extends IdentifierOptions {
  readonly json?: boolean;
  readonly lang: Language;
  readonly records: number;
  readonly all?: boolean;
}

/** Records that one page holds at most. */
const pageSize = 1000;

export function register(program: Command): void {
  const command = program
    .command('lineage')
    .description('what is held about a person: records, copies, transfers, requests with their receipts');
  withIdentifiers(command)
    .option('--json', 'the answer as data')
    .addOption(new Option('--lang <language>', 'language of the tree').choices(languages).default('both'))
    .option('--records <n>', 'records listed one by one in each category', count, 3)
    .option('--all', `read and list every record (otherwise the newest ${String(pageSize)} are read)`)
    .addHelpText(
      'after',
      '\nExamples:' +
        '\n  keiro lineage --member m-1042' +
        '\n  keiro lineage --email - --json < address.txt' +
        `\n${identifierHelp}` +
        '\nExit code 0: answered, also when nothing is held. 1: no answer. 2: wrong use.',
    )
    .action(async (options: LineageOptions) => {
      const identifier = await readIdentifiers(command, options, 1);
      const answer = await readLineage(asking('query'), identifier, options.all === true);
      if (options.json === true) {
        print(JSON.stringify(answer, null, 2));
        return;
      }
      const paint = painter(isTerminal());
      const perCategory = options.all === true ? Number.POSITIVE_INFINITY : options.records;
      print(renderTree(lineageTree(answer, { language: options.lang, paint, perCategory }), paint));
    });
}

/** One page, or all of them put together. */
async function readLineage(ask: Ask, identifier: IdentifierOptions, all: boolean): Promise<LineageAnswer> {
  const page = (cursor?: string) =>
    ask(
      { path: '/v1/lineage/search', body: { ...identifier, limit: pageSize, cursor } },
      lineageAnswerSchema,
    );
  let answer = await page();
  while (all && answer.page.next !== undefined) answer = joined(answer, await page(answer.page.next));
  return answer;
}

/** Two pages of one person as one answer: it is as old as the first, and complete when the last page is in. Pure. */
export function joined(first: LineageAnswer, next: LineageAnswer): LineageAnswer {
  const records = [...first.records, ...next.records];
  const isComplete = next.page.next === undefined;
  const codes = new Set(first.notes.map(({ code }) => code));
  const holders = new Map([...next.holders, ...first.holders].map((holder) => [holder.id, holder]));
  return {
    ...first,
    records,
    page: { ...next.page, shown: records.length },
    holders: [...holders.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    labels: {
      categories: { ...first.labels.categories, ...next.labels.categories },
      groups: { ...first.labels.groups, ...next.labels.groups },
      purposes: { ...first.labels.purposes, ...next.labels.purposes },
      bases: { ...first.labels.bases, ...next.labels.bases },
      starts: { ...first.labels.starts, ...next.labels.starts },
      rules: { ...first.labels.rules, ...next.labels.rules },
      sensitive: { ...first.labels.sensitive, ...next.labels.sensitive },
    },
    notes: [
      ...first.notes.filter(({ code }) => code !== 'more-records' || !isComplete),
      ...next.notes.filter(({ code }) => code !== 'more-records' && !codes.has(code)),
    ],
  };
}
