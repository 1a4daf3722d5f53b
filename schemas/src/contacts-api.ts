import { z } from 'zod';
import { refusals } from './keys-api.ts';
import { kindOfRef, lifeSchema } from './refs.ts';

/**
 * Right `keys:contact`, for the check of who asks (R9): where the person can be reached, from what `keys` itself has under
 * the ref. Nobody can have a code sent to an address that a request brings along.
 */

/** The duty for which a contact is opened; like the other duties it stands above a suspension (R5). */
export const identityDuty = 'duty:identity-check';

export const contactsRequestSchema = z.strictObject({
  /** The request whose sender is checked: each contact is audited with it. */
  request: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'the id of a request'),
  /** E-mail refs only. */
  lives: z
    .array(lifeSchema.refine(({ ref }) => kindOfRef(ref) === 'email', 'is no ref of an e-mail address'))
    .min(1)
    .max(4),
});
export type ContactsRequest = z.infer<typeof contactsRequestSchema>;

export const contactsResponseSchema = z.strictObject({
  /** In the order asked; the address in its normalised form. */
  results: z.array(
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('open'), address: z.string() }),
      z.strictObject({ state: z.literal('refused'), reason: z.enum(refusals) }),
    ]),
  ),
});
export type ContactsResponse = z.infer<typeof contactsResponseSchema>;
