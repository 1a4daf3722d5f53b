import { lifeKey, type Life, type Standing } from '@keiro/schemas';

/** Why the key of a life stays though retention has ended a record of it. */
export type KeyKept =
  /** It still opens a record: its turn comes with the last of them. */
  | 'records'
  /** Something of the person is set aside, and may be released. */
  | 'set-aside'
  /** A request of the person is open: its sweep needs the identifier. */
  | 'request'
  /** A legal hold stands on the person. */
  | 'hold'
  /** The life is hidden or erased, which is the deletion's to end, or its use is restricted (R5, R6): that must not be forgotten. */
  | 'restricted';

/** What is known of a life at a moment. */
export interface KnownOfLife {
  readonly records: boolean;
  readonly setAside: boolean;
  readonly request: boolean;
  readonly held: boolean;
  readonly standing?: Pick<
    Standing,
    'erasedThrough' | 'hiddenThrough' | 'suspended' | 'withdrawn' | 'denied' | 'stopped'
  >;
}

/** Undefined where nothing speaks for the key. Pure. */
export function keptBecause(
  { generation }: Pick<Life, 'generation'>,
  { records, setAside, request, held, standing }: KnownOfLife,
): KeyKept | undefined {
  if (records) return 'records';
  if (setAside) return 'set-aside';
  if (request) return 'request';
  if (held) return 'hold';
  if (standing === undefined) return undefined;
  const { hiddenThrough, erasedThrough, suspended, withdrawn = [], denied = [], stopped = [] } = standing;
  const isEnding = generation <= Math.max(hiddenThrough, erasedThrough);
  const restrictions = [suspended, withdrawn, denied, stopped];
  return isEnding || restrictions.some(({ length }) => length > 0) ? 'restricted' : undefined;
}

export interface Divided {
  readonly goes: readonly Life[];
  /** To be looked at again: what keeps these ends by itself, and nothing else would tell. */
  readonly again: readonly Life[];
  /** How many stay, by why. */
  readonly kept: Readonly<Partial<Record<KeyKept, number>>>;
}

/** Which keys of these lives can go. One that opens a record is told by the end of that record. Pure. */
export function divide(lives: readonly Life[], known: ReadonlyMap<string, KnownOfLife>): Divided {
  const goes: Life[] = [];
  const again: Life[] = [];
  const kept: Partial<Record<KeyKept, number>> = {};
  for (const life of lives) {
    const of = known.get(lifeKey(life));
    // What nobody has looked at stays.
    const why = of === undefined ? 'records' : keptBecause(life, of);
    if (why === undefined) goes.push(life);
    else {
      kept[why] = (kept[why] ?? 0) + 1;
      if (why !== 'records') again.push(life);
    }
  }
  return { goes, again, kept };
}
