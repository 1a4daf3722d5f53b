/**
 * How often a check may be tried (R9). Eight digits and these numbers leave somebody who guesses one chance in ten
 * million a request, and one in five million a day and contact, however many requests are sent in the person's name.
 */
export const limits = {
  codeMinutes: 15,
  /** After so many wrong tries a code is spent, and another has to be asked for. */
  triesPerCode: 5,
  /** After so many the whole check has failed; session tokens count too. */
  triesPerRequest: 10,
  codesPerRequest: 5,
  /** Between two codes of a request. */
  secondsBetweenCodes: 60,
  /** Over all requests that reach one contact. */
  perContact: { windowHours: 24, codes: 10, tries: 20 },
} as const;

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/**
 * One more use of something that may be used `most` times in a span: the moments to keep, or undefined where that would
 * be one too many. A use leaves the span exactly its length later. Pure.
 */
export function useWithin(
  uses: readonly Date[],
  now: Date,
  { most, spanMs }: { readonly most: number; readonly spanMs: number },
): Date[] | undefined {
  const recent = uses.filter((use) => use.getTime() > now.getTime() - spanMs);
  return recent.length < most ? [...recent, now] : undefined;
}
