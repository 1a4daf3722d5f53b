import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@keiro/infra/local/config';
import { shippedPolicyFile, type Finding } from '@keiro/schemas';
import { parseDocument } from 'yaml';

export const shippedText = readFileSync(shippedPolicyFile, 'utf8');
export const demoPolicyText = readFileSync(join(root, 'scripts', 'demo', 'policy.yaml'), 'utf8');

type Key = string | number;

/** The text of a policy with one place of it changed, or, where no value is given, taken away. */
export function edited(text: string, path: readonly Key[], value?: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** What stands in a text at a finding's place, to the end of its line. */
export function textAt(text: string, { place }: Finding): string {
  const [column = '1', line = '1'] = place.split(':').toReversed();
  return text.split('\n')[Number(line) - 1]?.slice(Number(column) - 1) ?? '';
}
