import { z } from 'zod';
import { eventId } from './envelope.ts';

/** Data that need special care, as APPI 2(3) and the order behind it list them. */
export const sensitiveKinds = [
  'race',
  'creed',
  'social-status',
  'medical-history',
  'criminal-record',
  'crime-victim',
  'disability',
  'health-check',
  'treatment',
] as const;

/** Readable fields of every type of event. */
export const sensitiveShape = {
  /** Kinds of sensitive data among the personal fields, as far as the producer knows. */
  sensitive: z.array(z.enum(sensitiveKinds)).min(1).max(sensitiveKinds.length).optional(),
  /** Who gave them: the person directly, or somebody else. */
  given: z.enum(['by-person', 'by-other']).optional(),
  /** Id of the fact, of the same source, with which the person consented. */
  consent: eventId.optional(),
};
