import { isIP } from 'node:net';

/* What tells who somebody is, wherever in a text it stands. Texts come from {@link spellingsOf}. Pure. */

/** How often a value may be percent-encoded in itself. */
const layers = 3;

/** A text as it is and decoded, in lower case and NFKC, so that no spelling hides what is in it. */
export function spellingsOf(value: string): string[] {
  const found = new Set<string>();
  let text = value;
  for (let layer = 0; layer <= layers; layer += 1) {
    found.add(text.normalize('NFKC').toLowerCase());
    const decoded = decodedOf(text.replaceAll('+', ' '));
    if (decoded === undefined || decoded === text) break;
    text = decoded;
  }
  return [...found];
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export const holdsEmail = (text: string) =>
  /[^\s@/?&=,;:<>"']+@[^\s@/?&=,;:<>"']+\.[a-z\u3040-\u9fff-]{2,}/u.test(text);

/** In Japan's form (0…, 10 or 11 digits) or with a country code. A number with a dot beside it is a client id. */
const phone = /(?<![\d.a-z])(?:\+\d{8,15}|0\d{9,10})(?![\d.a-z])/;
export const holdsPhone = (text: string) =>
  phone.test(text) || phone.test(text.replaceAll(/(?<=\d)[-‐−ー ()]+(?=\d)/gu, '')) || spacedPlus.test(text);
/** A plus sign that a form encoding has made a space. */
const spacedPlus = /(?<![\d.])\s81[\d -]{9,14}(?![\d.])/;

/** An IPv4 or IPv6 address as a whole. A version number of a browser has parts over 255. */
export const holdsAddress = (text: string) =>
  (text.match(/[0-9a-f.:]{6,45}/g) ?? []).some(
    (token) => isIP(token.replaceAll(/^[.:](?=\d)|[.:]$/g, '')) !== 0,
  );
