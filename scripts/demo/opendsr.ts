import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** One identifier of a person, in normalised form. */
export interface Identity {
  readonly kind: string;
  readonly value: string;
}

/** What a holder outside the pipeline can do when erasure reaches it. */
export interface Erasable {
  /** Removes everything about the person; answers how many items there were. */
  erase(identities: readonly Identity[]): Promise<number>;
  /** How many items are still there. */
  count(identities: readonly Identity[]): Promise<number>;
}

const identitiesSchema = z
  .array(z.object({ identity_type: z.string().max(64), identity_value: z.string().max(320) }))
  .min(1)
  .max(1000);
const requestSchema = z.object({
  regulation: z.string(),
  subject_request_id: z.string().max(128),
  subject_request_type: z.string(),
  subject_identities: identitiesSchema,
});
const probeSchema = z.object({ subject_identities: identitiesSchema });

type Status = 'completed' | 'unsupported';
const remembered = 1000;

/**
 * A holder's side of a data subject request, in the shape of OpenDSR 3.0: `POST /requests`,
 * `GET /requests/:id`, and `POST /probe`, which looks again and says what is left. The identifiers of a request
 * are used and forgotten.
 */
export function serveOpenDsr(
  app: FastifyInstance,
  options: { token: string; prefix: string; holder: Erasable },
): void {
  const { holder, prefix } = options;
  const answers = new Map<
    string,
    { subject_request_id: string; request_status: Status; results_count: number }
  >();
  const digest = (token: string) => createHash('sha256').update(token).digest();
  const wanted = digest(`Bearer ${options.token}`);

  const isAllowed = (authorization: string | undefined) =>
    timingSafeEqual(digest(authorization ?? ''), wanted);
  const identitiesOf = (list: z.infer<typeof identitiesSchema>): Identity[] =>
    list.map(({ identity_type, identity_value }) => ({ kind: identity_type, value: identity_value }));

  app.register(
    (routes, _options, done) => {
      routes.addHook('onRequest', async (request, reply) => {
        if (!isAllowed(request.headers.authorization)) {
          await reply.status(401).send({ message: 'a valid token is required' });
        }
      });
      routes.post('/requests', async (request, reply) => {
        const body = requestSchema.safeParse(request.body);
        if (!body.success) return reply.status(400).send({ message: 'not an OpenDSR request' });
        const { subject_request_id: id, subject_request_type: type } = body.data;
        const isErasure = type === 'erasure';
        const affected = isErasure ? await holder.erase(identitiesOf(body.data.subject_identities)) : 0;
        const answer = {
          subject_request_id: id,
          request_status: isErasure ? ('completed' as const) : ('unsupported' as const),
          results_count: affected + (answers.get(id)?.results_count ?? 0),
        };
        const oldest = answers.keys().next().value;
        if (answers.size >= remembered && oldest !== undefined) answers.delete(oldest);
        answers.set(id, answer);
        return reply.status(isErasure ? 201 : 422).send(answer);
      });
      routes.get<{ Params: { id: string } }>('/requests/:id', (request, reply) => {
        const answer = answers.get(request.params.id);
        return answer === undefined
          ? reply.status(404).send({ message: 'no such request' })
          : reply.send(answer);
      });
      routes.post('/probe', async (request, reply) => {
        const body = probeSchema.safeParse(request.body);
        if (!body.success) return reply.status(400).send({ message: 'not a probe' });
        return { found: await holder.count(identitiesOf(body.data.subject_identities)) };
      });
      done();
    },
    { prefix },
  );
}
