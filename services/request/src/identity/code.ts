import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Eight digits; see `limits` for what that is worth. */
const digits = 8;
const codes = 10 ** digits;
/** The largest multiple of `codes` that four bytes can hold: what is above is drawn again, so that no code is likelier. */
const fair = Math.floor(2 ** 32 / codes) * codes;

/** A one-time code: eight digits, each as likely as any other. */
export function newCode(random: (bytes: number) => Buffer): string {
  for (;;) {
    const drawn = random(4).readUInt32BE();
    if (drawn < fair) return String(drawn % codes).padStart(digits, '0');
  }
}

/**
 * The key of {@link codeDigest}, from the service's own token: it is a secret of every instance, is in no database, and
 * when it is replaced a code under way has to be asked for again.
 */
export function codeKeyOf(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', 'keiro identity code', 32));
}

/** All that is kept of a code: keyed, so that the store alone does not let anybody try the hundred million. Pure. */
export function codeDigest(key: Buffer, request: string, codeId: string, code: string): string {
  return createHmac('sha256', key).update(`${request}\0${codeId}\0${code}`).digest('base64url');
}

/** Whether two digests are the same, in a time that does not tell how far they agree. */
export function sameDigest(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
