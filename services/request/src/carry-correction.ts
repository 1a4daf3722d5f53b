import { waitForOperator } from './answering.ts';
import { carryOut } from './carry-out.ts';
import { prepareSweep, stepAt, type Stage } from './stage.ts';

/**
 * R2, R3 (APPI 34): every holder of the fields sets them and reads them back. What they are set to was sealed when the
 * request came, and is forgotten with what the sweep needs. Without that, or where no holder is registered for such a
 * field, somebody does it by hand and answers.
 */
export const setRight: Stage = async (request, deps) => {
  const { store, now } = deps;
  if (request.fields === undefined) return waitForOperator(request, deps);
  if (request.state !== 'accepted') {
    const isByHand = (await store.tasksOf(request._id)).length === 0;
    return isByHand ? waitForOperator(request, deps) : carryOut(request, deps);
  }
  const identifiers = await prepareSweep(request, deps);
  await store.advance(request, {
    set: { state: 'carrying-out' },
    step: stepAt(now(), 'prepared', { identifiers, fields: request.fields }),
  });
  return 'moved';
};
