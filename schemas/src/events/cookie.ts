import { z } from 'zod';
import { defineEvent } from './define.ts';
import { text } from './fields.ts';

/** Their purposes and ends differ, so they are told apart. */
export const cookieKinds = ['session', 'feature', 'analytics'] as const;
export type CookieKind = (typeof cookieKinds)[number];

/** C3: what cookies keep: log-in sessions, settings of features, times and ways of use. */
export const cookie = defineEvent({
  type: 'cookie',
  category: 'C3',
  readable: z.strictObject({
    cookieKind: z.enum(cookieKinds),
    action: z.enum(['login', 'logout', 'view', 'use']),
  }),
  groups: {
    usage: z.strictObject({
      path: text(4096).optional(),
      durationSeconds: z.number().min(0).max(31_536_000).optional(),
      feature: text(200).optional(),
    }),
  },
});
