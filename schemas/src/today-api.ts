import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { labelsSchema } from './policy/labels.ts';

/** `GET /v1/today` (A1): all that somebody has to do or to know, of every part, most urgent first. */

/**
 * `overdue`: a time that law or policy sets has passed, or data are where they may not be. `act`: stands still until
 * somebody acts. `soon`: has a time that comes. `know`: nothing to do, and nobody may forget it.
 */
export const urgencies = ['overdue', 'act', 'soon', 'know'] as const;
export type Urgency = (typeof urgencies)[number];

export const todayKinds = [
  'request',
  'notice',
  'task',
  'pause',
  'hold',
  'retention',
  'violation',
  'lapse',
  'gate',
  'reader',
  'quarantine',
  'snapshot',
] as const;
export type TodayKind = (typeof todayKinds)[number];

export const todayItemSchema = z.strictObject({
  urgency: z.enum(urgencies),
  kind: z.enum(todayKinds),
  /** Id of what it is about; absent where it is about several. */
  about: z.string().optional(),
  holder: holderIdSchema.optional(),
  /** By when, or since when where that is past. Absent: no time is set. */
  due: z.iso.datetime().optional(),
  /** How many of the kind it stands for. */
  count: z.int().min(1),
  message: labelsSchema,
  /** The command that shows more, or does it. */
  next: z.string(),
});
export type TodayItem = z.infer<typeof todayItemSchema>;

export const todayAnswerSchema = z.strictObject({
  asOf: z.iso.datetime(),
  counts: z.record(z.enum(urgencies), z.int()),
  /** There is more of some kind than was looked at. */
  cut: z.boolean(),
  items: z.array(todayItemSchema),
});
export type TodayAnswer = z.infer<typeof todayAnswerSchema>;
