import type { z } from 'zod';
import { property } from './clause-of.ts';
import { policyFileSchema } from './schema-file.ts';

/**
 * What of a file has the right shape, part by part and rule by rule, with the names of all that it declares, right or
 * wrong: so that one fault is told once, and hides no other.
 */
export type SoundParts = ReturnType<typeof soundParts>;

const { shape } = policyFileSchema;

export function soundParts(content: unknown) {
  const part = (name: string) => property(content, name);
  return {
    versions: entriesOf(shape.versions.element, part('versions')).map(([, version]) => version),
    contact: sound(shape.contact, part('contact')),
    categories: entriesOf(shape.categories.valueType, part('categories')),
    purposes: entriesOf(shape.purposes.valueType, part('purposes')),
    retention: entriesOf(shape.retention.valueType, part('retention')),
    quarantine: sound(shape.quarantine, part('quarantine')),
    floors: entriesOf(shape.floors.valueType, part('floors')),
    bases: entriesOf(shape.bases.valueType, part('bases')),
    rights: entriesOf(shape.rights.valueType, part('rights')),
    clauses: entriesOf(shape.clauses.valueType, part('clauses')),
    entrusted: sound(shape.entrusted, part('entrusted')),
    entrustment: sound(shape.entrustment, part('entrustment')),
    drSite: sound(shape.drSite, part('drSite')),
    jointUse: sound(shape.jointUse, part('jointUse')),
    names: (...path: string[]): ReadonlySet<string> => {
      const value = path.reduce<unknown>((inside, key) => property(inside, key), content);
      return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
    },
  };
}

function sound<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function entriesOf<T extends z.ZodType>(schema: T, value: unknown): (readonly [string, z.infer<T>])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const parsed = schema.safeParse(one);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
}
