import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { noteSchema } from './request-api.ts';

/** What operators do with tasks that wait for them, and with holders that are to wait. Part of the request service. */

/** `POST /v1/tasks/retry-all`: puts back every failed task of a holder, or whose last error begins so. */
export const retryAllRequestSchema = z
  .strictObject({
    holder: holderIdSchema.optional(),
    /** How the last error begins. */
    error: z.string().min(1).max(200).optional(),
  })
  .refine(({ holder, error }) => holder !== undefined || error !== undefined, {
    error: 'says neither which holder nor which error',
  });
export type RetryAllRequest = z.infer<typeof retryAllRequestSchema>;
export const retryAllAnswerSchema = z.strictObject({ putBack: z.int() });

/** `POST /v1/tasks/{id}/hand-over`: who looks after it from now on, a desk or an operator's short name. */
export const handOverRequestSchema = z.strictObject({ to: noteSchema });

/** `POST /v1/holders/{id}/pause` */
export const pauseRequestSchema = z.strictObject({ reason: noteSchema });
/** Of a pause and of its end; false where it was so already. */
export const pauseAnswerSchema = z.strictObject({
  holder: holderIdSchema,
  paused: z.boolean(),
  changed: z.boolean(),
});
