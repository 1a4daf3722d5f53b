import type { RequestDocument, RequestEvent, RequestStep } from '@keiro/schemas';
import type { Filter, UpdateFilter } from 'mongodb';
import { movedTo } from './lifecycle/moved.ts';

/** What a stage of a request changes; `step` is appended, with its evidence. */
export interface Advance {
  readonly set?: Partial<Pick<RequestDocument, 'state' | 'plan' | 'lives' | 'ambiguous' | 'doneAt' | 'kept'>>;
  readonly unsetPlan?: boolean;
  readonly step?: RequestStep;
}

/** What changes of a request, one after the other, add to it. */
interface Growth {
  readonly steps: readonly RequestStep[];
  /** What has happened by where they took it. */
  readonly events: readonly RequestEvent[];
  /** Numbers of the notices that are due now. */
  readonly unsent: readonly number[];
}

/** Pure. */
export function growthOf(request: RequestDocument, changes: readonly Advance[]): Growth {
  let { events } = request;
  for (const { set, step } of changes) {
    const more = movedTo({ events }, set?.state, step?.at);
    if (events !== undefined) events = [...events, ...more];
  }
  const added = events?.slice(request.events?.length ?? 0) ?? [];
  return {
    steps: changes.flatMap(({ step }) => step ?? []),
    events: added,
    unsent: added.flatMap(({ type, n }) => (type === 'notice-due' ? [n] : [])),
  };
}

/** The same as an update. Pure. */
export function pushed(request: RequestDocument, changes: readonly Advance[]): UpdateFilter<RequestDocument> {
  const { steps, events, unsent } = growthOf(request, changes);
  const $push = {
    ...(steps.length === 0 ? {} : { steps: { $each: [...steps] } }),
    ...(events.length === 0 ? {} : { events: { $each: [...events] } }),
    ...(unsent.length === 0 ? {} : { unsent: { $each: [...unsent] } }),
  };
  return Object.keys($push).length === 0 ? {} : { $push };
}

/** Nobody has moved it or added to it since it was read. */
export const unmovedOf = ({ _id, state, steps, events }: RequestDocument): Filter<RequestDocument> => ({
  _id,
  state,
  steps: { $size: steps.length },
  events: events === undefined ? { $exists: false } : { $size: events.length },
});
