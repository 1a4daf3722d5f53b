import { carryTasks } from './carry-out.ts';
import { end } from './end.ts';
import { prepareSweep, stepAt, type Stage } from './stage.ts';

/**
 * R1 (APPI 33): every holder says what it has, or a person says so in its place; then somebody has the pack made, to
 * whom its key is told, and that ends the request.
 */
export const disclose: Stage = async (request, deps) => {
  const { store, now } = deps;
  if (request.state === 'accepted') {
    const identifiers = await prepareSweep(request, deps);
    await store.advance(request, {
      set: { state: 'carrying-out' },
      step: stepAt(now(), 'prepared', { identifiers }),
    });
    return 'moved';
  }
  return carryTasks(request, deps, async (tasks) => {
    const pack = await deps.packOf(request._id);
    if (pack === null) {
      const waitingFor = `somebody to have the pack made, or to answer: keiro request pack ${request._id} --out FOLDER`;
      if (request.state === 'waiting-for-operator') return { on: 'operator', waitingFor };
      await store.advance(request, {
        set: { state: 'waiting-for-operator' },
        step: stepAt(now(), 'gathered', { holders: tasks.length }),
      });
      return 'moved';
    }
    const { sha256, items, holders } = pack;
    await end(request, tasks, { sha256, items, holders }, deps);
    return 'moved';
  });
};
