import { z } from 'zod';
import { labelsSchema } from './policy/labels.ts';
import { discardReasons, quarantineReasons, quarantineStates } from './quarantine.ts';
import { noteSchema } from './request-api.ts';

/**
 * The HTTP contract of `tag` for what is in quarantine. Ids are in the form of `quarantineAddress`; instants are
 * RFC 3339 in UTC. No answer holds what is sealed.
 */

const instant = z.iso.datetime();

/** `GET /v1/quarantine/{id}` */
export const quarantineEntrySchema = z.strictObject({
  asOf: instant,
  id: z.string(),
  state: z.enum(quarantineStates),
  /** Who set it aside. */
  by: z.string(),
  reason: z.enum(quarantineReasons),
  why: labelsSchema,
  /** What can be done about it, while it is held. */
  next: labelsSchema.optional(),
  /** Names fields and positions, never a value. */
  detail: z.string(),
  /** Where it stands, or stood, in Kafka. */
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  type: z.string().optional(),
  ref: z.string().optional(),
  record: z.string().optional(),
  at: instant,
  /** While it is held: from then on its content is destroyed, by the policy in force. */
  endsAt: instant.optional(),
  settled: z
    .strictObject({
      at: instant,
      by: z.string(),
      /** Of a release. */
      became: z.enum(['record', 'repetition']).optional(),
      /** Of a discarded one. */
      reason: z.enum(discardReasons).optional(),
      note: z.string().optional(),
    })
    .optional(),
});
export type QuarantineEntry = z.infer<typeof quarantineEntrySchema>;

/**
 * `POST /v1/quarantine/{id}/release`. `record`: it is one now. `repetition`: it was one already, by another message.
 * `held`: it stays, for the reason that is in the entry now.
 */
export const releaseOutcomes = ['record', 'repetition', 'held'] as const;
export type ReleaseOutcome = (typeof releaseOutcomes)[number];
export const releasedSchema = z.strictObject({
  outcome: z.enum(releaseOutcomes),
  entry: quarantineEntrySchema,
});

/** `POST /v1/quarantine/{id}/discard`: its sealed content is destroyed in the store; the entry stays. */
export const discardSchema = z.strictObject({
  reason: z.enum(discardReasons),
  note: noteSchema.optional(),
});

/** `POST /v1/quarantine/release`: all that `tag` set aside for a reason, in the order of ids. */
export const bulkReleaseSchema = z.strictObject({
  reason: z.enum(quarantineReasons),
  limit: z.int().min(1).max(500).default(100),
  /** `next` of the answer before: without it the same entries would be tried for ever. */
  after: z.string().max(256).optional(),
});
const count = z.int().min(0);
export const bulkReleasedSchema = z.strictObject({
  asOf: instant,
  outcomes: z.strictObject({ record: count, repetition: count, held: count }),
  /** Whose release could not be tried, with the reason: an operator has to look at each. */
  refused: z.array(z.strictObject({ id: z.string(), title: z.string() })),
  /** Held for this reason, but set aside by a holder or by `transfer`: not for `tag` to release. */
  others: count,
  /** Absent when there is nothing left to try. */
  next: z.string().optional(),
});
export type BulkReleased = z.infer<typeof bulkReleasedSchema>;
