import { z } from 'zod';
import { defineEvent } from './define.ts';
import { email, personName, phone, slug, text } from './fields.ts';

/** C1: what a person enters to become a member. */
export const registration = defineEvent({
  type: 'registration',
  category: 'C1',
  readable: z.strictObject({
    /** Version of the notice that the person was shown before giving the data (APPI 21(2)). */
    noticeVersion: slug,
  }),
  groups: {
    identity: z.strictObject({
      name: personName,
      nameKana: personName.optional(),
      email,
      phone: phone.optional(),
    }),
    organisation: z.strictObject({
      company: text(200).optional(),
      department: text(200).optional(),
    }),
  },
});
