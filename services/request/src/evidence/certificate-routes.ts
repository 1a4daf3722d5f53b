import { ProblemError, route, type Call, type Route } from '@keiro/runtime';
import { printedCertificate } from '@keiro/runtime/evidence/certificate-print';
import { renderHtml } from '@keiro/runtime/printed/html';
import { renderPdf } from '@keiro/runtime/printed/pdf';
import {
  certificateId,
  certificateSchema,
  digestOf,
  issuedCertificatesSchema,
  type Certificate,
  type IssuedCertificates,
} from '@keiro/schemas';
import { z } from 'zod';
import { reopenedLast } from '../reopen.ts';
import type { CertificateStore } from './certificate-store.ts';
import { certificateOf, idsOf } from './certifier.ts';
import type { ChainStore } from './chain-store.ts';

type Asked = Pick<Call<unknown>, 'params' | 'query'>;

/** Of a request that is over and gone nobody knows any more how many there may be. */
const manyIds = (request: string) =>
  Array.from({ length: 20 }, (_, index) => certificateId(request, index + 1));

/** Certificates of a request: the last word, and all there are. */
export function certificateRoutes(certificates: CertificateStore, chain: Pick<ChainStore, 'entry'>): Route[] {
  async function issued(id: string): Promise<{
    readonly all: readonly Certificate[];
    readonly reopened: ReturnType<typeof reopenedLast>;
  }> {
    const [request] = await certificates.requests([id]);
    const found = await certificates.certificates(request === undefined ? manyIds(id) : idsOf(request));
    const all = found.map(certificateOf).toSorted((one, other) => one.content.number - other.content.number);
    const last = all.at(-1);
    const reopened = request && reopenedLast(request);
    const isSince =
      reopened !== undefined && last !== undefined && reopened.at > new Date(last.content.doneAt);
    return { all, reopened: isSince ? reopened : undefined };
  }

  /** The last word about a request; `?number=1` for the first where another has superseded it. */
  async function find({ params, query }: Asked): Promise<Certificate> {
    const request = params['id'] ?? '';
    const { all, reopened } = await issued(request);
    const asked = query['number'];
    const last =
      asked === undefined ? all.at(-1) : all.find(({ content }) => content.number === Number(asked));
    if (asked === undefined && last !== undefined && reopened !== undefined)
      throw new ProblemError(
        409,
        'reopened',
        `${last.content.id} is no longer the last word: the request was reopened at ${reopened.at.toISOString()} (${reopened.because}) and has no certificate since; ?number=${String(last.content.number)} shows it all the same`,
      );
    if (last !== undefined) return last;
    const next = certificateId(request, (all.at(-1)?.content.number ?? 0) + 1);
    const withheld = await chain.entry(`${next}/withheld`);
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
      path: '/v1/requests/:id/certificates',
      summary:
        'All certificates of a request in order, each with what superseded it, and whether the last one holds',
      right: 'requests:read',
      answer: issuedCertificatesSchema,
      async handle({ params }): Promise<IssuedCertificates> {
        const { all, reopened } = await issued(params['id'] ?? '');
        return {
          certificates: all.map((certificate) => {
            const { id, number, issuedAt, outcome, supersedes } = certificate.content;
            const later = all.find(({ content }) => content.supersedes?.id === id)?.content;
            return {
              ...{ id, number, issuedAt, outcome, digest: digestOf(certificate) },
              ...(supersedes === undefined ? {} : { supersedes: supersedes.id }),
              ...(later?.supersedes === undefined
                ? {}
                : { superseded: { by: later.id, because: later.supersedes.because } }),
            };
          }),
          ...(reopened === undefined
            ? {}
            : { reopened: { at: reopened.at.toISOString(), because: reopened.because } }),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/requests/:id/certificate',
      summary:
        'The certificate of a request that has ended; ?number=1 for the first where another has superseded it',
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
