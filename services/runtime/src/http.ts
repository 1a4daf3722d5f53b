import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Clients } from './clients.ts';
import { isRetryable, ProblemError, type FieldIssue } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import type { Route, SignedRoute } from './route.ts';

export interface HttpOptions {
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Absent for services that answer only health and metrics. */
  readonly clients?: Clients;
  readonly routes?: readonly Route[];
  readonly signed?: readonly SignedRoute[];
  /** Throws while the service cannot do its work; its message is shown. */
  readonly ready: () => Promise<void>;
  readonly bodyLimit?: number;
  /** Further content types whose bodies are JSON. */
  readonly jsonTypes?: readonly string[];
}

/** The HTTP shell of every service: health, metrics, OpenAPI, authorisation, problem+json. */
export async function serveHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { log, routes = [], signed = [] } = options;
  const app = Fastify({ bodyLimit: options.bodyLimit ?? 1_048_576, forceCloseConnections: 'idle' });
  // Only JSON is taken: anything else is 415, plain text too.
  app.removeContentTypeParser('text/plain');
  if (options.jsonTypes !== undefined) {
    app.addContentTypeParser(
      [...options.jsonTypes],
      { parseAs: 'string' },
      app.getDefaultJsonParser('error', 'error'),
    );
  }

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    sendProblem(reply, toProblem(error, log));
  });
  app.setNotFoundHandler((_request, reply) => {
    sendProblem(
      reply,
      new ProblemError(404, 'not-found', 'there is nothing at this path; see /openapi.json'),
    );
  });

  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    try {
      await options.ready();
      return { status: 'ready' };
    } catch (error) {
      sendProblem(reply, new ProblemError(503, 'not-ready', (error as Error).message));
      return reply;
    }
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await options.metrics.text()),
  );
  app.get('/openapi.json', () => openApi(options.service, routes, signed));

  for (const spec of routes) mount(app, spec, options.clients);
  await app.register((own, _options, done) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, parsed) => {
      parsed(null, bytes);
    });
    for (const spec of signed) mountSigned(own, spec);
    done();
  });
  await app.listen({ host: options.host, port: options.port });
  return app;
}

function mount(app: FastifyInstance, spec: Route, clients: Clients | undefined): void {
  if (clients === undefined) throw new Error(`${spec.path}: a route needs the file of clients`);
  app.route({
    method: spec.method,
    url: spec.path,
    ...(spec.bodyLimit === undefined ? {} : { bodyLimit: spec.bodyLimit }),
    // Before the body is read: a stranger's bytes are not parsed.
    onRequest: (request, _reply, done) => {
      clients.require(request.headers.authorization, spec.right);
      done();
    },
    handler: async (request, reply) => {
      const client = clients.require(request.headers.authorization, spec.right);
      const body: unknown = spec.body === undefined ? undefined : parseBody(spec.body, request.body);
      const result = await spec.handle({
        body,
        client,
        params: request.params as Record<string, string>,
        query: request.query as Record<string, string>,
      });
      if (spec.type !== undefined) void reply.type(spec.type);
      return reply.status(spec.status ?? 200).send(result);
    },
  });
}

function mountSigned(app: FastifyInstance, spec: SignedRoute): void {
  app.post(spec.path, { bodyLimit: spec.bodyLimit }, async (request, reply) => {
    const status = await spec.handle({
      params: request.params as Record<string, string>,
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    return reply.status(status).send();
  });
}

function parseBody(schema: z.ZodType, body: unknown): unknown {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', issuesOf(parsed.error));
}

/** zod's findings as field, code and message; zod's messages name types and limits, not values. */
export function issuesOf(error: z.ZodError): FieldIssue[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return {
      field: path === '' ? '(body)' : path,
      code: issue.code,
      message: issue.code === 'unrecognized_keys' ? 'has a field that is not known' : issue.message,
    };
  });
}

function toProblem(error: FastifyError, log: Log): ProblemError {
  if (error instanceof ProblemError) return error;
  // The parser's own text may quote the body.
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) {
    return new ProblemError(400, 'malformed-json', 'the body is not JSON');
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ProblemError(413, 'too-large', 'the body is larger than this interface takes');
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ProblemError(415, 'unsupported-media-type', 'this content type is not taken here');
  }
  if (isRetryable(error)) {
    log.warn({ err: error }, 'a server that this call needs is not available');
    return new ProblemError(
      503,
      'unavailable',
      'a server behind this one is not available: send the same again',
    );
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new ProblemError(error.statusCode, 'bad-request', 'the request is not as HTTP wants it');
  }
  log.error({ err: error }, 'unexpected');
  return new ProblemError(500, 'internal', 'something failed here; the log of this service says what');
}

function sendProblem(reply: FastifyReply, problem: ProblemError): void {
  void reply
    .status(problem.status)
    .type('application/problem+json')
    .headers(problem.status === 503 ? { 'retry-after': '1' } : {})
    .send(
      JSON.stringify({
        type: `urn:keiro:problem:${problem.code}`,
        title: problem.message,
        status: problem.status,
        ...(problem.issues.length > 0 ? { errors: problem.issues } : {}),
      }),
    );
}
