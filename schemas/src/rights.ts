import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { refSchema } from './refs.ts';

/**
 * The current state of one ref for the data plane: what `keys` and guarded consumers must refuse.
 * Generations up to `hiddenThrough` may be sealed but not opened (a deletion is under way);
 * those up to `erasedThrough` are gone.
 */
export const standingSchema = z.strictObject({
  ref: refSchema,
  hiddenThrough: z.int().min(0),
  erasedThrough: z.int().min(0),
  /** Instant of the erasure: a new generation opens only for an event later than this. */
  erasedAt: z.iso.datetime().optional(),
  /** Purposes for which the person suspended use (R5); `all` binds every purpose. */
  suspended: z.array(z.string().max(64)).max(32),
  /**
   * Purposes for which the person withdrew consent and did not give it again. Kept apart from what was suspended on
   * request, so that a new consent takes back the withdrawal and nothing else.
   */
  withdrawn: z.array(z.string().max(64)).max(32).optional(),
  /** Holders towards whom consent was withdrawn (TA, R6). */
  denied: z.array(holderIdSchema).max(64).optional(),
  /**
   * Holders of which the person denied the use, on request (R6): kept apart from consents, so that a new one takes back
   * what a withdrawal did and nothing else. `all` besides: third parties to come too, but for those `allowed` since.
   */
  stopped: z.array(z.string().max(64)).max(65).optional(),
  allowed: z.array(holderIdSchema).max(64).optional(),
  /** The request that last changed it. */
  request: z.string().max(64),
  at: z.iso.datetime(),
});
export type Standing = z.infer<typeof standingSchema>;

export type StandingVerdict = 'open' | 'erased' | 'hidden' | 'suspended';

/** Who wants to read, and for what. */
export interface Reading {
  readonly purpose: string;
  readonly holder?: string;
}

/** What standing says to a reader who wants one generation of a ref. Pure. */
export function judge(
  standing: Standing | undefined,
  generation: number,
  { purpose, holder }: Reading,
): StandingVerdict {
  if (standing === undefined) return 'open';
  if (generation <= standing.erasedThrough) return 'erased';
  if (generation <= standing.hiddenThrough) return 'hidden';
  const { suspended, withdrawn = [] } = standing;
  const stopped = suspended.includes('all') || suspended.includes(purpose) || withdrawn.includes(purpose);
  return stopped || (holder !== undefined && isDenied(standing, holder)) ? 'suspended' : 'open';
}

/** R6: whether a third party is denied, one that was registered after the denial too. Pure. */
export const isDeniedThirdParty = (standing: Standing, holder: string): boolean =>
  isDenied(standing, holder) ||
  (standing.stopped?.includes('all') === true && standing.allowed?.includes(holder) !== true);

/** Whether the person refuses this holder by name, by a consent withdrawn or on request (TA, R6). Pure. */
export const isDenied = (
  { denied = [], stopped = [] }: Pick<Standing, 'denied' | 'stopped'>,
  holder: string,
): boolean => denied.includes(holder) || stopped.includes(holder);

/**
 * A reader of `rights.standing` says how far it is: it has applied everything before `applied` (an offset) and
 * has no older batch in flight. It proves itself alive for `leaseMs`; after that it has stopped by itself.
 */
export const standingAckSchema = z.strictObject({
  reader: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  instance: z.string().max(64),
  applied: z.string().regex(/^\d+$/),
  leaseMs: z.int().min(0),
  at: z.iso.datetime(),
});
export type StandingAck = z.infer<typeof standingAckSchema>;

/** How long a reader's word holds. All use the same: who was not heard for so long reads nothing any more. */
export const standingLeaseMs = 10_000;
