import { createHash } from 'node:crypto';
import { z } from 'zod';

/*
 * What goes over the wire. Sections are those of the public OpenDSR specification, whose own text is at 2.0; version
 * 3.0 is the one that its implementers speak since (mParticle's Data Subject Request API v3, Mixpanel's GDPR API v3.0):
 * the same messages, but that `subject_identities` is a dictionary with one identity of each type.
 */

/** §6.2: the three kinds of request that there are. None suspends and none corrects. */
export const requestTypes = ['access', 'portability', 'erasure'] as const;
export type RequestType = (typeof requestTypes)[number];

/** §5.2 */
export type Encoding = 'raw' | 'sha1' | 'md5' | 'sha256';

/** §5.3. A type of a processor's extension (§7.1.2) is written `<domain>/<type>`. */
export interface Identity {
  readonly type: string;
  readonly value: string;
  readonly encoding: Encoding;
}

/** §6.3; unknown types and formats of others are no concern of ours. */
export const discoverySchema = z.object({
  api_version: z.string().max(16),
  supported_identities: z.array(
    z.object({ identity_type: z.string().max(64), identity_format: z.string().max(16) }),
  ),
  supported_subject_request_types: z.array(z.string().max(64)),
  processor_certificate: z.url().optional(),
});
export type Discovery = z.infer<typeof discoverySchema>;

/** Some implementers leave the zone out and say that it is UTC. */
const moment = z
  .string()
  .max(40)
  .transform((text) => new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`))
  .refine((date) => !Number.isNaN(date.getTime()));

/** §7.3, §9.2. `encoded_request` repeats the identities: it must be neither logged nor stored, and is not read. */
export const acceptedSchema = z.object({ subject_request_id: z.uuid() });

/** §8, §8.3 */
export const statusSchema = z.object({
  subject_request_id: z.uuid(),
  request_status: z.enum(['pending', 'in_progress', 'completed', 'cancelled']),
  expected_completion_time: moment.nullish(),
  results_url: z.url().nullish(),
  results_count: z.int().min(0).nullish(),
});
export type Status = z.infer<typeof statusSchema>;

/** §8.6. mParticle's own do not repeat `status_callback_url`. */
export const callbackSchema = z.object({
  subject_request_id: z.uuid(),
  request_status: statusSchema.shape.request_status,
  status_callback_url: z.string().max(2048).optional(),
});

export interface Ask {
  readonly regulation: string;
  readonly id: string;
  readonly type: RequestType;
  readonly submittedAt: Date;
  readonly identities: readonly Identity[];
  /** Relates the requests about one person to each other. */
  readonly group: string;
  readonly callbackUrl?: string;
  readonly extensions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** §7.1.1, in the form of the version that discovery names. Pure. */
export function requestBody(apiVersion: string, ask: Ask): object {
  const isThree = speaksDictionary(apiVersion);
  const own = ask.identities.filter(({ type }) => !type.includes('/'));
  const extensions = extensionsOf(ask);
  return {
    regulation: ask.regulation,
    subject_request_id: ask.id,
    subject_request_type: ask.type,
    submitted_time: ask.submittedAt.toISOString(),
    ...(own.length === 0 ? {} : { subject_identities: isThree ? dictionaryOf(own) : listOf(own) }),
    api_version: apiVersion,
    ...(ask.callbackUrl === undefined ? {} : { status_callback_urls: [ask.callbackUrl] }),
    ...(isThree ? { group_id: ask.group } : {}),
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  };
}

export const speaksDictionary = (apiVersion: string): boolean => Number.parseInt(apiVersion, 10) >= 3;

const dictionaryOf = (identities: readonly Identity[]) =>
  Object.fromEntries(identities.map(({ type, value, encoding }) => [type, { value, encoding }]));

const listOf = (identities: readonly Identity[]) =>
  identities.map(({ type, value, encoding }) => ({
    identity_type: type,
    identity_value: value,
    identity_format: encoding,
  }));

function extensionsOf({ identities, extensions = {} }: Ask): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(extensions).map(([domain, more]) => [domain, { ...more }]),
  );
  for (const { type, value, encoding } of identities) {
    const [domain = '', name] = type.split('/');
    if (name === undefined) continue;
    const extension = (all[domain] ??= {});
    extension['subject_identities'] = {
      ...(extension['subject_identities'] as object | undefined),
      [name]: { value, encoding },
    };
  }
  return all;
}

/**
 * Identities by request: version 3 takes one of each type in a request, version 2 a list of any. Every identity is in
 * exactly one. Pure.
 */
export function partition(apiVersion: string, identities: readonly Identity[], atMost = 500): Identity[][] {
  const parts: Identity[][] = [];
  const ofType = new Map<string, number>();
  for (const [position, identity] of identities.entries()) {
    const nth = ofType.get(identity.type) ?? 0;
    ofType.set(identity.type, nth + 1);
    const part = speaksDictionary(apiVersion) ? nth : Math.floor(position / atMost);
    (parts[part] ??= []).push(identity);
  }
  return parts;
}

/**
 * A request's id from what it is about, so that asking again after a crash asks for the same. §1.1, §7.1.1: in lower
 * case and in the form of version 4.
 */
export function requestIdOf(...about: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(about.join('\n')).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
