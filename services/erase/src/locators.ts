import { PoisonError } from '@keiro/runtime';
import { lifeKey, type CopyDocument, type SweepResponse } from '@keiro/schemas';
import { locatorAssociated, open, sealKeyOf } from '@keiro/sdk';

export interface Locators {
  /** By the holder that reported them; each once. */
  readonly byHolder: ReadonlyMap<string, ReadonlySet<string>>;
  /** Number of those that their key does not open: sealed wrongly, or for another life. */
  readonly unreadable: number;
}

type AnyIterable<T> = AsyncIterable<T> | Iterable<T>;

/** Opens the locators of the copies of these lives, one after another. Copies of other generations are not ours. */
export async function openLocators(
  copies: AnyIterable<Pick<CopyDocument, 'holder' | 'record' | 'ref' | 'generation' | 'locator'>>,
  lives: SweepResponse['lives'],
): Promise<Locators> {
  const keys = new Map(lives.map((life) => [lifeKey(life), Buffer.from(life.custodyKey, 'base64')]));
  const sealKeys = new Map<string, Buffer>();
  const byHolder = new Map<string, Set<string>>();
  let unreadable = 0;
  for await (const { holder, record, ref, generation, locator } of copies) {
    const life = lifeKey({ ref, generation });
    const custodyKey = keys.get(life);
    if (custodyKey === undefined || locator === undefined) continue;
    const name = `${holder}\n${life}`;
    const sealKey = sealKeys.get(name) ?? sealKeyOf(custodyKey, holder);
    sealKeys.set(name, sealKey);
    try {
      const opened = open(sealKey, locator, locatorAssociated(holder, record)).toString();
      const known = byHolder.get(holder) ?? new Set();
      byHolder.set(holder, known.add(opened));
    } catch (error) {
      // The sweep by identifier and the probe go on; the log says how many could not be used.
      if (!(error instanceof PoisonError)) throw error;
      unreadable += 1;
    }
  }
  return { byHolder, unreadable };
}
