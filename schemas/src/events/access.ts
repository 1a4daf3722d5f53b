import { z } from 'zod';
import { defineEvent } from './define.ts';
import { text } from './fields.ts';

/** C4: one request to the service, as a line of an access log tells it. What a log leaves out is absent here. */
export const access = defineEvent({
  type: 'access',
  category: 'C4',
  readable: z.strictObject({
    status: z.int().min(100).max(999).optional(),
    bytes: z.int().min(0).optional(),
    method: z
      .string()
      .regex(/^[A-Z][A-Z-]{0,31}$/)
      .optional(),
  }),
  groups: {
    /** What tells who it was: kept to prevent unauthorised use. */
    auth: z.strictObject({
      ip: z.union([z.ipv4(), z.ipv6()]).optional(),
      userAgent: text(4096).optional(),
      outcome: z.enum(['granted', 'denied']).optional(),
    }),
    usage: z.strictObject({
      path: text(8192).optional(),
      referer: text(8192).optional(),
    }),
  },
});
