import { z } from 'zod';
import { retentionWaits } from './retention.ts';

/** The HTTP contract of retention (APPI 22), at the request service. Days are `YYYY-MM-DD` in Asia/Tokyo. */

const countsSchema = z.record(z.string(), z.int());

const waitingSchema = z.strictObject({
  wait: z.enum(retentionWaits),
  holder: z.string().optional(),
  records: z.int(),
  /** Persons of whom all is looked at. */
  persons: z.int(),
  /** When they are looked at next. */
  next: z.iso.date(),
});

export const retentionStatusSchema = z.strictObject({
  asOf: z.iso.datetime(),
  /** Due and not looked at. */
  due: z.strictObject({
    records: z.int(),
    persons: z.int(),
    oldest: z.iso.date().optional(),
    lagDays: z.int(),
  }),
  last: z.strictObject({ at: z.iso.datetime(), looked: z.int(), planned: z.int() }).optional(),
  paused: z.strictObject({ at: z.iso.datetime(), by: z.string() }).optional(),
  /** Batches that holders work on. */
  underWay: z.int(),
  /** Batches that wait for an operator. */
  failed: z.array(z.strictObject({ request: z.string(), records: z.int(), holders: z.array(z.string()) })),
  waiting: z.array(waitingSchema),
  /** Data keys of lives without a record: gone for good, and those that are still looked at or on their way. */
  keys: z.strictObject({ retired: z.int(), waiting: z.int() }).optional(),
});
export type RetentionStatus = z.infer<typeof retentionStatusSchema>;

const keptSchema = z.strictObject({
  law: z.string(),
  /** Absent: its end is still open. */
  until: z.iso.date().optional(),
  records: z.int(),
});

export const retentionForecastSchema = z.strictObject({
  asOf: z.iso.datetime(),
  days: z.int(),
  /** Records that were looked at for it; `cut`: there are more, later ones are missing. */
  records: z.int(),
  cut: z.boolean(),
  rows: z.array(
    z.strictObject({
      day: z.iso.date(),
      category: z.string(),
      /** Records that end as a whole. */
      ends: z.int(),
      /** Records of which some groups end. */
      partly: z.int(),
      /** Copies that go, by holder. */
      holders: countsSchema,
      /** Records that a floor keeps. */
      floors: z.array(keptSchema),
      /** Records that wait for a person or for somebody else to finish. */
      waiting: countsSchema,
    }),
  ),
  /** What has no end yet: records by what they wait for. */
  open: z.array(z.strictObject({ category: z.string(), start: z.string(), records: z.int() })),
});
export type RetentionForecast = z.infer<typeof retentionForecastSchema>;

export const retentionDryRunSchema = z.strictObject({
  asOf: z.iso.datetime(),
  /** Records that were looked at; `cut`: more are due. */
  looked: z.int(),
  cut: z.boolean(),
  gone: z.int(),
  goes: z.int(),
  byCategory: countsSchema,
  /** Copies that each holder would be told of; `0` where it is told of persons. */
  holders: countsSchema,
  notOurs: z.int(),
  unreported: countsSchema,
  /** Records that stay, by why; those that just go on are `later`. */
  stays: countsSchema,
});
export type RetentionDryRun = z.infer<typeof retentionDryRunSchema>;

export const retentionChangedSchema = z.strictObject({ state: z.enum(['running', 'paused']) });
export const retentionRebuiltSchema = z.strictObject({ records: z.int() });
