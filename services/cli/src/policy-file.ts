import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option } from 'commander';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { checkPolicyFile, shippedPolicyFile, type Lang, type Policies } from '@keiro/schemas';
import { isTerminal, languages, painter, type Language } from './output.ts';
import { renderBlocks, renderFinding } from './policy-output.ts';

/* What the policy commands share: which file, read how, told in which language. */

export const languageOption = () =>
  new Option('--lang <lang>', 'language (default: Japanese, then English)')
    .choices(languages)
    .default('both');
export const langsOf = (language: Language): Lang[] => (language === 'both' ? ['ja', 'en'] : [language]);

/** The file that was named, else that of the environment, else the one that ships. */
export const policyFileOf = (given: string | undefined): string =>
  given ?? process.env['KEIRO_POLICY_FILE'] ?? shippedPolicyFile;

export const render = (blocks: Parameters<typeof renderBlocks>[0]) =>
  renderBlocks(blocks, painter(isTerminal()));

/** The policies of a file, also where something is found in them that does not keep them from being read. */
export function readable(file: string): Policies {
  const { policies, findings } = checkPolicyFile(textOf(file), basename(file));
  if (policies !== undefined) return policies;
  const lines = findings.map((finding) => renderFinding(finding, painter(false)));
  throw wrong(`the policy can't be read:\n${lines.join('\n')}`);
}

export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`${file} can't be read: ${messageOf(error)}`);
  }
}

export const wrong = (message: string) => new KeiroError('configuration', message, { retryable: false });
