import { z } from 'zod';
import { commonDataShape, envelopeShape } from './envelope.ts';
import { sensitiveShape } from './sensitive.ts';

/** Categories of collected data, as the policy lists them (C1–C7). */
export const categories = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7'] as const;
export type Category = (typeof categories)[number];

type Groups = Record<string, z.ZodObject>;
type ToIntersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void
  ? I
  : never;
type ShapesOf<G extends Groups> = ToIntersection<{ [K in keyof G]: G[K]['shape'] }[keyof G]>;
type DataShape<R extends z.ZodObject, G extends Groups> = typeof commonDataShape &
  typeof sensitiveShape &
  R['shape'] &
  ShapesOf<G>;
type ContractShape<T extends string, R extends z.ZodObject, G extends Groups> = typeof envelopeShape & {
  type: z.ZodLiteral<T>;
  data: z.ZodObject<DataShape<R, G>, z.core.$strict>;
};

/** Fields of a category that share purposes and retention, and are sealed together. Id: `C1.identity`. */
export interface GroupDefinition {
  readonly id: string;
  readonly fields: readonly string[];
}

/**
 * One type of event, declared once: the contract that producers see, the wire schema, splitting and the
 * documentation all come from it. `readable` fields are not personal and travel in clear; those of `groups` are
 * personal and are sealed group by group. Names are unique over all groups, because the contract is flat.
 */
export function defineEvent<const T extends string, R extends z.ZodObject, G extends Groups>(spec: {
  readonly type: T;
  readonly category: Category;
  readonly readable: R;
  readonly groups: G;
}) {
  const { type, category, readable, groups } = spec;
  const readableSchema = readable.extend(sensitiveShape);
  const data: Record<string, z.core.$ZodType> = { ...commonDataShape, ...readableSchema.shape };
  for (const group of Object.values(groups)) Object.assign(data, group.shape);
  // The fields are put together at run time, so TypeScript has to be told the shape that results.
  const schema = z.strictObject({
    ...envelopeShape,
    type: z.literal(type),
    data: z.strictObject(data),
  }) as unknown as z.ZodObject<ContractShape<T, R, G>, z.core.$strict>;

  return {
    type,
    category,
    topic: `collection.${type}` as const,
    /** The subject's identifiers come first, as a group of their own: a store needs them as its own key. */
    groups: [
      { id: `${category}.subject`, fields: ['subject'] },
      ...Object.entries(groups).map(([name, group]) => ({
        id: `${category}.${name}`,
        fields: Object.keys(group.shape),
      })),
    ] as readonly GroupDefinition[],
    /** Names of the readable fields. */
    readable: Object.keys(readableSchema.shape),
    readableSchema,
    /** The contract: what a producer sends. */
    schema,
  };
}
