import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UnavailableError } from '@keiro/runtime';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { SessionSettings } from './config.ts';

/** Signatures with a key pair only: `none` says nothing, and an HS* signature with a public key as its secret proves nothing. */
const algorithms = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
/** How far the clocks of the two services may be apart. */
const clockToleranceSeconds = 5;

const claimsSchema = z.object({
  sub: z.string().min(1).max(320),
  jti: z.string().min(8).max(256),
  iat: z.number(),
});

export type SessionVerdict =
  | {
      readonly state: 'signed';
      /** As the company's service knows its member. Kept in memory only. */
      readonly member: string;
      /** Digest of issuer and `jti`: the same token twice is a replay. */
      readonly token: string;
      /** From then on the token is refused for its age. */
      readonly until: Date;
    }
  | { readonly state: 'invalid' };

/** Checks the signature and claims of tokens of the company's own sign-in. Nothing of a token is kept or told. */
export interface Sessions {
  /** Throws retryably where the keys can't be had. */
  verify(token: string, now: Date): Promise<SessionVerdict>;
}

export function createSessions({ issuer, audience, jwks, maxAgeSeconds }: SessionSettings): Sessions {
  const keys = keySet(jwks);
  return {
    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, await keys(), {
          issuer,
          audience,
          algorithms,
          maxTokenAge: maxAgeSeconds,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['sub', 'jti', 'exp', 'iat'],
          currentDate: now,
        });
        const claims = claimsSchema.safeParse(payload);
        if (!claims.success) return { state: 'invalid' };
        const { sub, jti, iat } = claims.data;
        const spent = createHash('sha256').update(`${issuer}\0${jti}`).digest('base64url');
        const until = new Date((iat + maxAgeSeconds + clockToleranceSeconds) * 1000);
        return { state: 'signed', member: sub, token: spent, until };
      } catch (error) {
        if (isOfTheToken(error)) return { state: 'invalid' };
        // Its own message could quote what the other service said.
        throw new UnavailableError('the key set of the sign-in service', new Error(codeOf(error)));
      }
    },
  };
}

/** A file is read each time: it is small, and its keys change while we run. */
function keySet(place: string) {
  if (/^https?:/i.test(place)) {
    const remote = createRemoteJWKSet(new URL(place), { timeoutDuration: 5000 });
    return () => Promise.resolve(remote);
  }
  return async () => createLocalJWKSet(JSON.parse(await readFile(place, 'utf8')) as JSONWebKeySet);
}

/** What is wrong with the token, and not with the keys or the way to them. */
const ofTheToken = new Set<string>([
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JWTInvalid.code,
  errors.JWTExpired.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
]);
const isOfTheToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && ofTheToken.has(error.code);
const codeOf = (error: unknown): string =>
  error instanceof errors.JOSEError ? error.code : error instanceof Error ? error.name : 'unknown';
