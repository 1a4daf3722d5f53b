import { stepAt, type Stage } from './stage.ts';

/** What Keiro knows by itself: compiled, and told in the moment in which it is granted. */
export const answerFromStore: Stage = async (request, deps) => {
  await deps.answer(request);
  return 'moved';
};

/** R1 to R3, Q1: somebody answers, and says where that can be found. */
export const waitForOperator: Stage = async (request, deps) => {
  if (request.state === 'waiting-for-operator')
    return { on: 'operator', waitingFor: 'somebody to answer: keiro request answered' };
  await deps.store.advance(request, {
    set: { state: 'waiting-for-operator' },
    step: stepAt(deps.now(), 'waiting-for-operator', {}),
  });
  return 'moved';
};
