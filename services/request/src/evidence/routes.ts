import { ProblemError, route, type Call, type Route } from '@keiro/runtime';
import { printedCertificate } from '@keiro/runtime/evidence/certificate-print';
import { renderHtml } from '@keiro/runtime/printed/html';
import { renderPdf } from '@keiro/runtime/printed/pdf';
import {
  auditLineSchema,
  auditListSchema,
  certificateId,
  certificateListSchema,
  certificateSchema,
  chainStateSchema,
  headOf,
  rotatedSchema,
  segmentAnswerSchema,
  segmentListSchema,
  type Certificate,
} from '@keiro/schemas';
import { z } from 'zod';
import type { CertificateStore } from './certificate-store.ts';
import { certificateOf } from './certifier.ts';
import type { ChainStore } from './chain-store.ts';
import type { KeyRotation } from './rotate.ts';
import type { Sealer } from './sealer.ts';

const pageSize = 200;

/** The audit chain, entry by entry, and certificates. */
export function evidenceRoutes(deps: {
  readonly chain: ChainStore;
  readonly certificates: CertificateStore;
  readonly sealer: Pick<Sealer, 'stopped'>;
  readonly rotation: KeyRotation;
  readonly now: () => Date;
}): Route[] {
  const { chain } = deps;

  async function segmentOf({ params }: Asked) {
    const number = Number(params['number']);
    const segment = Number.isInteger(number) ? await chain.segment(number) : undefined;
    if (segment === undefined)
      throw new ProblemError(404, 'unknown-segment', 'there is no segment with this number');
    return segment;
  }

  return [
    route({
      method: 'GET',
      path: '/v1/audit/state',
      summary: 'Where the audit chain stands, and what it does not hold yet (S1)',
      right: 'audit:read',
      answer: chainStateSchema,
      async handle() {
        const [newest, unsealed, oldest] = await Promise.all([
          chain.newest(),
          chain.countUnsealed(),
          chain.unsealed(pageSize),
        ]);
        const since = oldest.map(({ at }) => at).toSorted()[0];
        const stopped = deps.sealer.stopped();
        return {
          asOf: deps.now().toISOString(),
          ...(newest === undefined ? {} : { head: headOf(newest) }),
          unsealed,
          ...(since === undefined ? {} : { oldestUnsealedAt: since }),
          ...(stopped === undefined ? {} : { stopped }),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/segments',
      summary:
        'Segments of the chain without their leaves, 200 at a time; ?after= is the number of the last one seen',
      right: 'audit:read',
      answer: segmentListSchema,
      async handle({ query }) {
        const after = Number(query['after'] ?? '0');
        if (!Number.isInteger(after) || after < 0)
          throw new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
            { field: 'after', code: 'value', message: 'a whole number from 0' },
          ]);
        const numbers = Array.from({ length: pageSize }, (_, index) => after + 1 + index);
        return { segments: await chain.heads(numbers) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/segments/:number',
      summary: 'One segment with all entries that bear its number or are named in it, for a verifier',
      right: 'audit:read',
      answer: segmentAnswerSchema,
      async handle(call) {
        const segment = await segmentOf(call);
        return { segment, entries: await chain.entriesOf(segment) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/segments/:number/certificates',
      summary: 'Certificates whose issue is sealed in this segment',
      right: 'audit:read',
      answer: certificateListSchema,
      async handle(call) {
        const entries = await chain.entriesOf(await segmentOf(call));
        const ids = entries.flatMap(({ action, about }) =>
          action === 'certificate.issued' ? (about ?? []) : [],
        );
        const found = ids.length === 0 ? [] : await deps.certificates.certificates(ids);
        // One that cannot be read any more counts as gone.
        return { certificates: found.flatMap(({ text }) => readable(text)) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/unsealed',
      summary: 'Entries that no segment holds yet, 200 at most',
      right: 'audit:read',
      answer: auditListSchema,
      handle: async () => ({ entries: await chain.unsealed(pageSize) }),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/entry',
      summary: 'One entry, by ?id=',
      right: 'audit:read',
      answer: auditLineSchema,
      async handle({ query }) {
        const entry = await chain.entry(query['id'] ?? '');
        if (entry === undefined)
          throw new ProblemError(404, 'unknown-entry', 'there is no entry with this id');
        return entry;
      },
    }),
    route({
      method: 'POST',
      path: '/v1/audit/rotate-key',
      summary: 'A new key signs from now on; the old one signs, last of all, that it does',
      right: 'audit:rotate',
      answer: rotatedSchema,
      handle: ({ client }) => deps.rotation.rotate(client.name),
    }),
    ...certificateRoutes(deps.certificates, chain),
  ];
}

function readable(text: string): Certificate[] {
  try {
    const parsed = certificateSchema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

type Asked = Pick<Call<unknown>, 'params' | 'query'>;

function certificateRoutes(certificates: CertificateStore, chain: Pick<ChainStore, 'entry'>): Route[] {
  /** The newest of a request; `?number=1` for the first where a second has closed it. */
  async function find({ params, query }: Asked): Promise<Certificate> {
    const request = params['id'] ?? '';
    const asked = query['number'];
    const found =
      asked === undefined
        ? await certificates.latest([request])
        : await certificates.certificates([certificateId(request, Number(asked))]);
    if (found[0] !== undefined) return certificateOf(found[0]);
    const withheld = await chain.entry(`${certificateId(request, 1)}/withheld`);
    if (withheld !== undefined) {
      const holders = Object.entries((withheld.detail?.['holders'] ?? {}) as Record<string, string>);
      const why = holders.map(([holder, reason]) => `${holder}: ${reason}`).join(', ');
      throw new ProblemError(409, 'not-proven', `there is no certificate, because it is not proven (${why})`);
    }
    throw new ProblemError(
      404,
      'no-certificate',
      'there is no certificate of this request: one is issued seconds after its end was sealed',
    );
  }

  return [
    route({
      method: 'GET',
      path: '/v1/requests/:id/certificate',
      summary:
        'The certificate of a request that has ended; ?number=1 for the first where a second has closed it',
      right: 'requests:read',
      answer: certificateSchema,
      handle: find,
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id/certificate.html',
      summary: 'The same for a person to read; ?lang=ja or en',
      right: 'requests:read',
      answer: z.string(),
      type: 'text/html; charset=utf-8',
      handle: async (call) => renderHtml(printedCertificate(await find(call), langOf(call))),
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id/certificate.pdf',
      summary: 'The same to print; ?lang=ja or en',
      right: 'requests:read',
      answer: z.instanceof(Buffer),
      type: 'application/pdf',
      handle: async (call) => renderPdf(printedCertificate(await find(call), langOf(call))),
    }),
  ];
}

function langOf({ query }: Asked): 'ja' | 'en' {
  const lang = query['lang'] ?? 'ja';
  if (lang === 'ja' || lang === 'en') return lang;
  throw new ProblemError(400, 'invalid-query', 'the query is not as it should be', [
    { field: 'lang', code: 'value', message: 'ja or en' },
  ]);
}
