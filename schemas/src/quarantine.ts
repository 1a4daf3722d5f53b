import { z } from 'zod';

export const quarantineReasons = [
  /** Bytes that are no registry message, or headers that are no CloudEvent. */
  'unreadable',
  /** A schema id that the registry does not know. */
  'unknown-schema',
  /** A message whose shape is not that of its type. */
  'malformed',
  /** The same id and source with other content. */
  'conflicting-content',
  /** The policy has no purpose, end or version for it. */
  'untaggable',
  /** Its own time lies before the day on which the version of the policy that it names took effect (V1). */
  'not-yet-effective',
  /** From a clock more than 24 hours ahead. */
  'future-time',
  /** It came after the person was erased. */
  'erased',
  /** A blob that its key does not open: moved from another event, or damaged. */
  'does-not-open',
  /** A holder's own program said that its store can't take it. */
  'refused-by-holder',
  /** A custody report about a holder that is not registered. */
  'unknown-holder',
  /** A custody report without the proof that it comes from the holder that it names. */
  'forged-report',
] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/**
 * `released`: it became a record, or turned out to repeat one. `discarded`: somebody ended it, for a reason. `expired`:
 * nobody did, and its time was over (APPI 22).
 */
export const quarantineStates = ['held', 'released', 'discarded', 'expired'] as const;
export type QuarantineState = (typeof quarantineStates)[number];

/** Why an entry is ended for good. A list, so that no text can name a person. */
export const discardReasons = [
  /** The producer has sent the event again as it should be. */
  'sent-again',
  /** Nobody can read it, and nobody can mend it. */
  'unreadable-for-good',
  /** Its person was erased, and stays so. */
  'person-erased',
  /** Its retention would have ended by now. */
  'past-end',
  /** It concerns nobody whose data we handle. */
  'not-ours',
  'test-data',
] as const;
export type DiscardReason = (typeof discardReasons)[number];

/** What is quarantined, sealed under the quarantine key of its day: never lost, never in clear. */
export const quarantinedSchema = z.strictObject({
  /** Who set it aside: `tag`, `transfer` or a holder. */
  by: z.string().max(64),
  reason: z.enum(quarantineReasons),
  /** Names fields and positions, never a value. */
  detail: z.string().max(500),
  topic: z.string().max(128),
  partition: z.int().min(0),
  offset: z.string().regex(/^\d+$/),
  type: z.string().max(64).optional(),
  ref: z.string().max(64).optional(),
  record: z.string().max(256).optional(),
  /** The message as it was (key, headers, value as JSON with base64 parts), sealed under the day's key. */
  sealed: z.base64(),
  /** `YYYY-MM-DD`, UTC. */
  day: z.string().max(10),
  at: z.iso.datetime(),
});
export type Quarantined = z.infer<typeof quarantinedSchema>;

/**
 * The id of an entry, `<by>|<topic>/<partition>/<offset>`, as it stands in a URL or on a command line:
 * `<by>~<topic>~<partition>~<offset>`. None of the characters of this form has to be escaped in either.
 */
export const quarantineAddress = (id: string): string => id.replaceAll(/[|/]/g, '~');

/** Inverse of {@link quarantineAddress}; takes the id itself too. Undefined where it is neither. */
export function quarantineIdOf(address: string): string | undefined {
  const parts = /^([\w.-]+)[~|]([\w.-]+)[~/](\d+)[~/](\d+)$/.exec(address);
  if (parts === null) return undefined;
  const [, by = '', topic = '', partition = '', offset = ''] = parts;
  return `${by}|${topic}/${partition}/${offset}`;
}
