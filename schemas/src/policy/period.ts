import { DateTime, Duration } from 'luxon';

/** Dates of the policy and of the law are days in Japan (L1). */
export const policyZone = 'Asia/Tokyo';

export function isPeriod(text: string): boolean {
  const period = Duration.fromISO(text);
  const amounts = Object.values(period.toObject());
  return period.isValid && amounts.length > 0 && amounts.every((amount) => amount >= 0);
}

/**
 * The instant an ISO 8601 period later, counted by the calendar of Asia/Tokyo and to the same time of day. A day that the
 * month does not have becomes its last one (Civil Code 143). Throws RangeError for what is no period.
 */
export function addPeriod(start: Date, isoPeriod: string): Date {
  if (!isPeriod(isoPeriod)) throw new RangeError('not an ISO 8601 period');
  return DateTime.fromJSDate(start, { zone: policyZone }).plus(Duration.fromISO(isoPeriod)).toJSDate();
}

/** Any day does where only the order of periods is asked for. */
const someDay = new Date(0);

export const isLongerPeriod = (one: string, other: string): boolean =>
  addPeriod(someDay, one) > addPeriod(someDay, other);

/** The latest instant of which {@link addPeriod} is not after `end`: all that began by then has ended. */
export function latestStart(end: Date, isoPeriod: string): Date {
  const backwards = DateTime.fromJSDate(end, { zone: policyZone }).minus(Duration.fromISO(isoPeriod));
  // Months of other lengths move it by three days at most; between these two it is found by halving.
  let ended = backwards.minus({ days: 4 }).toMillis();
  let open = backwards.plus({ days: 4 }).toMillis();
  while (open - ended > 1) {
    const middle = Math.floor((ended + open) / 2);
    if (addPeriod(new Date(middle), isoPeriod) <= end) ended = middle;
    else open = middle;
  }
  return new Date(ended);
}

/** `YYYY-MM-DD` of an instant in Asia/Tokyo. */
export function dayInJapan(at: Date): string {
  return DateTime.fromJSDate(at, { zone: policyZone }).toFormat('yyyy-MM-dd');
}

/** The first instant after the fiscal year in which `at` lies; `endMonth` is the year's last month, 1 to 12. */
export function endOfFiscalYear(at: Date, endMonth: number): Date {
  const day = DateTime.fromJSDate(at, { zone: policyZone });
  const year = day.month > endMonth ? day.year + 1 : day.year;
  return DateTime.fromObject({ year, month: endMonth }, { zone: policyZone }).plus({ months: 1 }).toJSDate();
}
