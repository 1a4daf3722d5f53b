import { z } from 'zod';
import { eventTypes } from './events/index.ts';
import { lifeSchema, refSchema } from './refs.ts';
import { scopeSchema } from './wire.ts';

/** `lineage.tagged`: a record as lineage knows it, for whoever wants to follow. Instants are RFC 3339. */
export const taggedSchema = z.strictObject({
  record: z.string().max(256),
  ref: refSchema,
  generation: z.int().min(1),
  refs: z.array(lifeSchema).max(8),
  type: z.enum(eventTypes),
  category: z.string().max(4),
  scope: scopeSchema,
  policy: z.string().max(10),
  time: z.string().max(40),
  groups: z
    .array(
      z.strictObject({
        group: z.string().max(64),
        purposes: z.array(z.string().max(64)).max(16),
        rule: z.string().max(128),
        start: z.string().max(64),
        end: z.string().max(40).optional(),
        cap: z.string().max(40).optional(),
      }),
    )
    .max(16),
  position: z.strictObject({ topic: z.string(), partition: z.int(), offset: z.string() }),
});
export type Tagged = z.infer<typeof taggedSchema>;
