import type { RequestDocument } from '@keiro/schemas';
import { growthOf, type Advance } from './grown.ts';
import type { RequestStore } from './store.ts';

/** The request after a step. Pure. */
export function stepped(request: RequestDocument, change: Advance): RequestDocument {
  const { set, unsetPlan } = change;
  const { plan, ...rest } = request;
  const { steps, events, unsent } = growthOf(request, [change]);
  return {
    ...rest,
    ...(plan === undefined || unsetPlan === true ? {} : { plan }),
    ...set,
    steps: [...request.steps, ...steps],
    ...(request.events === undefined ? {} : { events: [...request.events, ...events] }),
    ...(unsent.length === 0 ? {} : { unsent: [...(request.unsent ?? []), ...unsent] }),
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
    const moved = await store.advance(written, change, beside, before);
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
      const moved = await store.advance(written, {}, undefined, before);
      written = now;
      return moved;
    },
  };
}
