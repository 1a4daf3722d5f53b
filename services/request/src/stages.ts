import type { RequestDocument, RequestType } from '@keiro/schemas';
import { answerFromStore, waitForOperator } from './answering.ts';
import { setRight } from './carry-correction.ts';
import { disclose } from './carry-disclosure.ts';
import { carryOut, putInForce } from './carry-out.ts';
import { giveBack } from './carry-return.ts';
import { closePipeline, closePlan, hide, shred } from './deletion.ts';
import { awaitHold, awaitUndo } from './holds/pending.ts';
import { isCarried } from './lifecycle/next.ts';
import { expire } from './retention/carry.ts';
import type { Stage } from './stage.ts';

/**
 * How each type begins once it is accepted, and goes on until its tasks are carried out. Where nothing carries it out yet
 * an operator does, and marks it answered.
 */
const beginnings: Readonly<Record<RequestType, Stage>> = {
  deletion: closePipeline,
  suspension: putInForce,
  resume: putInForce,
  'third-party-denial': putInForce,
  return: giveBack,
  retention: expire,
  'provision-disclosure': answerFromStore,
  'overseas-measures': answerFromStore,
  'purpose-notice': answerFromStore,
  question: waitForOperator,
  disclosure: disclose,
  correction: setRight,
  addition: setRight,
};

/** Types whose one stage takes them all the way. */
const whole: ReadonlySet<RequestType> = new Set([
  'return',
  'retention',
  'question',
  'disclosure',
  'correction',
  'addition',
]);

/** The step that a request has to take next; none before it is accepted and at its end. Pure. */
export function stageOf(request: RequestDocument): Stage | undefined {
  if (!isCarried(request.state)) return undefined;
  const beginning = beginnings[request.type];
  if (whole.has(request.type)) return beginning;
  switch (request.state) {
    case 'hiding':
      return request.plan !== undefined && 'custody.copies' in request.plan ? closePlan : hide;
    case 'undo-window':
      return awaitUndo;
    case 'on-hold':
      return awaitHold;
    case 'shredding':
      return shred;
    case 'carrying-out':
    case 'waiting-for-holder':
    case 'waiting-for-operator':
      return carryOut;
    default:
      return beginning;
  }
}
