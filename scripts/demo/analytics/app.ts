import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Hits } from './hits.ts';

/** Exactly one of the four names a user. */
const users = ['userId', 'clientId', 'appInstanceId', 'userProvidedData'] as const;
const deletionSchema = z
  .strictObject(Object.fromEntries(users.map((name) => [name, z.string().min(1).max(500).optional()])))
  .refine((body) => Object.keys(body).length === 1);
const lookSchema = z.strictObject({ clients: z.array(z.string()).max(1000) });

const statuses = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
};

/**
 * Stands in for Google Analytics: takes what a tag sends to `/g/collect`, and user deletions as the Admin API
 * (v1alpha, `properties.submitUserDeletion`) does, with its errors. Another company's program, without anything of
 * Keiro.
 */
export function createAnalytics(options: {
  readonly hits: Hits;
  /** The property's number. */
  readonly property: string;
  /** OAuth 2.0 access token with which it is administered. */
  readonly token: string;
  readonly now: () => Date;
}): FastifyInstance {
  const { hits, property, now } = options;
  const app = Fastify({ bodyLimit: 131_072, forceCloseConnections: 'idle', exposeHeadRoutes: false });
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${options.token}`);
  const isAllowed = (given: string | undefined) => timingSafeEqual(digest(given ?? ''), wanted);
  const refuse = (reply: FastifyReply, code: keyof typeof statuses, message: string) =>
    reply.status(code).send({ error: { code, message, status: statuses[code] } });

  // A tag sends text/plain, so that the browser asks nobody first.
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/g/collect',
    handler(request, reply) {
      const address = new URL(request.url, 'http://collector.invalid').searchParams;
      hits.take(address, typeof request.body === 'string' ? request.body : '', now());
      // As the real one: whatever came, a tag is answered nothing.
      return reply.status(204).header('access-control-allow-origin', '*').send();
    },
  });

  app.post<{ Params: { name: string } }>('/v1alpha/properties/:name', (request, reply) => {
    const [, number] = /^(\d+):submitUserDeletion$/.exec(request.params.name) ?? [];
    if (number === undefined) return refuse(reply, 404, 'Method not found.');
    if (!isAllowed(request.headers.authorization))
      return refuse(reply, 401, 'Request had invalid authentication credentials.');
    if (number !== property) return refuse(reply, 403, 'The caller does not have permission.');
    const body = deletionSchema.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, 'Exactly one user has to be named.');
    const at = now();
    // Only its own tag's ids are known to it; of others it has nothing, and takes the request all the same.
    if (body.data['clientId'] !== undefined) hits.end(body.data['clientId'], at);
    return reply.send({ deletionRequestTime: at.toISOString() });
  });

  // The demo's own look, and no part of the real thing: the pipeline never asks it.
  app.post('/look', (request, reply) => {
    if (!isAllowed(request.headers.authorization)) return refuse(reply, 401, 'no token');
    const body = lookSchema.safeParse(request.body);
    return body.success
      ? reply.send({ hits: hits.count(body.data.clients) })
      : refuse(reply, 400, 'no clients');
  });

  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', () => ({ status: 'ready' }));
  return app;
}
