const letters = 'abcdefghjkmnpqrstuvwxyz';

/** An id of letters only, one per byte: digits in a row could be taken for a card number, which is refused. */
export function idOf(bytes: Buffer): string {
  return [...bytes].map((byte) => letters[byte % letters.length]).join('');
}
