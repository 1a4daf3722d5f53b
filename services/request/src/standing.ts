import type { Life, Ref, Standing } from '@keiro/schemas';

/** Changes of a person's standing, one per ref. Pure; each keeps what the others decided. */

export type Standings = ReadonlyMap<Ref, Standing>;

interface Change {
  readonly lives: readonly Life[];
  readonly standings: Standings;
  readonly request: string;
  readonly at: Date;
}

/** A deletion is under way: these generations may be sealed, but not opened. */
export function hidden(change: Change): Standing[] {
  return change.lives.map((life) => {
    const before = standingOf(change, life.ref);
    return { ...before, hiddenThrough: Math.max(before.hiddenThrough, life.generation) };
  });
}

/** A deletion leaves these alone after all: they turned out not to be this person's only, or are gone already. */
export function revealed(change: Change): Standing[] {
  return change.lives.map((life) => {
    const before = standingOf(change, life.ref);
    return { ...before, hiddenThrough: before.erasedThrough };
  });
}

/** These generations are gone. Whatever comes after them starts with nothing suspended. */
export function erased(change: Change): Standing[] {
  return change.lives.map((life) => {
    const before = standingOf(change, life.ref);
    return {
      ...before,
      hiddenThrough: Math.max(before.hiddenThrough, life.generation),
      erasedThrough: Math.max(before.erasedThrough, life.generation),
      erasedAt: change.at.toISOString(),
      suspended: [],
      withdrawn: [],
      denied: [],
      stopped: [],
      allowed: [],
    };
  });
}

/** TA: exactly these purposes and holders are refused because consent was withdrawn; nothing else changes. */
export function restrictedByConsent(
  change: Change,
  withdrawn: readonly string[],
  denied: readonly string[],
): Standing[] {
  return change.lives.map(({ ref }) => ({
    ...standingOf(change, ref),
    withdrawn: [...withdrawn],
    denied: [...denied],
  }));
}

/** R5: use for these purposes stops, besides those for which it has stopped already. */
export function suspended(change: Change, purposes: readonly string[]): Standing[] {
  return change.lives.map((life) => {
    const before = standingOf(change, life.ref);
    const all = new Set([...before.suspended, ...purposes]);
    return { ...before, suspended: all.has('all') ? ['all'] : [...all].sort() };
  });
}

/**
 * R5 undone for these purposes. Where every purpose was suspended and only some are resumed, the others are
 * named one by one: `known` lists all that there are.
 */
export function resumed(change: Change, purposes: readonly string[], known: readonly string[]): Standing[] {
  const back = new Set(purposes);
  return change.lives.map((life) => {
    const before = standingOf(change, life.ref);
    const was = before.suspended.includes('all') ? known : before.suspended;
    return { ...before, suspended: back.has('all') ? [] : was.filter((one) => !back.has(one)).sort() };
  });
}

/** R6: these holders get nothing more, besides those that are denied already; `all` stands for those to come too. */
export function stopped(change: Change, recipients: readonly string[]): Standing[] {
  return change.lives.map(({ ref }) => {
    const before = standingOf(change, ref);
    const all = new Set([...(before.stopped ?? []), ...recipients]);
    const allowed = (before.allowed ?? []).filter((one) => !recipients.includes(one));
    return { ...before, stopped: [...all].sort(), allowed };
  });
}

/** R6 taken back for these holders, or for `all`; of those to come nothing changes but by `all`. */
export function allowedAgain(change: Change, recipients: readonly string[]): Standing[] {
  return change.lives.map(({ ref }) => {
    const before = standingOf(change, ref);
    if (recipients.includes('all')) return { ...before, stopped: [], allowed: [] };
    const allowed = new Set([...(before.allowed ?? []), ...recipients]);
    const left = (before.stopped ?? []).filter((one) => !recipients.includes(one));
    return { ...before, stopped: left, allowed: left.includes('all') ? [...allowed].sort() : [] };
  });
}

function standingOf({ standings, request, at }: Change, ref: Ref): Standing {
  const before = standings.get(ref) ?? { ref, hiddenThrough: 0, erasedThrough: 0, suspended: [] };
  return { ...before, request, at: at.toISOString() };
}
