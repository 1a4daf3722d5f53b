import type { RequestDocument } from '@keiro/schemas';
import { carryOut, putInForce } from './carry-out.ts';
import { giveBack } from './carry-return.ts';
import { closePipeline, closePlan, hide, shred } from './deletion.ts';
import { expire } from './retention/carry.ts';
import type { Stage } from './stage.ts';

/** The step that a request has to take next; none when it is done. Pure. */
export function stageOf(request: RequestDocument): Stage | undefined {
  if (request.type === 'return') return request.state === 'done' ? undefined : giveBack;
  if (request.type === 'retention') return request.state === 'done' ? undefined : expire;
  switch (request.state) {
    case 'accepted':
      return request.type === 'deletion' ? closePipeline : putInForce;
    case 'hiding':
      return request.plan !== undefined && 'custody.copies' in request.plan ? closePlan : hide;
    case 'shredding':
      return shred;
    case 'carrying-out':
    case 'waiting-for-operator':
      return carryOut;
    case 'done':
      return undefined;
  }
}
