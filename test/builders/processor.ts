import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import { makeSeal } from '@keiro/scripts/demo/opendsr/ensure-seal';
import { serveOpenDsr } from '@keiro/scripts/demo/opendsr/processor';
import type { Seal } from '@keiro/scripts/demo/opendsr/seal';

/** How a processor behaves: as it should, or as some do. `late`: it does nothing until `finish` is called. */
export type Manner = 'honest' | 'lying' | 'slow' | 'late' | 'garbage' | 'broken' | 'forging';

export const processorDomain = 'opendsr.processor.example';

/** A processor of another company: the demo's own OpenDSR server over what it was given, in memory. */
export interface Processor {
  readonly url: string;
  /** `<type>:<value>` of each item it holds. */
  readonly items: string[];
  manner: Manner;
  /** Ids of the erasure requests that it took. */
  readonly requests: string[];
  /** Where it was asked to tell how its erasures go. */
  readonly callbacks: string[];
  /** Ids that were taken back. */
  readonly cancelled: string[];
  /** PEM file of the authority that vouches for it. */
  readonly authorityFile: string;
  readonly seal: Seal;
  /** Lets go on what is late. */
  finish(): void;
  close(): Promise<void>;
}

export interface ProcessorTraits {
  readonly types?: readonly string[];
  readonly apiVersion?: string;
}

// Keys take a while to make, and every processor of these tests is of the same company.
const { authority, seal } = makeSeal(processorDomain, new Date());
const { seal: forged } = makeSeal(processorDomain, new Date());

export async function startProcessor(token: string, traits: ProcessorTraits = {}): Promise<Processor> {
  const folder = mkdtempSync(join(tmpdir(), 'keiro-processor-'));
  const authorityFile = join(folder, 'authority.pem');
  writeFileSync(authorityFile, authority.pem);
  const items: string[] = [];
  const requests: string[] = [];
  const callbacks: string[] = [];
  const cancelled: string[] = [];
  const waiting = new Set<() => void>();
  const processor = {
    items,
    requests,
    callbacks,
    cancelled,
    authorityFile,
    seal,
    manner: 'honest' as Manner,
    finish() {
      for (const go of waiting) go();
      waiting.clear();
    },
  };
  const namesOf = (identities: readonly { kind: string; value: string }[]) =>
    new Set(identities.map(({ kind, value }) => `${kind}:${value}`));

  const app = Fastify({ bodyLimit: 1_048_576, forceCloseConnections: true });
  app.addHook('preHandler', async (request, reply) => {
    // Quotes what it was sent, as careless servers do.
    if (processor.manner === 'broken' && request.method === 'POST')
      await reply.status(500).send({ error: request.body });
    const body = request.body as
      | { subject_request_id?: string; subject_request_type?: string; status_callback_urls?: string[] }
      | undefined;
    if (body?.subject_request_type === 'erasure') {
      requests.push(body.subject_request_id ?? '');
      callbacks.push(...(body.status_callback_urls ?? []));
    }
    if (request.method === 'DELETE') cancelled.push(request.url.split('/').at(-1) ?? '');
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    const isStatus = request.method === 'GET' && request.url.includes('/requests/');
    done(null, processor.manner === 'garbage' && isStatus ? '"it went well"' : payload);
  });
  serveOpenDsr(app, {
    prefix: '/v3',
    token,
    // Signs with a key of its own making, and shows a certificate of its own making.
    get seal() {
      return processor.manner === 'forging' ? forged : seal;
    },
    identities: ['controller_customer_id', 'email'],
    ...traits,
    fulfiller: {
      erase(identities) {
        const named = namesOf(identities);
        const before = items.length;
        const kept = processor.manner === 'lying' ? [...items] : items.filter((item) => !named.has(item));
        items.splice(0, items.length, ...kept);
        return Promise.resolve(before - items.length);
      },
      find(identities) {
        const named = namesOf(identities);
        return Promise.resolve(items.filter((item) => named.has(item)).map((item) => ({ item })));
      },
    },
    promiseMs: () => (processor.manner === 'late' ? 600_000 : 1000),
    async pace() {
      if (processor.manner === 'slow') await delay(150);
      if (processor.manner === 'late') await new Promise<void>((go) => waiting.add(go));
    },
    now: () => new Date(),
    onFailure: () => undefined,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return Object.assign(processor, {
    url: `${url}/v3`,
    async close() {
      processor.finish();
      await app.close();
      rmSync(folder, { recursive: true });
    },
  });
}
