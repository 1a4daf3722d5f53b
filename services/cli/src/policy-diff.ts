import type { Command } from 'commander';
import { diffPolicies, diffText, holdingsAnswerSchema } from '@keiro/schemas';
import { asking } from './ask.ts';
import { print, type Language } from './output.ts';
import { langsOf, languageOption, render } from './policy-file.ts';
import { policyOf } from './policy-known.ts';

interface Options {
  readonly lang: Language;
  readonly offline?: boolean;
  readonly json?: boolean;
}

/** `keiro policy diff`: what a revision changes, and for how many records that are held. */
export function registerDiff(policy: Command): void {
  policy
    .command('diff')
    .description('what a revision changes for records already held, and what each change needs')
    .argument('<before>', 'a version of the policy (2017-02-02), or a policy file: its newest version')
    .argument('<after>', 'the same, for the revision')
    .option('--offline', 'the rules alone: do not ask the store how many records there are')
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nThe text of a version that is not at hand makes the answer "unknown", never "no change".\nA version is looked up in KEIRO_POLICY_FILE (else in the policy that ships), then among those published.',
    )
    .action(async (from: string, to: string, options: Options) => {
      const [before, after] = [await policyOf(from), await policyOf(to)];
      const counted = options.offline !== true;
      const holdings = counted
        ? (await asking('query')({ path: '/v1/policy/holdings' }, holdingsAnswerSchema)).holdings
        : [];
      const diff = diffPolicies(before, after, holdings);
      if (options.json === true) {
        print(JSON.stringify({ before: before.version, after: after.version, counted, ...diff }, null, 2));
        return;
      }
      for (const lang of langsOf(options.lang)) print(render(diffText(before, after, diff, counted, lang)));
    });
}
