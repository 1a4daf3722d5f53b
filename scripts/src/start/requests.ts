import type { CreateRequest, RequestView } from '@keiro/schemas';
import type { Pipeline } from './clients.ts';
import { comesTrue } from './wait.ts';

const patienceMs = 120_000;

/** Sends a request and waits until it is done, or until an operator is wanted; `say` hears each state. */
export async function carryOut(
  pipeline: Pipeline,
  body: CreateRequest,
  say: (text: string) => void,
): Promise<RequestView> {
  const { id } = await pipeline.request(body);
  return stands(pipeline, id, ['done', 'waiting-for-operator'], say);
}

/** Waits until a request is in one of these states; answers how it stands, also when they do not come. */
export async function stands(
  pipeline: Pipeline,
  id: string,
  states: readonly RequestView['state'][],
  say: (text: string) => void,
): Promise<RequestView> {
  let view = await pipeline.requestState(id);
  await comesTrue(async () => {
    view = await pipeline.requestState(id);
    const done = view.tasks.filter(({ state }) => state === 'done').length;
    const waiting = view.waitingFor === undefined ? '' : `, waiting for ${view.waitingFor}`;
    say(`${view.type}: ${view.state}, ${String(done)} of ${String(view.tasks.length)} holders${waiting}`);
    return states.includes(view.state);
  }, patienceMs);
  return view;
}
