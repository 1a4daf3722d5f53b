import type { Life, RequestDocument, RequestHappening, RestReceipt, TaskDocument } from '@keiro/schemas';
import { lifeKey } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { numbered } from '../lifecycle/evolve.ts';
import type { People } from '../people.ts';
import { inCalls, stepAt } from '../steps.ts';
import type { BatchStore } from '../retention/batch-store.ts';
import type { RequestStore } from '../store.ts';
import type { FloorStore } from './store.ts';

/** The end of what a floor kept (R4): its keys go, and with the last of it the person is told, and a certificate says so. */
export interface RestEnds {
  /** A batch of it is proven gone and out of lineage. May be called again. */
  onGone(batch: RequestDocument, tasks: readonly TaskDocument[], at: Date): Promise<void>;
}

/** How often the deletion may be changed by somebody else meanwhile. */
const tries = 10;

export function createRestEnds(deps: {
  readonly store: Pick<RequestStore, 'request'>;
  readonly batches: Pick<BatchStore, 'audit'>;
  readonly floors: Pick<FloorStore, 'keptBy' | 'update'>;
  readonly keys: Pick<KeysClient, 'endFloors'>;
  readonly people: Pick<People, 'livesOf'>;
}): RestEnds {
  const { store, batches, floors, keys, people } = deps;
  return {
    async onGone(batch, tasks, at) {
      const id = batch.retention?.rest;
      if (id === undefined) return;
      for (let n = 0; n < tries; n += 1) {
        const deletion = await store.request(id);
        if (deletion === null) return;
        const left = await floors.keptBy(id, deletion.lives);
        const isLast = left.length === 0;
        // Where copies are that nobody reported is sealed under the first of them.
        const [first, ...others] = deletion.lives;
        const used = new Set(left.map(lifeKey));
        const over = isLast ? deletion.lives : others.filter((life) => !used.has(lifeKey(life)));
        for (const lives of inCalls(over)) if (first !== undefined) await keys.endFloors(lives);
        if (!isCounted(deletion, batch)) {
          const isReached = isLast && (await people.livesOf(deletion.lives.map(({ ref }) => ref))).length > 0;
          const change = endedBy(deletion, batch, tasks, { left: left.length, isReached }, at);
          if (!(await floors.update(deletion, change))) continue;
        }
        // After what it is about: whoever seals it has a certificate made of that.
        if (isLast)
          await batches.audit({
            _id: `${id}/rest-erased`,
            at,
            by: 'request',
            action: 'request.rest-erased',
            request: id,
            detail: { by: batch._id, holders: tasks.map(({ holder }) => holder).sort() },
          });
        return;
      }
      throw new Error('the deletion changes all the time');
    },
  };
}

const isCounted = ({ steps }: RequestDocument, { _id }: RequestDocument): boolean =>
  steps.some(({ step, evidence }) => step === 'floor-ended' && evidence['by'] === _id);

/** What a batch that is proven gone adds to the deletion that had kept it. `isReached`: there is somebody to tell. Pure. */
export function endedBy(
  deletion: Pick<RequestDocument, 'rest' | 'events'> & { readonly lives: readonly Life[] },
  batch: Pick<RequestDocument, '_id' | 'retention'>,
  tasks: readonly TaskDocument[],
  { left, isReached }: { readonly left: number; readonly isReached: boolean },
  at: Date,
): Parameters<FloorStore['update']>[1] {
  const isLast = left === 0;
  const evidence = {
    by: batch._id,
    records: batch.retention?.records ?? 0,
    affected: tasks.reduce((sum, { receipt }) => sum + (receipt?.affected ?? 0), 0),
    left,
    ...(isLast ? { told: isReached } : {}),
  };
  const happened: RequestHappening[] = isLast
    ? [
        { type: 'rest-erased' },
        // Who is gone for good has left no address to be told at: the certificate says it to whoever asks.
        ...(isReached ? [{ type: 'notice-due', notice: 'rest-erased' } as const] : []),
      ]
    : [];
  const { events } = deletion;
  return {
    rest: added(deletion.rest ?? [], tasks),
    steps: [stepAt(at, 'floor-ended', evidence)],
    ...(events === undefined ? {} : { events: numbered(happened, events.length, at, 'request') }),
    ...(isLast ? { endedAt: at } : {}),
  };
}

/** Answers of the same holder add up; the last look counts. */
function added(before: readonly RestReceipt[], tasks: readonly TaskDocument[]): RestReceipt[] {
  const byHolder = new Map(before.map((one) => [one.holder, one]));
  for (const { holder, receipt, doneAt, attempt } of tasks) {
    if (receipt === undefined || doneAt === undefined) continue;
    const known = byHolder.get(holder);
    const detail = { ...known?.detail };
    for (const [place, n] of Object.entries(receipt.detail)) detail[place] = (detail[place] ?? 0) + n;
    const { sweptAt, probe, told } = receipt;
    byHolder.set(holder, {
      holder,
      affected: (known?.affected ?? 0) + receipt.affected,
      detail,
      attempts: (known?.attempts ?? 0) + attempt,
      doneAt,
      ...(sweptAt === undefined ? {} : { sweptAt }),
      ...(probe === undefined ? {} : { probe }),
      ...(told === undefined ? {} : { told }),
    });
  }
  return [...byHolder.values()].sort((a, b) => (a.holder < b.holder ? -1 : 1));
}
