import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { KeiroError } from '@keiro/runtime/errors';
import {
  diffText,
  parsePolicyFile,
  publishCheckSchema,
  publishedSchema,
  type Policy,
  type PolicyPublication,
} from '@keiro/schemas';
import { asking, type Ask } from './ask.ts';
import { painter, print, type Language } from './output.ts';
import { langsOf, languageOption, render, textOf, wrong } from './policy-file.ts';
import { renderFinding } from './policy-output.ts';
import { publicationText } from './policy-publish-text.ts';

interface Options {
  readonly jaText: string;
  readonly announced: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly lang: Language;
}

/** `keiro policy publish`: records a revision with its announcement, to take effect on its day (V1). */
export function registerPublish(policy: Command): void {
  const command = policy
    .command('publish')
    .description('record a revision with its announcement; it takes effect on its own day')
    .argument('<file>', 'the policy as YAML: its newest version is published')
    .requiredOption('--ja-text <file>', 'your authoritative Japanese text, as you publish it')
    .requiredOption(
      '--announced <date>',
      'the day on which you made date and text public, YYYY-MM-DD (Japan)',
    )
    .option('--yes', 'do not ask')
    .option('--json', 'the answer as data; asks nothing, so it wants --yes')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nThe file is the one in use with one version more: its dates at the end of `versions`, `text: known`, and' +
        '\n`rulesOf` of every version pointing to it. A purpose that changes says in `purposes.….change` whether it is' +
        '\nreasonably related (notice) or beyond (consent), who decided it and when.' +
        '\nRecords keep the version under which they were collected: nothing is tagged anew. KEIRO_POLICY_FILE stays as it is.' +
        '\n\nExample:\n  keiro policy publish policy-2027.yaml --ja-text policy-2027.txt --announced 2027-03-01' +
        '\n\nExit code 0: published, also when it was before. 1: refused, not confirmed, or no answer. 2: wrong use.',
    )
    .action(async (file: string, options: Options) => {
      process.exitCode = await publish(command, file, options);
    });
}

async function publish(command: Command, file: string, options: Options): Promise<number> {
  const isAsked = options.yes !== true;
  if (isAsked && (options.json === true || !process.stdin.isTTY))
    command.error('error: nobody can be asked here: look at keiro policy diff first, then add --yes', {
      exitCode: 2,
    });
  const after = newestOf(file);
  const ask = explaining(asking('request', 'operator'), file);
  const body = { policy: textOf(file), japanese: textOf(options.jaText), announced: options.announced };
  if (options.json !== true) {
    const found = await ask({ path: '/v1/policy/versions/check', body }, publishCheckSchema);
    if (found.outcome === 'same') {
      print(
        `${after.version} はすでに公表済みです。 ${after.version} had been published before, as it is here.`,
      );
    } else {
      show(found, after, options.lang);
      if (isAsked && !(await isConfirmed(after.version))) {
        print('公表しませんでした。 Nothing was published.');
        return 1;
      }
    }
  }
  const answer = await ask({ path: '/v1/policy/versions', body }, publishedSchema);
  if (options.json === true) {
    print(JSON.stringify(answer, null, 2));
    return 0;
  }
  if (answer.outcome === 'published')
    print(`${answer.version} を記録しました。 ${answer.version} is recorded and audited.`);
  for (const lang of langsOf(options.lang))
    for (const line of publicationText(answer, after.rules, lang)) print(`- ${line}`);
  return 0;
}

/** A refusal names the fields; what to do next is said here. */
const explaining =
  (ask: Ask, file: string): Ask =>
  async (question, answer) => {
    try {
      return await ask(question, answer);
    } catch (error) {
      if (!(error instanceof KeiroError) || error.code !== 'refused') throw error;
      throw wrong(
        `${error.message.replaceAll('; ', '\n  ')}\n公表していません。直してからもう一度。 Nothing was published. Put it right and send it again;` +
          ` for the versions that are known: keiro policy versions, for the file: keiro policy check ${file}`,
      );
    }
  };

/** Faults of the file are told with their places, before anybody is asked. */
function newestOf(file: string): Policy {
  const parsed = parsePolicyFile(textOf(file), basename(file));
  if ('policies' in parsed) return parsed.policies.newest;
  const lines = parsed.findings.map((finding) => renderFinding(finding, painter(false)));
  throw wrong(
    `${basename(file)} can't be published:\n${lines.join('\n')}\nWhen these are put right: keiro policy check ${file}`,
  );
}

/** The comparison as the service made it, and what it asks for. */
function show(found: PolicyPublication, after: Policy, lang: Language): void {
  // Groups are the same, and have their names here too.
  const before = { ...after, version: found.before };
  const diff = {
    outcome: 'known' as const,
    changes: found.changes,
    records: found.records,
    notCompared: found.notCompared,
  };
  for (const one of langsOf(lang)) {
    print(render(diffText(before, after, diff, true, one)));
    for (const line of publicationText(found, after.rules, one)) print(`- ${line}`);
    print('');
  }
}

async function isConfirmed(version: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(
      `${version} を公表済みとして記録しますか？取り消せません。 Record ${version} as published? It can't be taken back. [yes/no] `,
    );
    return ['y', 'yes', 'はい'].includes(answer.trim().toLowerCase());
  } finally {
    lines.close();
  }
}
