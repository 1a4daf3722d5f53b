import { checkCollection } from './check-collection.ts';
import { checkDuties } from './check-duties.ts';
import { locate } from './clause-of.ts';
import { compile } from './compile.ts';
import type { Finding, Found } from './findings.ts';
import { readText } from './places.ts';
import type { Policies } from './policy.ts';
import { policyFileSchema } from './schema-file.ts';
import { shapeFindings } from './shape.ts';
import { soundParts } from './sound.ts';

/** All that is found in a policy file, and the policies where at least its shape and its names are in order. */
export interface CheckedFile {
  readonly findings: readonly Finding[];
  readonly policies?: Policies;
}

/** A blank address and a text that covers too little are faults of a policy that can be read all the same. */
const readableAllTheSame: ReadonlySet<string> = new Set(['blank-contact', 'capture-before-registration']);

/**
 * Reads a policy file and tells every finding at once, in the order of the text. `name` is what the file is called in
 * places. Never throws, and repeats no value. Pure.
 */
export function checkPolicyFile(text: string, name: string): CheckedFile {
  const read = readText(text, name);
  if (read.faults.length > 0) {
    const findings = locate([{ code: 'not-yaml', path: [] }], read);
    return { findings: findings.flatMap((one) => read.faults.map((place) => ({ ...one, place }))) };
  }
  const parsed = policyFileSchema.safeParse(read.content);
  const parts = soundParts(read.content);
  const all: Found[] = [
    ...(parsed.success ? [] : shapeFindings(parsed.error, read.content)),
    ...checkCollection(parts, read.content),
    ...checkDuties(parts, read.content),
  ];
  const findings = locate(withoutRepetition(all), read);
  const canBeRead = findings.every(({ code }) => readableAllTheSame.has(code));
  return { findings, ...(parsed.success && canBeRead ? { policies: compile(parsed.data) } : {}) };
}

/** The first that is found at a place is what is said of it. */
function withoutRepetition(all: readonly Found[]): Found[] {
  const byPlace = new Map<string, Found>();
  for (const one of all) {
    const place = one.path.join('\n');
    if (!byPlace.has(place)) byPlace.set(place, one);
  }
  return [...byPlace.values()];
}

/** The policies of a file, or, where there is an error among its findings, those. Pure. */
export function parsePolicyFile(
  text: string,
  name: string,
): { readonly policies: Policies } | { readonly findings: readonly Finding[] } {
  const { findings, policies } = checkPolicyFile(text, name);
  const isRefused = findings.some(({ severity }) => severity === 'error');
  return policies === undefined || isRefused ? { findings } : { policies };
}
