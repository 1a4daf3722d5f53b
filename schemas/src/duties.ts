import { z } from 'zod';
import type { identityDuty } from './contacts-api.ts';
import { holderIdSchema } from './custody.ts';
import { lifeSchema } from './refs.ts';
import type { Standing, StandingVerdict } from './rights.ts';

/**
 * Duties towards the person, for which a suspension or a denial is no obstacle (R5): the person must be answered
 * (R1, APPI 33), what is wrong must be put right (R2, APPI 34), and those whom a breach concerns must be told (APPI 26(2)).
 * `duty:floor` is towards the law that makes us keep something: whoever it has to be shown to, e.g. a tax office.
 */
export const duties = ['duty:disclosure', 'duty:correction', 'duty:breach', 'duty:floor'] as const;
export type Duty = (typeof duties)[number];

/**
 * What standing says to a duty. Nothing opens what is erased, but what a floor keeps of it ({@link opensKept}). While a deletion can still be taken back, the person may
 * be answered and must be warned, and nothing is corrected. Pure.
 */
export function judgeDuty(
  standing: Standing | undefined,
  generation: number,
  duty: Duty | typeof identityDuty,
): Exclude<StandingVerdict, 'suspended'> {
  if (standing === undefined) return 'open';
  if (generation <= standing.erasedThrough) return 'erased';
  if (generation <= standing.hiddenThrough && duty === 'duty:correction') return 'hidden';
  return 'open';
}

/**
 * Duties for which what a floor keeps opens after its person was erased: the person's own question what is left, a
 * breach of it, and the law's. Nothing is corrected there, and no purpose of ours opens it.
 */
export const opensKept = (duty: Duty): boolean => duty !== 'duty:correction';

/** Right `keys:open-duty`, bound to the duties that the caller has among its purposes. */
export const dutyReleaseRequestSchema = z.strictObject({
  holder: holderIdSchema,
  duty: z.enum(duties),
  /** The request or incident that it is for. */
  reference: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, underscore, hyphen'),
  groups: z.array(z.string().max(64)).min(1).max(64),
  lives: z.array(lifeSchema).min(1).max(1000),
});
export type DutyReleaseRequest = z.infer<typeof dutyReleaseRequestSchema>;
