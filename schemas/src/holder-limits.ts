import { z } from 'zod';
import { holderIdSchema } from './custody.ts';

/** How much a holder may be asked at a time, and when it is left alone: see `limitsOf` for what holds unless said. */
export const holderLimitsSchema = z.strictObject({
  /** Tasks that are carried out there at the same time, over all workers. */
  concurrency: z.int().min(1).max(500).optional(),
  /** Tasks that are begun a second, over all workers; absent: as many as it takes. */
  perSecond: z.int().min(1).max(10_000).optional(),
  /** After so many outages in a row nothing is tried for so long; then one task tries for all. */
  breaker: z
    .strictObject({ outages: z.int().min(1).max(1000), restSeconds: z.int().min(1).max(86_400) })
    .optional(),
});
export type HolderLimits = z.infer<typeof holderLimitsSchema>;

export interface Limits {
  readonly concurrency: number;
  readonly perSecond?: number;
  readonly breaker: { readonly outages: number; readonly restSeconds: number };
}

/** What holds for a holder. Pure. */
export function limitsOf({ limits = {} }: { readonly limits?: HolderLimits | undefined }): Limits {
  const { concurrency = 25, perSecond, breaker = { outages: 5, restSeconds: 15 } } = limits;
  return { concurrency, ...(perSecond === undefined ? {} : { perSecond }), breaker };
}

/** `pauses`, owner `request`: an operator has a holder wait. Gone when it goes on; the audit keeps both. */
export interface PauseDocument {
  /** The holder. */
  readonly _id: string;
  readonly by: string;
  readonly since: Date;
  /** The operator's own reference. No free text: it might name somebody. */
  readonly reason: string;
}

/** `breakers`, owner `erase`: what the workers know together of a holder that does not answer. */
export interface BreakerDocument {
  /** The holder. */
  readonly _id: string;
  /** `trying`: one task tries for all. */
  readonly state: 'closed' | 'open' | 'trying';
  /** Since when it is not closed. */
  readonly since: Date;
  /** Until then nothing is tried, or the one that tries has its answer. */
  readonly until: Date;
  /** Grows with every change: of several workers one makes it. */
  readonly version: number;
}

const instant = z.iso.datetime();

/** A holder that its tasks wait for, and why. */
export const holderWaitSchema = z.strictObject({
  holder: holderIdSchema,
  why: z.enum(['paused', 'not-answering']),
  since: instant,
  /** Of one that does not answer: when it is tried again. */
  until: instant.optional(),
  /** Of a pause. */
  by: z.string().optional(),
  reason: z.string().optional(),
  /** Tasks there that are not done. */
  tasks: z.int(),
});
export type HolderWait = z.infer<typeof holderWaitSchema>;
/** `GET /v1/holders/waits` */
export const holderWaitsSchema = z.strictObject({ asOf: instant, waits: z.array(holderWaitSchema) });
