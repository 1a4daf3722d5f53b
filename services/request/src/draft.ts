import type { RequestDocument } from '@keiro/schemas';
import type { Advance } from './advances.ts';
import type { RequestStore } from './store.ts';

/** The request after a step. Pure. */
export function stepped(request: RequestDocument, { set, unsetPlan, step }: Advance): RequestDocument {
  const { plan, ...rest } = request;
  return {
    ...rest,
    ...(plan === undefined || unsetPlan === true ? {} : { plan }),
    ...set,
    steps: step === undefined ? request.steps : [...request.steps, step],
  };
}

/**
 * The store for one drive of one request: steps that write nothing besides are gathered, and written together with the
 * next that does, or before the request waits. Their effects are the same the second time, so that a crash in between
 * only has them taken again; others see a state a little later than it was reached.
 */
export function draftingStore(
  store: RequestStore,
  stored: RequestDocument,
): {
  readonly store: RequestStore;
  current(): RequestDocument;
  isLost(): boolean;
  flush(): Promise<boolean>;
} {
  let written = stored;
  let now = stored;
  let gathered: Advance[] = [];
  /** Somebody else has moved it. */
  let lost = false;

  const advance: RequestStore['advance'] = async (request, change, beside) => {
    if (beside === undefined && change.unsetPlan !== true) {
      gathered.push(change);
      now = stepped(request, change);
      return true;
    }
    const before = gathered;
    gathered = [];
    const moved = await store.advance(
      written,
      {
        ...change,
        set: Object.assign({}, ...before.map(({ set }) => set), change.set) as NonNullable<Advance['set']>,
      },
      beside,
      before.flatMap(({ step }) => step ?? []),
    );
    now = stepped(request, change);
    written = now;
    lost ||= !moved;
    return moved;
  };

  return {
    store: { ...store, advance },
    current: () => now,
    isLost: () => lost,
    async flush() {
      if (gathered.length === 0) return true;
      const before = gathered;
      gathered = [];
      const set = Object.assign({}, ...before.map((one) => one.set)) as NonNullable<Advance['set']>;
      const steps = before.flatMap(({ step }) => step ?? []);
      const moved = await store.advance(written, { set }, undefined, steps);
      written = now;
      return moved;
    },
  };
}
