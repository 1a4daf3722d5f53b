import { verify, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** Whom we believe to speak for a processor. */
export interface Trust {
  /** The exact name that the certificate is issued to and that every signed message gives. */
  readonly domain: string;
  /** SHA-256 fingerprints, in hexadecimal; one of the path has to be among them. Absent: any that the authorities vouch for. */
  readonly pins?: readonly string[];
  readonly authorities: readonly X509Certificate[];
}

/** Certificates of a PEM file, the signing one first. Throws where one cannot be read. */
export function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );
}

let authorities: readonly X509Certificate[] | undefined;
/** Those that this Node trusts. */
export const publicAuthorities = (): readonly X509Certificate[] =>
  (authorities ??= rootCertificates.map((pem) => new X509Certificate(pem)));

const longestPath = 6;

/**
 * Why a processor's certificate is not to be believed; undefined when it is: §4.1 and the specification's security
 * guidelines ask for the dates, an authority that we trust, the processor's own name among the alternative names, and
 * no self-signed one. Revocation is not looked up: a certificate is believed for a day, then fetched anew. Pure.
 */
export function refusalOf(path: readonly X509Certificate[], trust: Trust, now: Date): string | undefined {
  const [leaf] = path;
  if (leaf === undefined) return 'no-certificate';
  if (leaf.issuer === leaf.subject && leaf.verify(leaf.publicKey)) return 'self-signed';
  if (leaf.checkHost(trust.domain, { wildcards: false, subject: 'never' }) === undefined) return 'wrong-name';
  const used = pathOf(leaf, path, trust.authorities);
  if (used === undefined) return 'unknown-authority';
  if (!used.every((one) => new Date(one.validFrom) <= now && now <= new Date(one.validTo))) return 'expired';
  const { pins } = trust;
  if (pins === undefined) return undefined;
  const wanted = new Set(pins.map(plain));
  return used.some(({ fingerprint256 }) => wanted.has(plain(fingerprint256))) ? undefined : 'not-pinned';
}

/** From the signing certificate to an authority that is trusted; undefined where none is reached. */
function pathOf(
  leaf: X509Certificate,
  given: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const path = [leaf];
  for (let last = leaf; path.length < longestPath;) {
    const anchor = trusted.find((one) => isIssuedBy(last, one));
    if (anchor !== undefined) return [...path, anchor];
    const next = given.find((one) => one.ca && !path.includes(one) && isIssuedBy(last, one));
    if (next === undefined) return undefined;
    path.push(next);
    last = next;
  }
  return undefined;
}

function isIssuedBy(one: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return one.checkIssued(issuer) && one.verify(issuer.publicKey);
  } catch {
    // A key of another kind than the signature's.
    return false;
  }
}

/** Lower-case hexadecimal without separators. */
export const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/**
 * §4.2, §8.3: base64 of the signature over SHA-256 of the bytes as they came, by RSA or by an elliptic curve. A header
 * may be folded, so white space says nothing. Pure.
 */
export function isSignedBy(certificate: X509Certificate, bytes: Buffer, signature: string): boolean {
  const { publicKey } = certificate;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type !== 'ec' && !(type === 'rsa' && (details?.modulusLength ?? 0) >= 2048)) return false;
  const text = signature.replaceAll(/\s/g, '');
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  try {
    return verify('sha256', bytes, publicKey, Buffer.from(text, 'base64'));
  } catch {
    return false;
  }
}
