import { z } from 'zod';
import { defineEvent } from './define.ts';
import { email, personName, phone, text } from './fields.ts';

/** C7: contact given in a customer's inquiry, and what was asked. */
export const inquiry = defineEvent({
  type: 'inquiry',
  category: 'C7',
  readable: z.strictObject({
    channel: z.enum(['form', 'email', 'phone', 'chat', 'post']),
  }),
  groups: {
    contact: z.strictObject({
      name: personName.optional(),
      email: email.optional(),
      phone: phone.optional(),
    }),
    message: z.strictObject({
      subjectLine: text(500).optional(),
      body: text(50_000),
    }),
  },
});
