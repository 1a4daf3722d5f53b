import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { identityConfig, sessionOf, smtpOf } from '@keiro/request/identity/config';
import { onlyAddress, registeredContact } from '@keiro/request/identity/contact';
import { missingFrom, missingFromAgent } from '@keiro/request/identity/documents';
import { codeMail } from '@keiro/request/identity/mail';
import { createSessions } from '@keiro/request/identity/session';
import {
  answerCodeSchema,
  seenAuthoritySchema,
  seenDocumentsSchema,
  type IdentityDocument,
  type Life,
} from '@keiro/schemas';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';

const now = new Date('2026-04-02T03:00:00.000Z');
const seconds = Math.floor(now.getTime() / 1000);
const issuer = 'https://sign-in.example';
const audience = 'keiro';

describe('a session token', () => {
  let folder: string;
  let keys: { publicKey: CryptoKey; privateKey: CryptoKey };
  /** Of an algorithm that is not on the list. */
  let unwanted: { publicKey: CryptoKey; privateKey: CryptoKey };
  let publicJwk: JWK;
  let jwks: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keiro-jwks-'));
    jwks = join(folder, 'jwks.json');
    keys = await generateKeyPair('ES256');
    publicJwk = { ...(await exportJWK(keys.publicKey)), kid: 'one' };
    unwanted = await generateKeyPair('ES512');
    const other = { ...(await exportJWK(unwanted.publicKey)), kid: 'two' };
    writeFileSync(jwks, JSON.stringify({ keys: [publicJwk, other] }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const claims = (more: Record<string, unknown> = {}) => ({
    iss: issuer,
    aud: audience,
    sub: 'm-1042',
    jti: 'token-0001',
    iat: seconds - 10,
    exp: seconds + 60,
    ...more,
  });
  const signed = (
    more: Record<string, unknown> = {},
    key: CryptoKey | Uint8Array = keys.privateKey,
    alg = 'ES256',
  ) => new SignJWT(claims(more)).setProtectedHeader({ alg, kid: 'one' }).sign(key);
  const sessions = (place = jwks) => createSessions({ issuer, audience, jwks: place, maxAgeSeconds: 300 });

  it('that the company signed names its member, and can be told from others for as long as it is taken', async () => {
    const verdict = await sessions().verify(await signed(), now);
    expect(verdict).toMatchObject({ state: 'signed', member: 'm-1042' });
    const [again, other] = [await signed({ sub: 'm-7' }), await signed({ jti: 'token-0002' })];
    const tokenOf = async (token: string) => {
      const found = await sessions().verify(token, now);
      return found.state === 'signed' ? [found.token, found.until.toISOString()] : undefined;
    };
    const until = new Date((seconds - 10 + 305) * 1000).toISOString();
    const first = verdict.state === 'signed' ? verdict.token : '';
    expect(first).not.toContain('token-0001');
    expect(await tokenOf(again)).toEqual([first, until]);
    expect(await tokenOf(other)).not.toEqual([first, until]);
  });

  it.each([
    ['is of another issuer', { iss: 'https://elsewhere.example' }],
    ['is for another audience', { aud: 'billing' }],
    ['has expired', { exp: seconds - 6 }],
    ['is too old, however long it is said to last', { iat: seconds - 306, exp: seconds + 9999 }],
    ['is from the future', { iat: seconds + 60 }],
    ['names nobody', { sub: undefined }],
    ['could be shown again unseen', { jti: undefined }],
    ['does not say when it was made', { iat: undefined }],
    ['never ends', { exp: undefined }],
  ])('that %s is refused', async (_name, more) => {
    expect(await sessions().verify(await signed(more), now)).toEqual({ state: 'invalid' });
  });

  it('that nobody signed, that another signed, or that was signed with the public key as a secret, or by an algorithm that is not listed, is refused', async () => {
    const other = await generateKeyPair('ES256');
    const asSecret = new TextEncoder().encode(JSON.stringify(publicJwk));
    const [header = '', , signature = ''] = (await signed()).split('.');
    const forged = Buffer.from(JSON.stringify(claims({ sub: 'm-7' }))).toString('base64url');
    const tokens = [
      new UnsecuredJWT(claims()).encode(),
      await signed({}, other.privateKey),
      await signed({}, asSecret, 'HS256'),
      await new SignJWT(claims()).setProtectedHeader({ alg: 'ES512', kid: 'two' }).sign(unwanted.privateKey),
      `${header}.${forged}.${signature}`,
      'no token',
    ];
    for (const token of tokens) expect(await sessions().verify(token, now)).toEqual({ state: 'invalid' });
  });

  it('is checked with the keys of a URL too; while these can’t be had nobody is refused', async () => {
    let isUp = true;
    const server = createServer((_request, response) => {
      response.writeHead(isUp ? 200 : 500, { 'content-type': 'application/json' });
      response.end(isUp ? JSON.stringify({ keys: [publicJwk] }) : 'a trace of the server');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const place = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/jwks`;
    expect(await sessions(place).verify(await signed(), now)).toMatchObject({ state: 'signed' });
    isUp = false;
    await expect(sessions(place).verify(await signed(), now)).rejects.toMatchObject({ retryable: true });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await expect(sessions(join(folder, 'none.json')).verify(await signed(), now)).rejects.toMatchObject({
      retryable: true,
    });
  });
});

describe('the contact of a person', () => {
  const life = (kind: string, name: string, generation = 1): Life => ({
    ref: `${kind}.${name.padEnd(32, '0')}`,
    generation,
  });
  const [member, old, current, campaign] = [
    life('member', 'm'),
    life('email', 'old'),
    life('email', 'current'),
    life('email', 'campaign'),
  ];
  const registered = (email: Life, day: number) => ({ refs: [member, email], time: new Date(2026, 0, day) });

  it('is the address of the newest registration or profile, and never one from elsewhere', () => {
    const lives = [member, old, current, campaign];
    expect(registeredContact(lives, [registered(old, 1), registered(current, 2)])).toEqual(current);
    expect(registeredContact(lives, [registered(current, 2), registered(old, 1)])).toEqual(current);
    expect(registeredContact(lives, [])).toBeUndefined();
    // Shared with others, or of a life that has ended: not the person's.
    expect(registeredContact([member, old], [registered(old, 1), registered(current, 2)])).toEqual(old);
    expect(registeredContact([member, life('email', 'old', 2)], [registered(old, 1)])).toBeUndefined();
  });

  it('who never registered is the only address there is', () => {
    expect(onlyAddress([current, life('phone', 'p')])).toEqual(current);
    expect(onlyAddress([current, old])).toBeUndefined();
    expect(onlyAddress([member, current])).toBeUndefined();
    expect(onlyAddress([])).toBeUndefined();
  });
});

describe('documents', () => {
  const missing = (...documents: IdentityDocument[]) => missingFrom({ documents });

  it('confirm with one photograph, or two of the others', () => {
    expect(missing('passport')).toEqual([]);
    expect(missing('residence-record')).toEqual(['second-identity-document']);
    expect(missing('residence-record', 'residence-record')).toEqual(['second-identity-document']);
    expect(missing('residence-record', 'seal-registration')).toEqual([]);
    expect(missing()).toEqual(['identity-document']);
  });

  it('of an agent are the authority and who the agent is', () => {
    expect(missingFromAgent({ authority: [], documents: [] })).toEqual([
      'authority-document',
      'agent-identity-document',
    ]);
    expect(missingFromAgent({ authority: ['power-of-attorney'], documents: ['pension-document'] })).toEqual([
      'second-agent-identity-document',
    ]);
    expect(missingFromAgent({ authority: ['court-order'], documents: ['passport'] })).toEqual([]);
  });

  it('are kinds: a number, a word too many or the wrong proof is refused without being repeated', () => {
    const seen = { result: 'confirmed', documents: ['passport'], case: 'case-7' };
    expect(seenDocumentsSchema.parse({ ...seen, documents: ['passport', 'passport'] })).toEqual(seen);
    for (const wrong of [
      { ...seen, documents: ['TK-0000000'] },
      { ...seen, case: 'Yamada Hanako' },
      { ...seen, note: 'Yamada' },
      { ...seen, missing: ['confirmation'] },
      { ...seen, result: 'incomplete' },
    ]) {
      const parsed = seenDocumentsSchema.safeParse(wrong);
      expect([parsed.success, JSON.stringify(parsed.error)]).toEqual([
        false,
        expect.not.stringMatching(/TK-0000000|Yamada/),
      ]);
    }
    const agent = { ...seen, representation: 'mandated', authority: ['power-of-attorney'] };
    expect(seenAuthoritySchema.safeParse(agent).success).toBe(true);
    expect(seenAuthoritySchema.safeParse({ ...agent, authority: ['family-register'] }).success).toBe(false);
  });
});

describe('a code as people type it', () => {
  it.each(['12345678', ' 1234 5678 ', '1234-5678', '１２３４５６７８', '1234−5678'])(
    '%s is taken',
    (code) => {
      expect(answerCodeSchema.parse({ code })).toEqual({ code: '12345678' });
    },
  );

  it('of another length, or with letters, is refused without being repeated', () => {
    for (const code of ['1234567', '123456789', '1234567a', '']) {
      const parsed = answerCodeSchema.safeParse({ code });
      expect(parsed.success).toBe(false);
      if (code !== '') expect(JSON.stringify(parsed.error)).not.toContain(code);
    }
  });
});

describe('the mail', () => {
  it('is in Japanese and English and says nothing of the person', () => {
    const { subject, text } = codeMail({ code: '04200042', until: now, request: 'req-1' });
    expect(subject).toBe('ご本人確認のための確認コード / Your confirmation code');
    expect(text.match(/04200042/g)).toHaveLength(2);
    expect(text.match(/req-1/g)).toHaveLength(2);
    expect(text.indexOf('確認コード: 04200042')).toBeLessThan(text.indexOf('Code: 04200042'));
    expect(text).toContain('2026年4月2日 12:00（日本時間）');
    expect(text).toContain('2 April 2026 at 12:00 (Japan time)');
  });
});

describe('the configuration', () => {
  const read = (env: Record<string, string>) => z.object(identityConfig).parse(env);

  it('leaves a method closed that is not set up, and refuses half of one', () => {
    expect([smtpOf(read({})), sessionOf(read({}))]).toEqual([undefined, undefined]);
    expect(() => smtpOf(read({ KEIRO_SMTP_URL: 'smtp://mail.example' }))).toThrow('KEIRO_SMTP_FROM');
    expect(() => sessionOf(read({ KEIRO_SESSION_ISSUER: issuer }))).toThrow('KEIRO_SESSION_JWKS');
  });

  it('sends codes over an encrypted connection, but for this very machine, or where told that the network is ours', () => {
    const tls = (url: string, more: Record<string, string> = {}) =>
      smtpOf(read({ KEIRO_SMTP_URL: url, KEIRO_SMTP_FROM: 'privacy@keiro.example', ...more }));
    expect(tls('smtp://mail.example:587')?.requireTLS).toBe(true);
    expect(tls('smtp://127.0.0.1:2525')?.requireTLS).toBe(false);
    expect(tls('smtp://mailbox:17025', { KEIRO_SMTP_PLAIN: 'yes' })?.requireTLS).toBe(false);
    expect(() => tls('http://mail.example')).toThrow('smtp');
  });

  it('takes keys from a file or over https, and documents that it knows', () => {
    const ok = (name: string, value: string) => z.object(identityConfig).safeParse({ [name]: value }).success;
    expect(
      ['/etc/keiro/jwks.json', 'https://sign-in.example/jwks', 'http://127.0.0.1:1/jwks'].map((place) =>
        ok('KEIRO_SESSION_JWKS', place),
      ),
    ).toEqual([true, true, true]);
    expect(ok('KEIRO_SESSION_JWKS', 'http://sign-in.example/jwks')).toBe(false);
    expect(ok('KEIRO_IDENTITY_DOCUMENTS', 'passport, driving-licence')).toBe(true);
    expect(ok('KEIRO_IDENTITY_DOCUMENTS', 'library-card')).toBe(false);
  });
});
