import type { z } from 'zod';
import { ConnectorError, WaitingError } from '../connectors/connector.ts';
import { acceptedSchema, discoverySchema, statusSchema, type Discovery, type Status } from './message.ts';
import { signedBy, type Verifier } from './trust.ts';

const timeoutMs = 10_000;
const discoveryIsGoodMs = 3_600_000;
const answerLimit = 1024 * 1024;

/** A processor's word, as it was signed: what a later reader can check with its certificate. */
export interface Word {
  /** SHA-256 fingerprint of the certificate; absent where the processor's signature is not asked for. */
  readonly certificate?: string;
  readonly body: string;
  readonly signature?: string;
}

export interface OpenDsrClient {
  /** §6, kept for an hour. */
  discovery(signal: AbortSignal): Promise<Discovery>;
  /** §7. Asking for the same id again is no error: `known` then. */
  submit(body: object, signal: AbortSignal): Promise<'accepted' | 'known' | 'busy'>;
  /** §8.1; undefined where the processor knows no such request. */
  status(id: string, signal: AbortSignal): Promise<{ status: Status; word: Word } | undefined>;
  /** §9: false where it cannot be taken back any more. */
  cancel(id: string, signal: AbortSignal): Promise<boolean>;
  /** §6.3: the certificate that discovery points to, in PEM. */
  certificate(): Promise<string>;
  /** Where the results of an access or portability request are, as they come. */
  results(url: string, signal: AbortSignal): Promise<Response>;
}

export interface ClientOptions {
  /** With the major version at its end, as §3.4 wants it. */
  readonly url: string;
  /** Value of the header; §4.3 leaves to the processor what it is. */
  readonly authorization?: string;
  /** Setting that holds the credentials, for the message that they are refused. */
  readonly credentials: string;
  /** Host of the certificate where that is not the processor's own. */
  readonly certificateHost?: string;
  readonly now: () => Date;
}

/** Absent: the processor's signature is not asked for. */
type VerifierOf = () => Verifier | undefined;

/** A processor's OpenDSR interface. What it answers is read as data; what it quotes goes no further than this. */
export function createOpenDsrClient(options: ClientOptions, verifierOf: VerifierOf): OpenDsrClient {
  const { url, now } = options;
  let discovered: { readonly answer: Discovery; readonly at: number } | undefined;

  function request(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    return fetch(`${url}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(options.authorization === undefined ? {} : { authorization: options.authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The answer to a call that is named `what`, if its status is one of the wanted ones. */
  function requireStatus(what: string, response: Response, wanted: readonly number[]): void {
    const { status } = response;
    if (wanted.includes(status)) return;
    if (status === 401 || status === 403) {
      throw new ConnectorError(
        'credentials',
        `${what} answered ${String(status)}: the processor refuses the credentials; put valid ones into ${options.credentials} and restart erase`,
      );
    }
    if (status === 429 || status === 503) {
      throw new WaitingError(`${what} answered ${String(status)}`, { until: retryAfter(response, now()) });
    }
    throw new ConnectorError('http-status', `${what} answered ${String(status)}`);
  }

  async function read<T extends z.ZodType>(
    what: string,
    response: Response,
    schema: T,
  ): Promise<{ answer: z.infer<T>; word: Word }> {
    const bytes = await bytesOf(what, response);
    const signed = signedBy((name) => response.headers.get(name) ?? undefined);
    const verdict = await verifierOf()?.check(signed, bytes);
    if (verdict !== undefined && 'refused' in verdict) {
      throw new ConnectorError(
        'signature',
        `${what} is not proven to be the processor’s: ${verdict.refused}`,
      );
    }
    const word: Word = {
      body: bytes.toString(),
      ...(verdict === undefined ? {} : { certificate: verdict.certificate, signature: signed.signature }),
    };
    return { answer: parse(what, word.body, schema), word };
  }

  return {
    async discovery(signal) {
      if (discovered !== undefined && now().getTime() - discovered.at < discoveryIsGoodMs)
        return discovered.answer;
      const what = 'GET /discovery';
      const response = await request('GET', '/discovery', signal);
      requireStatus(what, response, [200]);
      const answer = parse(what, (await bytesOf(what, response)).toString(), discoverySchema);
      discovered = { answer, at: now().getTime() };
      return answer;
    },

    async submit(body, signal) {
      const what = 'POST /requests';
      const response = await request('POST', '/requests', signal, body);
      // Whether that is our own request, its status tells.
      if (response.status === 400 || response.status === 409) {
        await response.body?.cancel();
        return response.status === 400 ? 'known' : 'busy';
      }
      // §7.3 says 201; some say 200 or 202.
      requireStatus(what, response, [201, 200, 202]);
      await read(what, response, acceptedSchema);
      return 'accepted';
    },

    async status(id, signal) {
      const what = 'GET /requests/:id';
      const response = await request('GET', `/requests/${id}`, signal);
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      requireStatus(what, response, [200]);
      const { answer, word } = await read(what, response, statusSchema);
      if (answer.subject_request_id !== id)
        throw new ConnectorError('garbage', `${what} answered about another request`);
      return { status: answer, word };
    },

    async cancel(id, signal) {
      const what = 'DELETE /requests/:id';
      const response = await request('DELETE', `/requests/${id}`, signal);
      if (response.status === 404 || response.status === 400 || response.status === 409) {
        await response.body?.cancel();
        return false;
      }
      requireStatus(what, response, [202, 200]);
      await read(what, response, acceptedSchema);
      return true;
    },

    async certificate() {
      const what = 'the processor’s certificate';
      const signal = AbortSignal.timeout(timeoutMs);
      const { processor_certificate: address } = await this.discovery(signal);
      if (address === undefined) throw new ConnectorError('certificate', 'discovery names no certificate');
      const place = new URL(address);
      // §6.3: from the processor itself, so that nobody makes us call where he likes.
      const isOwn = place.host === new URL(url).host || place.hostname === options.certificateHost;
      if (!isOwn)
        throw new ConnectorError(
          'certificate',
          'discovery names a certificate on a host that is not its own',
        );
      if (place.protocol !== 'https:' && place.hostname !== '127.0.0.1')
        throw new ConnectorError('certificate', 'discovery names a certificate without https');
      const response = await fetch(place, { redirect: 'error', signal });
      requireStatus(what, response, [200]);
      return (await bytesOf(what, response)).toString();
    },

    async results(address, signal) {
      const what = 'the results';
      const place = new URL(address);
      const isOwn = place.origin === new URL(url).origin;
      if (!isOwn && place.protocol !== 'https:')
        throw new ConnectorError('results', 'the results are at an address without https');
      // The credentials are for the processor alone.
      const headers = new Headers();
      if (isOwn && options.authorization !== undefined) headers.set('authorization', options.authorization);
      const response = await fetch(place, { headers, redirect: 'error', signal });
      requireStatus(what, response, [200]);
      return response;
    },
  };
}

async function bytesOf(what: string, response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.byteLength;
    if (size > answerLimit) throw new ConnectorError('garbage', `${what} answered more than 1 MB`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function parse<T extends z.ZodType>(what: string, text: string, schema: T): z.infer<T> {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the body').join(', ');
  throw new ConnectorError('garbage', `${what} answered something else: ${fields}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Seconds or a date; a minute where it says neither, an hour at most. */
function retryAfter(response: Response, now: Date): Date {
  const text = response.headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  const wanted = Number.isNaN(seconds) ? 60 : Math.min(Math.max(seconds, 1), 3600);
  return new Date(now.getTime() + wanted * 1000);
}
