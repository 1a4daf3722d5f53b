import { ProblemError, route, type Route } from '@keiro/runtime';
import {
  closeTaskRequestSchema,
  handOverRequestSchema,
  evidenceLimit,
  holderWaitsSchema,
  keepEvidenceSchema,
  keptEvidenceSchema,
  openedEvidenceSchema,
  openEvidenceSchema,
  pauseAnswerSchema,
  pauseRequestSchema,
  retryAllAnswerSchema,
  retryAllRequestSchema,
  taskViewSchema,
} from '@keiro/schemas';
import type { Desk } from './desk.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import type { Pauses } from './pauses.ts';
import { taskViewOf } from './views.ts';

/** What operators do with tasks and holders. */
export function deskRoutes({
  desk,
  files,
  pauses,
  now,
}: {
  desk: Desk;
  files: EvidenceFiles;
  pauses: Pauses;
  now: () => Date;
}): Route[] {
  const pausing = (what: 'pause' | 'resume', summary: string) =>
    route({
      method: 'POST',
      path: `/v1/holders/:id/${what}`,
      summary,
      right: 'tasks:write',
      body: pauseRequestSchema,
      answer: pauseAnswerSchema,
      async handle({ params, body, client }) {
        const holder = params['id'] ?? '';
        const changed = await pauses[what](holder, client.name, body.reason, now());
        if (changed === undefined)
          throw new ProblemError(404, 'unknown-holder', 'no holder is registered by this id');
        return { holder, paused: what === 'pause', changed };
      },
    });
  return [
    route({
      method: 'POST',
      path: '/v1/tasks/retry-all',
      summary: 'Puts back every failed task of a holder, or with this error, for another round of attempts',
      right: 'tasks:write',
      body: retryAllRequestSchema,
      status: 202,
      answer: retryAllAnswerSchema,
      handle: async ({ body, client }) => ({ putBack: await desk.retryAll(body, client.name) }),
    }),
    route({
      method: 'POST',
      path: '/v1/tasks/:id/hand-over',
      summary: 'Hands a task that waits for an operator to another desk',
      right: 'tasks:write',
      body: handOverRequestSchema,
      answer: taskViewSchema,
      handle: async ({ params, body, client }) =>
        taskViewOf(await desk.handOver(params['id'] ?? '', body.to, client.name)),
    }),
    route({
      method: 'POST',
      path: '/v1/tasks/:id/close',
      summary: 'Closes a task by hand, with evidence; no probe has looked, and the receipt says so',
      right: 'tasks:write',
      body: closeTaskRequestSchema,
      answer: taskViewSchema,
      handle: async ({ params, body, client }) =>
        taskViewOf(await desk.close(params['id'] ?? '', body, client.name)),
    }),
    route({
      method: 'POST',
      path: '/v1/tasks/:id/evidence',
      summary: 'Keeps a file that shows what was done by hand, sealed under a key that is told once',
      right: 'tasks:write',
      body: keepEvidenceSchema,
      // In base64, and a little around it.
      bodyLimit: Math.ceil(evidenceLimit / 3) * 4 + 1024,
      status: 201,
      answer: keptEvidenceSchema,
      handle: ({ params, body, client }) => files.keep(params['id'] ?? '', body.content, client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/tasks/:id/evidence/open',
      summary: 'A file that was kept for a task, by its key; audited',
      right: 'tasks:write',
      body: openEvidenceSchema,
      answer: openedEvidenceSchema,
      handle: ({ params, body, client }) => files.open(params['id'] ?? '', body, client.name),
    }),
    pausing('pause', 'No task is begun at this holder until it is resumed; the other holders go on'),
    pausing('resume', 'A paused holder takes tasks again'),
    route({
      method: 'GET',
      path: '/v1/holders/waits',
      summary: 'Holders whose tasks wait: paused by an operator, or not answering',
      right: 'requests:read',
      answer: holderWaitsSchema,
      handle: async () => ({ asOf: now().toISOString(), waits: await pauses.withTasks() }),
    }),
  ];
}
