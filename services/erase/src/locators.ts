import { PoisonError } from '@keiro/runtime';
import { lifeKey, type CopyDocument, type SweepResponse } from '@keiro/schemas';
import { locatorAssociated, open, sealKeyOf } from '@keiro/sdk';

export interface Locators {
  /** By the holder that reported them; each once. */
  readonly byHolder: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same of copies of which something is to stay; see `isKept`. */
  readonly ofKept: ReadonlyMap<string, ReadonlySet<string>>;
  /** Number of those that their key does not open: sealed wrongly, or for another life. */
  readonly unreadable: number;
}

type AnyIterable<T> = AsyncIterable<T> | Iterable<T>;

/** A report with where the copy is. */
export type Located = Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>;

/** Opens the locators of the copies of these lives, one after another. Copies of other generations are not ours. */
export async function openLocators(
  copies: AnyIterable<Located>,
  lives: SweepResponse['lives'],
  isKept: (copy: Located) => boolean = () => false,
): Promise<Locators> {
  const placeOf = createOpener(lives);
  const byHolder = new Map<string, Set<string>>();
  const ofKept = new Map<string, Set<string>>();
  let unreadable = 0;
  for await (const copy of copies) {
    const place = placeOf(copy);
    // The sweep by identifier and the probe go on; the log says how many could not be used.
    if (place === 'unreadable') unreadable += 1;
    else if (place !== undefined) {
      byHolder.set(copy.holder, (byHolder.get(copy.holder) ?? new Set()).add(place.locator));
      if (isKept(copy)) ofKept.set(copy.holder, (ofKept.get(copy.holder) ?? new Set()).add(place.locator));
    }
  }
  return { byHolder, ofKept, unreadable };
}

/** Opens one locator after another; undefined for a copy that has none, or is of no such life. */
export function createOpener(lives: SweepResponse['lives']) {
  const keys = new Map(lives.map((life) => [lifeKey(life), Buffer.from(life.custodyKey, 'base64')]));
  const sealKeys = new Map<string, Buffer>();
  return ({ holder, record, ref, generation, locator }: Located) => {
    const life = lifeKey({ ref, generation });
    const custodyKey = keys.get(life);
    if (custodyKey === undefined || locator === undefined) return undefined;
    const name = `${holder}\n${life}`;
    const sealKey = sealKeys.get(name) ?? sealKeyOf(custodyKey, holder);
    sealKeys.set(name, sealKey);
    try {
      return { locator: open(sealKey, locator, locatorAssociated(holder, record)).toString() };
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      return 'unreadable' as const;
    }
  };
}
