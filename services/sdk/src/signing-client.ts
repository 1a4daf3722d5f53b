import { callJson } from '@keiro/runtime';
import {
  certificateSignaturesSchema,
  preparedKeySchema,
  segmentSignatureSchema,
  signingKeysSchema,
  type CertificateContent,
  type SegmentHead,
  type SigningKey,
  type SigningKeys,
} from '@keiro/schemas';

/** Where evidence is signed, as `request` sees it (S1). Rights `audit:read` and `audit:sign`. */
export interface SigningClient {
  keys(): Promise<SigningKeys>;
  segment(head: SegmentHead): Promise<{ keyId: string; signature: string }>;
  /** Compact JWS, in the order of the contents; at most 200 of them. */
  certificates(contents: readonly CertificateContent[]): Promise<string[]>;
  prepare(): Promise<{ active: string; next: SigningKey }>;
  activate(keyId: string): Promise<SigningKeys>;
}

export function createSigningClient(options: { url: string; token: string }): SigningClient {
  return {
    keys: () => callJson(options, { method: 'GET', path: '/v1/audit/keys' }, signingKeysSchema),
    segment: (head) =>
      callJson(options, { path: '/v1/audit/sign/segment', body: { head } }, segmentSignatureSchema),
    async certificates(contents) {
      if (contents.length === 0) return [];
      const call = { path: '/v1/audit/sign/certificates', body: { contents } };
      return (await callJson(options, call, certificateSignaturesSchema)).signatures;
    },
    prepare: () => callJson(options, { path: '/v1/audit/keys/prepare' }, preparedKeySchema),
    activate: (keyId) =>
      callJson(options, { path: '/v1/audit/keys/activate', body: { keyId } }, signingKeysSchema),
  };
}
