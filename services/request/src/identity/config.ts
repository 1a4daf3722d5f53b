import { KeiroError } from '@keiro/runtime';
import { identityDocuments, type IdentityDocument } from '@keiro/schemas';
import { z } from 'zod';

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);

const jwksPlace = z.string().refine((text) => {
  if (!/^[a-z]+:/i.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}, 'wants a path of a file, or an https URL');

const documentList = z
  .string()
  .transform((list) => list.split(',').map((kind) => kind.trim()))
  .pipe(z.array(z.enum(Object.keys(identityDocuments) as [IdentityDocument, ...IdentityDocument[]])).min(1));

/** Of the check of who asks; a method that is not configured is not open, and says so. */
export const identityConfig = {
  /** `smtp://user:password@host:587` or `smtps://…`; without it no code can be sent. */
  KEIRO_SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'wants smtp://… or smtps://…' }).optional(),
  /** Sender of the mails, with or without a name. */
  KEIRO_SMTP_FROM: z.string().min(3).optional(),
  /** `yes` where the server stands on a network of these services alone, as in docker-compose.yml: no TLS is asked of it. */
  KEIRO_SMTP_PLAIN: z.literal('yes').optional(),
  /** `iss` of the tokens of the company's own sign-in; needs the two below as well. */
  KEIRO_SESSION_ISSUER: z.string().min(1).optional(),
  KEIRO_SESSION_AUDIENCE: z.string().min(1).optional(),
  /** Where its public keys are: a file or a URL with a JSON Web Key Set. */
  KEIRO_SESSION_JWKS: jwksPlace.optional(),
  /** How old a token may be at most, by its `iat`. */
  KEIRO_SESSION_MAX_AGE_SECONDS: z.coerce.number().int().min(10).max(3600).default(300),
  /** Kinds of documents that an operator accepts, separated by commas; all that are known unless told. */
  KEIRO_IDENTITY_DOCUMENTS: documentList.optional(),
  /** Days from arrival within which codes and sign-ins confirm; never longer than the request is due. */
  KEIRO_IDENTITY_DAYS: z.coerce.number().min(1).max(14).default(7),
};
export type IdentityConfig = z.infer<z.ZodObject<typeof identityConfig>>;

/** Settings that only make sense together; `undefined` where the method is not configured. Throws on half of one. */
export function smtpOf(
  config: IdentityConfig,
): { url: string; from: string; requireTLS: boolean } | undefined {
  const { KEIRO_SMTP_URL: url, KEIRO_SMTP_FROM: from } = config;
  if (url === undefined) return undefined;
  if (from === undefined) throw incomplete('KEIRO_SMTP_FROM must be set beside KEIRO_SMTP_URL');
  // A code is as good as the person: it leaves this machine encrypted or not at all.
  const isOurs = config.KEIRO_SMTP_PLAIN === 'yes' || isLoopback(new URL(url).hostname);
  return { url, from, requireTLS: !isOurs };
}

export interface SessionSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: string;
  readonly maxAgeSeconds: number;
}

export function sessionOf(config: IdentityConfig): SessionSettings | undefined {
  const { KEIRO_SESSION_ISSUER: issuer, KEIRO_SESSION_AUDIENCE: audience, KEIRO_SESSION_JWKS: jwks } = config;
  if (issuer === undefined && audience === undefined && jwks === undefined) return undefined;
  if (issuer === undefined || audience === undefined || jwks === undefined) {
    throw incomplete(
      'KEIRO_SESSION_ISSUER, KEIRO_SESSION_AUDIENCE and KEIRO_SESSION_JWKS must be set together',
    );
  }
  return { issuer, audience, jwks, maxAgeSeconds: config.KEIRO_SESSION_MAX_AGE_SECONDS };
}

const incomplete = (message: string) => new KeiroError('configuration', message, { retryable: false });
