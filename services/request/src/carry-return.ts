import { carryOut } from './carry-out.ts';
import { prepareSweep, stepAt, type Stage } from './stage.ts';

/**
 * T0: a return changes no standing and ends no key: the person's data elsewhere stay. What the worker needs to read
 * where the copy is, is put aside as for every request, and forgotten when it is done.
 */
export const giveBack: Stage = async (request, deps) => {
  const violation = await deps.violations.violation(request.returns?.violation ?? '');
  if (violation?.closed !== undefined) {
    // An operator has ended it: what has a basis after all must not go.
    await deps.keys.forgetSweep(request._id);
    await deps.store.overtake(request, violation._id, deps.now());
    return 'moved';
  }
  if (request.state !== 'accepted') return carryOut(request, deps);
  const identifiers = await prepareSweep(request, deps);
  await deps.store.advance(request, {
    set: { state: 'carrying-out' },
    step: stepAt(deps.now(), 'prepared', { identifiers }),
  });
  return 'moved';
};
