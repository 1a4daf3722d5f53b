import { z } from 'zod';
import { defineEvent } from './define.ts';
import { email, instant, personName, postalAddress, slug, text } from './fields.ts';

/** Amounts are whole numbers of the currency's smallest unit (yen, cent); negative for a refund. */
const amount = z.int();

/** C5: payment for a paid service. Cards by token only: a full number or a security code is refused anywhere. */
export const payment = defineEvent({
  type: 'payment',
  category: 'C5',
  readable: z.strictObject({
    plan: slug,
    method: z.enum(['card', 'bank-transfer', 'direct-debit', 'convenience-store', 'invoice', 'other']),
  }),
  groups: {
    /** What accounting books and their material need: the only part under a floor. */
    books: z.strictObject({
      invoice: text(64),
      amount,
      /** ISO 4217. */
      currency: z.string().regex(/^[A-Z]{3}$/),
      payerName: personName.optional(),
      paidAt: instant.optional(),
      items: z
        .array(z.strictObject({ name: text(200), quantity: z.int().min(1).max(1_000_000), amount }))
        .max(100)
        .optional(),
    }),
    contact: z.strictObject({
      billingEmail: email.optional(),
      billingAddress: postalAddress.optional(),
    }),
    card: z.strictObject({
      /** What the payment agency gave in place of the card. */
      cardToken: text(128).optional(),
      brand: slug.optional(),
      last4: z
        .string()
        .regex(/^\d{4}$/)
        .optional(),
    }),
  },
});
