import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createBook, type Entry, type Fulfiller } from './book.ts';
import { errorBody, identitiesIn, requestSchema } from './messages.ts';
import { signatureOf, tell, type Seal } from './seal.ts';

export interface ProcessorOptions {
  readonly prefix: string;
  readonly token: string;
  readonly seal: Seal;
  readonly fulfiller: Fulfiller;
  /** Types of identities that it knows persons by; given raw. */
  readonly identities: readonly string[];
  readonly types?: readonly string[];
  readonly apiVersion?: string;
  readonly promiseMs?: () => number;
  readonly pace?: (status: 'pending' | 'in_progress') => Promise<void>;
  readonly now: () => Date;
  readonly onFailure: (error: unknown) => void;
}

const controllerId = 'tsubame';

/**
 * A processor's side of OpenDSR 3.0: discovery (6), requests (7), their status (8.1), callbacks (8.5) and cancellation
 * (9), every answer signed with the certificate that discovery points to.
 */
export function serveOpenDsr(app: FastifyInstance, options: ProcessorOptions): void {
  const { prefix, apiVersion = '3.0' } = options;
  const types = options.types ?? ['access', 'portability', 'erasure'];
  const resultsOf = new Map<string, string>();
  const book = createBook({
    fulfiller: options.fulfiller,
    get promiseMs() {
      return options.promiseMs?.() ?? 1000;
    },
    now: options.now,
    ...(options.pace === undefined ? {} : { pace: options.pace }),
    onChange(entry) {
      for (const url of entry.callbacks) void tell(options.seal, url, stateOf(entry, undefined));
    },
    onFailure: options.onFailure,
  });

  const stateOf = (entry: Entry, results: string | undefined) => ({
    controller_id: controllerId,
    expected_completion_time: entry.status === 'cancelled' ? null : entry.expected.toISOString(),
    subject_request_id: entry.id,
    request_status: entry.status,
    api_version: apiVersion,
    results_url: results ?? null,
    ...(entry.count === undefined ? {} : { results_count: entry.count }),
  });
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${options.token}`);
  const addressOf = (request: FastifyRequest, path: string) =>
    `${request.protocol}://${request.host}${prefix}${path}`;
  const signed = (reply: FastifyReply, status: number, message: object) => {
    const body = JSON.stringify(message);
    return reply.status(status).headers(signatureOf(options.seal, body)).type('application/json').send(body);
  };
  const refuse = (reply: FastifyReply, status: number, message: string) =>
    reply.status(status).send(errorBody(status, message));

  app.register(
    (open, _options, done) => {
      open.get('/discovery', (request) => ({
        api_version: apiVersion,
        supported_identities: options.identities.map((type) => ({
          identity_type: type,
          identity_format: 'raw',
        })),
        supported_subject_request_types: types,
        processor_certificate: addressOf(request, '/certificate.pem'),
      }));
      open.get('/certificate.pem', (_request, reply) =>
        reply.type('application/x-pem-file').send(options.seal.chain),
      );
      open.register((routes, _own, ready) => {
        routes.addHook('onRequest', async (request, reply) => {
          if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted))
            await refuse(reply, 401, 'a valid token is required');
        });
        routes.post('/requests', (request, reply) => {
          const body = requestSchema.safeParse(request.body);
          if (!body.success) return refuse(reply, 400, 'not an OpenDSR request');
          if (!types.includes(body.data.subject_request_type))
            return refuse(reply, 400, 'this type of request is not supported');
          if (book.get(body.data.subject_request_id) !== undefined)
            return refuse(reply, 400, 'Subject request already exists.');
          const entry = book.take(body.data, identitiesIn(body.data, options.seal.domain));
          return signed(reply, 201, {
            controller_id: controllerId,
            expected_completion_time: entry.expected.toISOString(),
            received_time: entry.received.toISOString(),
            encoded_request: Buffer.from(JSON.stringify(request.body)).toString('base64'),
            subject_request_id: entry.id,
          });
        });
        routes.get<{ Params: { id: string } }>('/requests/:id', (request, reply) => {
          const entry = book.get(request.params.id);
          if (entry === undefined) return refuse(reply, 404, 'no such request');
          if (entry.results === undefined) return signed(reply, 200, stateOf(entry, undefined));
          const secret = resultsOf.get(entry.id) ?? randomUUID();
          resultsOf.set(entry.id, secret);
          return signed(reply, 200, stateOf(entry, addressOf(request, `/results/${entry.id}/${secret}`)));
        });
        routes.delete<{ Params: { id: string } }>('/requests/:id', (request, reply) => {
          const { id } = request.params;
          if (book.get(id) === undefined) return refuse(reply, 404, 'no such request');
          if (book.cancel(id) === undefined)
            return refuse(reply, 400, 'only a pending request can be cancelled');
          return signed(reply, 202, {
            controller_id: controllerId,
            subject_request_id: id,
            received_time: options.now().toISOString(),
            api_version: apiVersion,
          });
        });
        routes.get<{ Params: { id: string; secret: string } }>('/results/:id/:secret', (request, reply) => {
          const { id, secret } = request.params;
          const results = book.get(id)?.results;
          if (results === undefined || resultsOf.get(id) !== secret)
            return refuse(reply, 404, 'no such results');
          return reply.send({ results });
        });
        ready();
      });
      done();
    },
    { prefix },
  );
}
