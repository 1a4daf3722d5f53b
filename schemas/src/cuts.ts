import type { Cuts } from './claims.ts';
import type { CutDocument } from './documents.ts';

/** The pairs that are cut after all decisions about them, in whichever order these come. Pure. */
export function cutsInForce(
  decisions: readonly Pick<CutDocument, 'from' | 'to' | 'number' | 'decision'>[],
): Cuts {
  const last = new Map<string, (typeof decisions)[number]>();
  for (const one of decisions) {
    const pair = `${one.from}|${one.to}`;
    if (one.number > (last.get(pair)?.number ?? 0)) last.set(pair, one);
  }
  return new Set([...last].filter(([, { decision }]) => decision === 'cut').map(([pair]) => pair));
}
