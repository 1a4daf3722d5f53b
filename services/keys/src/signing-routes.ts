import { sign } from 'node:crypto';
import { route, type Route } from '@keiro/runtime';
import { signCertificate } from '@keiro/runtime/evidence/jws';
import {
  activateKeySchema,
  certificateSignaturesSchema,
  preparedKeySchema,
  segmentSignatureSchema,
  signCertificatesSchema,
  signedText,
  signingKeysSchema,
  signSegmentSchema,
} from '@keiro/schemas';
import type { KeyAudit } from './key-audit.ts';
import type { SigningKeyring } from './signing-file.ts';

/**
 * S1: evidence is signed here and nowhere else, so that who may write to the lineage store, or runs `request`, has no
 * key to make a past with. Only segments and certificates are signed, each written out here from its fields.
 */
export function signingRoutes(deps: {
  readonly keyring: SigningKeyring;
  readonly audit: Pick<KeyAudit, 'decided'>;
  readonly now: () => Date;
}): Route[] {
  const { keyring, audit, now } = deps;
  return [
    route({
      method: 'GET',
      path: '/v1/audit/keys',
      summary:
        'Public keys that evidence is verified with, oldest first; each later one endorsed by the one before',
      right: 'audit:read',
      answer: signingKeysSchema,
      handle: () => Promise.resolve(keyring.published()),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/sign/segment',
      summary: 'Signs one segment of the audit chain (Ed25519)',
      right: 'audit:sign',
      body: signSegmentSchema,
      answer: segmentSignatureSchema,
      handle({ body }) {
        const { keyId, key } = keyring.active();
        const signature = sign(null, Buffer.from(signedText(body.head, keyId)), key).toString('base64url');
        return Promise.resolve({ keyId, signature });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/audit/sign/certificates',
      summary: 'Signs certificates (JWS, EdDSA)',
      right: 'audit:sign',
      body: signCertificatesSchema,
      answer: certificateSignaturesSchema,
      async handle({ body }) {
        const active = keyring.active();
        const signatures = body.contents.map((content) => signCertificate(content, active));
        return { keyId: active.keyId, signatures: await Promise.all(signatures) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/audit/keys/prepare',
      summary: 'Makes the key that comes next, endorsed by the active one',
      right: 'audit:sign',
      answer: preparedKeySchema,
      handle: () => keyring.prepare(),
    }),
    route({
      method: 'POST',
      path: '/v1/audit/keys/activate',
      summary: 'Lets the prepared key sign from now on; the private half of the one before is destroyed',
      right: 'audit:sign',
      body: activateKeySchema,
      answer: signingKeysSchema,
      async handle({ body, client }) {
        const { active } = keyring.published();
        await keyring.activate(body.keyId);
        if (active !== body.keyId) {
          const detail = { from: active, to: body.keyId };
          await audit.decided({ at: now(), by: client.name, action: 'signing-key.rotated', detail });
        }
        return keyring.published();
      },
    }),
  ];
}
