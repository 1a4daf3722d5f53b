import type { KeptGroupView } from '@keiro/schemas';
import { at, number, say, type Language } from './output.ts';
import { words } from './words.ts';

/** What a law keeps of an erased person: what, why, until when, and where (R4). Pure. */
export function keptText(one: KeptGroupView, language: Language): string {
  const { group, label, law, why, until, records, holders } = one;
  const end =
    until === undefined ? say(words.noEndYet, language) : `${at(until)} ${say(words.until, language)}`;
  const where = holders.length === 0 ? say(words.nobodyKeeps, language) : holders.join(', ');
  return `${say(label, language)} (${group}) ×${number(records)}  ${say(why, language)} (${law})  ${end}  → ${where}`;
}
