import { holdsCardNumber, holdsSecurityCode, namesSecurityCode, searchable } from './cards.ts';
import { catalogue, eventTypes } from './catalogue.ts';
import { issue, type Issue } from './issues.ts';

/** Deeper than any event; a deeper one would only be there to exhaust the stack. */
const maxDepth = 8;

/**
 * Looks at every string, number and field name of an event, known or not, for what must not be in any:
 * card data (C5), control characters, broken surrogate pairs.
 */
export function scan(input: unknown): Issue[] {
  const found: Issue[] = [];
  visit(input, [], found);
  return found;
}

function visit(value: unknown, path: PropertyKey[], found: Issue[]): void {
  if (typeof value === 'string') {
    checkText(value, path, found);
  } else if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) >= 1e12 && holdsCardNumber(String(Math.abs(value)))) {
      found.push(issue(path, 'card_number'));
    }
  } else if (typeof value === 'object' && value !== null) {
    if (path.length === maxDepth) {
      found.push(issue(path, 'too_deep'));
      return;
    }
    const isArray = Array.isArray(value);
    for (const key of Object.keys(value)) {
      path.push(isArray ? Number(key) : key);
      if (!isArray) checkName(key, path, found);
      visit((value as Record<string, unknown>)[key], path, found);
      path.pop();
    }
  }
}

/** Names that the contracts have themselves need no look. */
const contractNames = new Set<string>(
  eventTypes.flatMap((type) => {
    const { schema } = catalogue[type];
    const { data } = schema.shape;
    return [
      ...Object.keys(schema.shape),
      ...Object.keys(data.shape),
      ...Object.keys(data.shape.subject.shape),
    ];
  }),
);

function checkName(name: string, path: readonly PropertyKey[], found: Issue[]): void {
  if (contractNames.has(name) || name.length > maxText) return;
  if (namesSecurityCode(name) || holdsCardData(name, traitsOf(name))) found.push(issue(path, 'card_number'));
}

/** UTF-16 units; longer than any field may be, so that such a text is refused anyway and need not be read. */
const maxText = 65_536;

function checkText(text: string, path: readonly PropertyKey[], found: Issue[]): void {
  if (text.length > maxText) {
    found.push(issue(path, 'length'));
    return;
  }
  const traits = traitsOf(text);
  if (traits & unsafe) found.push(issue(path, 'unsafe_text'));
  if (holdsCardData(text, traits)) found.push(issue(path, 'card_number'));
}

function holdsCardData(text: string, traits: number): boolean {
  const mayHoldCode = (traits & fewDigits) !== 0 && (traits & (notAscii | letterC)) !== 0;
  const mayHoldNumber = (traits & manyDigits) !== 0;
  if (!mayHoldCode && !mayHoldNumber) return false;
  const clean = mayHoldNumber || traits & notAscii ? searchable(text) : text;
  return (mayHoldCode && holdsSecurityCode(clean)) || (mayHoldNumber && holdsCardNumber(clean));
}

const unsafe = 1;
const notAscii = 2;
/** Enough digits for a security code. */
const fewDigits = 4;
/** Enough digits for a card number, with no letter between them. */
const manyDigits = 8;
/** There is no name for a security code in Latin letters without it. */
const letterC = 16;

/** One pass over the UTF-16 code units, because every string of every event goes through here. */
function traitsOf(text: string): number {
  let traits = 0;
  let digits = 0;
  let row = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      if (unit >= 0x30 && unit <= 0x39) {
        digits++;
        if (++row >= 13) traits |= manyDigits;
        // Letters part numbers; so does the colon of a time or an IPv6 address.
      } else if (unit >= 0x3a) {
        if (unit !== 0x5f && unit !== 0x7c) row = 0;
        if ((unit | 0x20) === 0x63) traits |= letterC;
      } else if (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) traits |= unsafe;
      if (unit === 0x7f) traits |= unsafe;
      continue;
    }
    traits |= notAscii;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = text.charCodeAt(index + 1);
      if (unit >= 0xdc00 || !(next >= 0xdc00 && next <= 0xdfff)) traits |= unsafe;
      else index++;
    }
    // Neither kana nor kanji: it may become a digit under NFKC.
    if (unit < 0x3040 || unit > 0x9fff) {
      digits++;
      if (++row >= 13) traits |= manyDigits;
    }
  }
  return digits >= 3 ? traits | fewDigits : traits;
}
