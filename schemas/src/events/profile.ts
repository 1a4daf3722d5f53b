import { z } from 'zod';
import { defineEvent } from './define.ts';
import { email, personName, phone, postalAddress, text } from './fields.ts';

/** C2: what a member enters later, to use the services. An event carries what changed, so every field is optional. */
export const profile = defineEvent({
  type: 'profile',
  category: 'C2',
  readable: z.strictObject({}),
  groups: {
    identity: z.strictObject({
      displayName: personName.optional(),
      email: email.optional(),
      phone: phone.optional(),
    }),
    profile: z.strictObject({
      company: text(200).optional(),
      department: text(200).optional(),
      position: text(200).optional(),
      /** `YYYY-MM-DD` */
      birthday: z.iso.date().optional(),
      address: postalAddress.optional(),
    }),
  },
});
