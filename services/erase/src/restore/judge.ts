import { identifierKinds, type IdentifierKind, type Ref, type TaskKeep } from '@keiro/schemas';
import type { ScannedRow, SweptLife } from '../connectors/connector.ts';

/** Which rows of a restored store go, and which flags they want. Pure. */

/** What is known now about one identifier of a row. */
export interface KnownRef {
  readonly ref: Ref;
  /** The life that it is in now. */
  readonly generation: number;
  /** Lives up to this one have ended; 0 for none. */
  readonly goneThrough: number;
  /**
   * Whether the holder was swept of that life after the watermark, so that a row without a generation may be of it.
   * The sweep itself took every such row too.
   */
  readonly sweptSince: boolean;
  /** Purposes for which use is suspended, sorted. */
  readonly suspended: readonly string[];
  /** What laws keep at this holder of the lives that have ended (R4): their rows are narrowed to it. */
  readonly keep?: TaskKeep;
}

export type Known = (identifier: ScannedRow['identifiers'][number]) => KnownRef | undefined;

export type RowVerdict =
  /** `by`: the identifier and the life by which the connector finds it. */
  | { readonly is: 'gone'; readonly by: SweptLife; readonly keep?: TaskKeep }
  /** `flag`: the purposes to which its flag has to be set; absent where it is right, or has no place. */
  | { readonly is: 'kept'; readonly by: SweptLife; readonly flag?: readonly string[] }
  /** None of its identifiers is known: nobody can say whose it is. */
  | { readonly is: 'unjudged' };

/**
 * A row goes when any of its identifiers is of a life that has ended: as a sweep finds it. What is of a later life of
 * the identifier by which it is kept stays, whatever else is in it.
 */
export function judgeRow(row: ScannedRow, known: Known): RowVerdict {
  const found = inOrder(row).flatMap((identifier) => {
    const ref = known(identifier);
    return ref === undefined ? [] : [{ identifier, ref }];
  });
  const leading = found[0];
  if (leading === undefined) return { is: 'unjudged' };
  const lifeOf = ({ identifier, ref }: (typeof found)[number], generation: number): SweptLife => ({
    ref: ref.ref,
    generation,
    ...identifier,
  });
  if (!isOfLaterLife(row, leading.ref)) {
    const gone = found.find(({ ref }) => isGone(row, ref));
    if (gone !== undefined) {
      const { goneThrough, keep } = gone.ref;
      return { is: 'gone', by: lifeOf(gone, goneThrough), ...(keep === undefined ? {} : { keep }) };
    }
  }
  const by = lifeOf(leading, leading.ref.generation);
  const wanted = [...new Set(found.flatMap(({ ref }) => ref.suspended))].sort();
  const isRight = row.suspended === undefined || [...row.suspended].sort().join() === wanted.join();
  return isRight ? { is: 'kept', by } : { is: 'kept', by, flag: wanted };
}

function isGone({ generation }: ScannedRow, ref: KnownRef): boolean {
  if (ref.goneThrough === 0) return false;
  if (generation !== undefined) return generation <= ref.goneThrough;
  return ref.generation <= ref.goneThrough || ref.sweptSince;
}

/** A row carries the generation of the identifier that leads it. */
const isOfLaterLife = ({ generation }: ScannedRow, leading: KnownRef): boolean =>
  generation !== undefined && leading.goneThrough > 0 && generation > leading.goneThrough;

/** As events are keyed: member first. */
const inOrder = ({ identifiers }: ScannedRow) => identifiers.toSorted((a, b) => rank(a.kind) - rank(b.kind));
const rank = (kind: IdentifierKind): number => identifierKinds.indexOf(kind);

/** What one batch needs of the connector, in as few calls as keep lives and flags apart. */
export interface BatchPlan {
  readonly counts: { rows: number; gone: number; flags: number; unjudged: number };
  /** One call for each: the connector spares rows later than the newest life of a call, and what it is told to keep. */
  readonly erase: readonly { readonly lives: readonly SweptLife[]; readonly keep?: TaskKeep }[];
  readonly flag: readonly { readonly purposes: readonly string[]; readonly lives: readonly SweptLife[] }[];
}

export function planBatch(rows: readonly ScannedRow[], known: Known): BatchPlan {
  const counts = { rows: rows.length, gone: 0, flags: 0, unjudged: 0 };
  const erase = new Map<string, Map<string, SweptLife>>();
  const keeps = new Map<string, TaskKeep>();
  const flag = new Map<string, Map<string, SweptLife>>();
  for (const row of rows) {
    const verdict = judgeRow(row, known);
    if (verdict.is === 'unjudged') counts.unjudged += 1;
    else if (verdict.is === 'gone') {
      counts.gone += 1;
      const { by, keep } = verdict;
      const call = JSON.stringify([by.generation, keep?.fields, keep?.in]);
      put(erase, call, by);
      if (keep !== undefined) keeps.set(call, keep);
    } else if (verdict.flag !== undefined) {
      counts.flags += 1;
      put(flag, JSON.stringify([verdict.by.generation, verdict.flag]), verdict.by);
    }
  }
  return {
    counts,
    erase: [...erase].map(([call, lives]) => {
      const keep = keeps.get(call);
      return { lives: [...lives.values()], ...(keep === undefined ? {} : { keep }) };
    }),
    flag: [...flag].map(([key, lives]) => ({
      purposes: (JSON.parse(key) as [number, string[]])[1],
      lives: [...lives.values()],
    })),
  };
}

function put(groups: Map<string, Map<string, SweptLife>>, key: string, life: SweptLife): void {
  const lives = groups.get(key) ?? new Map<string, SweptLife>();
  groups.set(key, lives.set(`${life.kind}\n${life.value}`, life));
}
