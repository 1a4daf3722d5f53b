import { z } from 'zod';
import { defineEvent } from './define.ts';
import { email, personName, phone, postalAddress, slug, text } from './fields.ts';

/** C6: contact and address given in a promotion, and what was answered there. */
export const campaign = defineEvent({
  type: 'campaign',
  category: 'C6',
  readable: z.strictObject({
    campaign: slug,
    campaignKind: z.enum(['questionnaire', 'raffle', 'delivery']),
    /** Whether the person asked for marketing: without it there is no such purpose (PM). */
    marketingOptIn: z.boolean(),
  }),
  groups: {
    contact: z.strictObject({
      name: personName.optional(),
      email: email.optional(),
      phone: phone.optional(),
      address: postalAddress.optional(),
    }),
    answers: z.strictObject({
      /** Question id to answer. */
      answers: z
        .record(slug, z.string().max(4000))
        .refine((answers) => Object.keys(answers).length <= 200, { params: { code: 'range' } })
        .optional(),
      comment: text(10_000).optional(),
    }),
  },
});
