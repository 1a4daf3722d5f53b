import { z } from 'zod';
import { subjectSchema } from './identifiers.ts';

/**
 * Letters, digits and `_ . : -`, so that no e-mail address fits. An IP address would: it is refused by itself,
 * because ids travel in clear.
 */
export const eventId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/)
  .refine((id) => !looksLikeIpAddress(id), { params: { code: 'format' } });

const ipCharacters = /^[0-9a-f.:]+$/i;
const ip = z.union([z.ipv4(), z.ipv6()]);
function looksLikeIpAddress(id: string): boolean {
  return ipCharacters.test(id) && /[.:]/.test(id) && ip.safeParse(id).success;
}

/** Who emits: bound to the producer's API key. */
export const sourceSchema = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** Id of a customer whose own users are out of the policy's scope (X2). */
export const tenantSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** CloudEvents 1.0 with one extension, `policyversion`: the policy that was in force when the data were given (V1). */
export const envelopeShape = {
  specversion: z.literal('1.0'),
  /** 1 to 128 characters; unique within its source. The same id sent again is the same event. */
  id: eventId,
  source: sourceSchema,
  /** RFC 3339 with offset: when the data were collected. */
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json').optional(),
  /** `YYYY-MM-DD`. */
  policyversion: z.iso.date(),
};

/** What every event's data hold besides the fields of its type. */
export const commonDataShape = {
  subject: subjectSchema,
  /** Host name of the site where the data were collected; not ours is refused (X1). */
  site: z.hostname().max(253),
  /** Absent: ours. */
  scope: z.strictObject({ kind: z.literal('entrusted'), tenant: tenantSchema }).optional(),
};
