import {
  createLivePolicies,
  essenceOf,
  parsePolicyFile,
  type LivePolicies,
  type Policies,
} from '@keiro/schemas';
import { parse, stringify } from 'yaml';

/** What of a policy file a made-up revision touches. */
export interface Revisable {
  versions: Record<string, string>[];
  categories: Record<string, { uses: object[]; groups: Record<string, { uses?: object[] }> }>;
  purposes: Record<string, { label: { ja: string; en: string }; unused?: object; change?: object }>;
  retention: Record<string, { period: string }>;
  contact: { address: unknown };
}

/** A policy file with one version more, as an operator would write it; `effective` is its id unless said. */
export function revisionOf(
  text: string,
  dates: { readonly version: string; readonly announced: string; readonly effective?: string },
  change: (file: Revisable) => void = () => undefined,
): string {
  const file = parse(text) as Revisable;
  const { version, announced, effective = version } = dates;
  file.versions = [
    ...file.versions.map((one) => ({ ...one, text: 'unknown', rulesOf: version })),
    { version, established: '2015-09-07', announced, effective, text: 'known', rulesOf: version },
  ];
  change(file);
  return stringify(file);
}

const read = new Map<string, Policies>();

/** Reading one takes a while, and tests read few different ones. */
export function policiesIn(text: string): Policies {
  const known = read.get(text);
  if (known !== undefined) return known;
  const parsed = parsePolicyFile(text, 'policy.yaml');
  if ('policies' in parsed) {
    read.set(text, parsed.policies);
    return parsed.policies;
  }
  throw new Error(parsed.findings.map(({ code, at }) => `${code} ${at}`).join());
}

/** The versions of a file and of what was published after it, as a service that follows them has them. */
export function livePoliciesOf(base: string, ...published: readonly string[]): LivePolicies {
  const live = createLivePolicies(policiesIn(base));
  for (const file of published) live.add(publicationOf(live, file));
  return live;
}

/** As it is published after what is known. */
export function publicationOf({ newest }: Policies, file: string) {
  const before = { version: newest.version, essence: essenceOf(newest) };
  return { version: policiesIn(file).newest.version, file, before };
}
