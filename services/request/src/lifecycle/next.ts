import { carriedStates, type RequestState, type RequestType, type nextActors } from '@keiro/schemas';
import { rightRules } from '../rights.ts';
import { isFinal, type Life } from './evolve.ts';

export interface Next {
  readonly actor: (typeof nextActors)[number];
  readonly by: Date;
}

/** Who may act next, and by when; undefined at its end. Pure. */
export function nextOf(
  type: RequestType,
  state: RequestState,
  dueAt: Date,
  fee: Life['fee'],
): Next | undefined {
  if (isFinal(state)) return undefined;
  // The policy's clock runs on while the person has still to pay.
  return { actor: actorOf(type, state), by: state === 'awaiting-fee' ? (fee?.until ?? dueAt) : dueAt };
}

function actorOf(type: RequestType, state: RequestState): Next['actor'] {
  switch (state) {
    case 'checking-identity':
    case 'incomplete':
    case 'awaiting-fee':
      return 'person';
    case 'in-review':
      return 'compliance';
    case 'on-hold':
      return 'operator';
    case 'waiting-for-holder':
      return 'holder';
    case 'waiting-for-operator':
      // What is asked of us is answered by those who answer people; what failed at a holder is mended by an operator.
      return rightRules[type].answersNobody ? 'compliance' : 'operator';
    default:
      return 'system';
  }
}

export const isCarried = (state: RequestState): boolean => carriedStates.some((one) => one === state);
