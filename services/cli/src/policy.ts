import { basename } from 'node:path';
import type { Command } from 'commander';
import {
  checkHolders,
  checkPolicyFile,
  dayInJapan,
  explainText,
  parseEvent,
  policyText,
  type Finding,
  type Policies,
} from '@keiro/schemas';
import { isTerminal, painter, print, type Language } from './output.ts';
import { registerDiff } from './policy-diff.ts';
import { langsOf, languageOption, policyFileOf, readable, render, textOf, wrong } from './policy-file.ts';
import { isVersion, policiesOf, publishedVersion } from './policy-known.ts';
import { renderFinding } from './policy-output.ts';
import { registerPublish } from './policy-publish.ts';
import { registerVersions } from './policy-versions.ts';

export function register(program: Command): void {
  const policy = program.command('policy').description('the privacy policy as the software carries it out');
  policy
    .command('check')
    .description('what a careful lawyer would catch, each with its place')
    .argument('[file]', 'the policy as YAML (default: KEIRO_POLICY_FILE, else the one that ships)')
    .option('--holders <file>', 'register of holders, to be held against what the policy promises of them')
    .option('--json', 'the findings as data')
    .addHelpText('after', '\nExit code 0: no error. 1: at least one error; warnings alone are none.')
    .action((file: string | undefined, options: { holders?: string; json?: boolean }) => {
      check(policyFileOf(file), options);
    });
  policy
    .command('show')
    .description('the policy as published text')
    .argument(
      '[file]',
      'the policy as YAML (default: KEIRO_POLICY_FILE, else the one that ships), or a version that was published',
    )
    .addOption(languageOption())
    .action((file: string | undefined, { lang }: { lang: Language }) => show(file, lang));
  policy
    .command('explain')
    .description('clause by clause, why an event would be tagged as it would; repeats none of its values')
    .argument('<event>', 'file with one plain event as JSON')
    .option('--policy <file>', 'the policy as YAML (default: KEIRO_POLICY_FILE, else the one that ships)')
    .addOption(languageOption())
    .action((event: string, { policy: file, lang }: { policy?: string; lang: Language }) => {
      explain(event, readable(policyFileOf(file)), lang);
    });
  registerDiff(policy);
  registerPublish(policy);
  registerVersions(policy);
}

/** Of a version that was published the Japanese text is the operator's own, which prevails (L2). */
async function show(given: string | undefined, language: Language): Promise<void> {
  const version = given !== undefined && isVersion(given) ? given : undefined;
  const own = readable(policyFileOf(version === undefined ? given : undefined));
  const published =
    version === undefined || version === own.newest.version ? undefined : await asked(version);
  const policies = published === undefined ? own : policiesOf(published);
  for (const one of langsOf(language)) {
    if (published !== undefined && one === 'ja') print(`${published.japanese.trimEnd()}\n`);
    else print(render(policyText(policies, one)));
  }
}

async function asked(version: string) {
  const published = await publishedVersion(version);
  if (published !== undefined) return published;
  throw wrong(`the text of ${version} is not at hand, and it was not published: see keiro policy versions`);
}

function check(file: string, options: { holders?: string; json?: boolean }): void {
  const { findings: ofPolicy, policies } = checkPolicyFile(textOf(file), basename(file));
  const ofHolders = options.holders === undefined ? [] : holderFindings(options.holders, policies);
  const findings = [...ofPolicy, ...ofHolders];
  if (options.json === true) print(JSON.stringify({ file, findings }, null, 2));
  else if (findings.length === 0) print('指摘はありません。 Nothing was found.');
  else for (const finding of findings) print(renderFinding(finding, painter(isTerminal())));
  process.exitCode = findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** What the policy promises of holders is known only where it can be read. */
function holderFindings(file: string, policies: Policies | undefined): readonly Finding[] {
  if (policies === undefined) return [];
  return checkHolders(textOf(file), basename(file), policies.newest, dayInJapan(new Date()));
}

function explain(file: string, policies: Policies, language: Language): void {
  const document = jsonOf(file);
  // Whether the site is ours is the door's matter (X1): here the event's own counts.
  const parsed = parseEvent(document, { sites: siteOf(document), policyVersions: policies.versions });
  if (!parsed.ok) {
    const lines = parsed.issues.map(({ field, message }) => `  ${field}: ${message}`);
    throw wrong(`${basename(file)} is no event that would be accepted:\n${lines.join('\n')}`);
  }
  const policy = policies.get(parsed.event.policyversion) ?? policies.newest;
  for (const one of langsOf(language)) print(render(explainText(parsed.event, policy, one)));
}

function siteOf(document: unknown): string[] {
  const site = (document as { data?: { site?: unknown } } | null)?.data?.site;
  return typeof site === 'string' ? [site.toLowerCase()] : [];
}

function jsonOf(file: string): unknown {
  const text = textOf(file);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What the parser says repeats a piece of the text, which may be personal.
    throw wrong(`${file} is not JSON`);
  }
}
