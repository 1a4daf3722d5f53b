import { KeiroError } from '@keiro/runtime';
import type { CopyDocument, SweepResponse } from '@keiro/schemas';
import { openLocators } from './locators.ts';

/*
 * T0: a holder that has a copy without a basis gives back that copy and nothing else: it may rightly hold other
 * records of the same person. Where that cannot be told apart, a person has to ask the holder.
 */

/** Trying again changes nothing: an operator is needed. */
export class ByHandError extends KeiroError {
  constructor(code: string, why: string) {
    super(code, `${why}: ask the holder to stop and to return the copy`, { retryable: false });
  }
}

/**
 * Where the holder has its copies of these records. Throws {@link ByHandError} where that is not known of each of
 * them, or where the same row is one of another record that the holder may have.
 *
 * @param reports all that this holder reported of the person's records
 * @param withoutBasis which of these records the holder may not have either
 */
export async function locatorsOf(
  records: readonly string[],
  reports: readonly CopyDocument[],
  lives: SweepResponse['lives'],
  withoutBasis: (records: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<string[]> {
  if (lives.length === 0)
    throw new ByHandError('no-key', 'the key to where the copy is has been destroyed with the person’s keys');
  const own = reports.filter(({ record, locator }) => records.includes(record) && locator !== undefined);
  if (records.some((record) => !own.some((copy) => copy.record === record))) {
    const whole = 'this holder can only be told about the person as a whole';
    throw new ByHandError('no-locator', `${whole}, for it has not reported where the copy is`);
  }
  const mine = await opened(own, lives);
  const others = reports.filter(({ record, locator }) => !records.includes(record) && locator !== undefined);
  const inSameRow = others.length === 0 ? [] : await sharing(mine, others, lives);
  if (inSameRow.length > 0) {
    const alike = await withoutBasis(inSameRow);
    if (inSameRow.some((record) => !alike.has(record) && isHeld(record, reports)))
      throw new ByHandError('shared-row', 'the copy is in one row with others that the holder may have');
  }
  return [...mine];
}

async function opened(copies: readonly CopyDocument[], lives: SweepResponse['lives']): Promise<Set<string>> {
  const { byHolder, unreadable } = await openLocators(copies, lives);
  if (unreadable > 0) throw new ByHandError('unreadable', 'the place that the holder reported does not open');
  return new Set([...byHolder.values()].flatMap((locators) => [...locators]));
}

/** The records whose copy is at one of these places. One that does not open is somewhere else. */
async function sharing(
  places: ReadonlySet<string>,
  copies: readonly CopyDocument[],
  lives: SweepResponse['lives'],
): Promise<string[]> {
  const found = new Set<string>();
  for (const copy of copies) {
    const { byHolder } = await openLocators([copy], lives);
    if ([...(byHolder.get(copy.holder) ?? [])].some((place) => places.has(place))) found.add(copy.record);
  }
  return [...found];
}

function isHeld(record: string, reports: readonly CopyDocument[]): boolean {
  const lastOf = (action: CopyDocument['action']) =>
    reports.find((one) => one.record === record && one.action === action)?.at.getTime() ?? 0;
  return lastOf('held') > lastOf('removed');
}
