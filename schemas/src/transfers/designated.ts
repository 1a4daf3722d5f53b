/**
 * Countries whose protection is held equal to Japan's (APPI 28(1)), by their designation: the European Economic Area
 * and the United Kingdom, from secondary sources (mark S).
 */
const european =
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' ');
const designated: ReadonlySet<string> = new Set([...european, 'GB']);

/** ISO 3166-1 alpha-2. */
export const isDesignated = (country: string): boolean => designated.has(country);
