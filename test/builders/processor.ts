import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const identitiesSchema = z
  .array(z.strictObject({ identity_type: z.string(), identity_value: z.string() }))
  .min(1);
const erasureSchema = z.strictObject({
  regulation: z.literal('appi'),
  subject_request_id: z.uuid(),
  subject_request_type: z.literal('erasure'),
  subject_identities: identitiesSchema,
});
const probeSchema = z.strictObject({ subject_identities: identitiesSchema });

/** How a processor behaves: as it should, or as some do. */
export type Manner = 'honest' | 'lying' | 'slow' | 'garbage' | 'broken';

/** A processor of another company: an HTTP server that speaks OpenDSR and keeps what it was given in memory. */
export interface Processor {
  readonly url: string;
  /** `<type>:<value>` of each item it holds. */
  readonly items: string[];
  manner: Manner;
  /** Ids of the erasure requests that it took. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function startProcessor(token: string): Promise<Processor> {
  const items: string[] = [];
  const requests: string[] = [];
  const answers = new Map<string, { asked: number; results: number }>();
  const processor = { items, requests, manner: 'honest' as Manner };

  function erase(body: z.infer<typeof erasureSchema>): void {
    const named = new Set(namesOf(body.subject_identities));
    const before = items.length;
    if (processor.manner !== 'lying') {
      const kept = items.filter((item) => !named.has(item));
      items.splice(0, items.length, ...kept);
    }
    requests.push(body.subject_request_id);
    const results = (answers.get(body.subject_request_id)?.results ?? 0) + before - items.length;
    answers.set(body.subject_request_id, { asked: 0, results });
  }

  function answer(method: string, path: string, body: unknown): { status: number; body: unknown } {
    // Quotes what it was sent, as careless servers do.
    if (processor.manner === 'broken') return { status: 500, body: { error: body } };
    if (processor.manner === 'garbage' && method === 'GET') return { status: 200, body: 'it went well' };
    if (method === 'POST' && path === '/requests') {
      erase(erasureSchema.parse(body));
      return { status: 201, body: { request_status: 'pending' } };
    }
    if (method === 'POST' && path === '/probe') {
      const named = new Set(namesOf(probeSchema.parse(body).subject_identities));
      return { status: 200, body: { found: items.filter((item) => named.has(item)).length } };
    }
    const known = answers.get(path.replace('/requests/', ''));
    if (known === undefined) return { status: 404, body: {} };
    known.asked += 1;
    const isDone = processor.manner !== 'slow' || known.asked > 3;
    return {
      status: 200,
      body: isDone
        ? { request_status: 'completed', results_count: known.results }
        : { request_status: 'in_progress' },
    };
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const given = request.headers.authorization === `Bearer ${token}`;
      const { status, body: text } = given
        ? answer(request.method ?? '', request.url ?? '', body)
        : { status: 401, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(text));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(processor, {
    url: `http://127.0.0.1:${String(port)}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

const namesOf = (identities: z.infer<typeof identitiesSchema>) =>
  identities.map(({ identity_type, identity_value }) => `${identity_type}:${identity_value}`);

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
