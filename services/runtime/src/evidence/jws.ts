import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, errors, importJWK } from 'jose';
import {
  canonicalJson,
  certificateJwsType,
  checkCertificate,
  type Certificate,
  type CertificateContent,
  type CertificateFinding,
} from '@keiro/schemas';

/* RFC 7515, compact, EdDSA over Ed25519 (RFC 8037). */

export function signCertificate(
  content: CertificateContent,
  { keyId, key }: { readonly keyId: string; readonly key: KeyObject },
): Promise<string> {
  return new CompactSign(Buffer.from(canonicalJson(content)))
    .setProtectedHeader({ alg: 'EdDSA', typ: certificateJwsType, kid: keyId })
    .sign(key);
}

/** Everything that was looked at, in order; needs nothing but the certificate and the keys that are trusted, by id. */
export async function verifyCertificate(
  certificate: Certificate,
  keys: ReadonlyMap<string, string>,
): Promise<CertificateFinding[]> {
  return checkCertificate(certificate, await signedBy(certificate.signature, keys));
}

/** The text that was signed; undefined where the signature is not good, or of none of these keys. */
async function signedBy(signature: string, keys: ReadonlyMap<string, string>): Promise<string | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      signature,
      ({ kid = '' }) => {
        const x = keys.get(kid);
        if (x === undefined) throw new errors.JWKSNoMatchingKey();
        return importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA');
      },
      { algorithms: ['EdDSA'] },
    );
    return protectedHeader.typ === certificateJwsType ? Buffer.from(payload).toString('utf8') : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
