import { z } from 'zod';

/** What a person or a regulator reads: Japanese first, English beside it (L2). */
export const labelsSchema = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
export type Labels = z.infer<typeof labelsSchema>;
