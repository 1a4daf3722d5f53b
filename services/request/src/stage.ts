import type { PackDocument, Ref, RequestDocument, RequestStep } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Floors } from './floors/floors.ts';
import type { RestEnds } from './floors/rest-end.ts';
import type { Holds } from './holds/holds.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Pauses } from './pauses.ts';
import type { People } from './people.ts';
import type { ConsumerPositions } from './positions.ts';
import type { Readers } from './readers.ts';
import type { BatchStore } from './retention/batch-store.ts';
import type { ReturnStore } from './return-store.ts';
import { inCalls } from './steps.ts';
import type { RequestStore } from './store.ts';

export { inCalls, stepAt } from './steps.ts';

/**
 * What carries a request on, one step at a time. Each step can be taken again after a crash: it is recorded only
 * when its effects are there, and its effects are the same the second time.
 */
export interface StageDependencies {
  readonly store: RequestStore;
  readonly keys: Pick<KeysClient, 'prepareSweep' | 'destroy' | 'forgetSweep'>;
  readonly people: Pick<People, 'personOf' | 'livesOf'>;
  readonly readers: Pick<Readers, 'passed'>;
  readonly positions: ConsumerPositions;
  readonly violations: Pick<ReturnStore, 'violation'>;
  readonly retention: {
    readonly batches: BatchStore;
    readonly rests: RestEnds;
    readonly onEnded: (request: string) => void;
  };
  readonly holds: Pick<Holds, 'on'>;
  readonly floors: Floors;
  readonly dispatcher: Pick<Dispatcher, 'offer'>;
  /** Holders that take no tasks now. */
  readonly waits: Pauses['waits'];
  /** Makes what stands against the person behind a ref stand against each ref that links have brought meanwhile. */
  readonly extend: (ref: Ref) => Promise<void>;
  readonly publish: () => void;
  /** The pack that was made for a disclosure, as evidence. */
  readonly packOf: (request: string) => Promise<Pick<PackDocument, 'sha256' | 'items' | 'holders'> | null>;
  /** Compiles what Keiro itself can answer a request, and ends it by that. */
  readonly answer: (request: RequestDocument) => Promise<void>;
  readonly stamp: () => string;
  readonly now: () => Date;
}

/** A step was taken and the next can be looked at, or why not: `on` says who will bring it on. */
export type StageOutcome =
  | 'moved'
  | {
      readonly on: 'publication' | 'readers' | 'positions' | 'tasks' | 'earlier' | 'operator' | 'time';
      readonly waitingFor: string;
    };

export type Stage = (request: RequestDocument, deps: StageDependencies) => Promise<StageOutcome>;

/** Evidence that every live reader of `rights.standing` has applied what this request changed. */
export async function standingInForce(
  request: RequestDocument,
  { store, readers }: StageDependencies,
): Promise<Exclude<StageOutcome, 'moved'> | Record<'standingOffset' | 'readers', unknown>> {
  // The offset counts only when nothing of the request is left: then it lies after the last of its messages.
  if (request.standingOffset === undefined || !(await store.isPublished(request._id))) {
    return { on: 'publication', waitingFor: 'Kafka to take the standing' };
  }
  const answer = readers.passed(request.standingOffset);
  if (!answer.passed) return { on: 'readers', waitingFor: answer.waitingFor };
  return { standingOffset: request.standingOffset, readers: answer.readers };
}

/** Puts aside what the workers need to find the person; answers for how many refs. */
export async function prepareSweep(request: RequestDocument, { keys }: StageDependencies): Promise<number> {
  let prepared = 0;
  for (const lives of inCalls(request.lives)) prepared = await keys.prepareSweep(request._id, lives);
  return prepared;
}

export function stepOf(request: RequestDocument, name: string): RequestStep | undefined {
  return request.steps.find((one) => one.step === name);
}
