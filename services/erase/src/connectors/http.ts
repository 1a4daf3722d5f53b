import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectorConfig, Confirmed } from '@keiro/schemas';
import { ask, type Answered } from '../opendsr/ask.ts';
import { certificatesOf, publicAuthorities } from '../opendsr/certificate.ts';
import { createOpenDsrClient } from '../opendsr/client.ts';
import { identitiesOf } from '../opendsr/identities.ts';
import { inChunks, itemsOf } from '../opendsr/results.ts';
import { createVerifier } from '../opendsr/trust.ts';
import type { Wakes } from '../opendsr/wakes.ts';
import { ConnectorError, type Connector, type Flagging, type Work } from './connector.ts';
import { cannotCorrect } from './fields.ts';

type Config = Extract<ConnectorConfig, { kind: 'http' }>;

export interface ProcessorDependencies {
  readonly wakes: Wakes;
  readonly now: () => Date;
  /** Where processors reach us, without a path; absent: they are asked only. */
  readonly callbackBase?: string;
}

/** How many signed answers a receipt carries, and how long one may be. */
const wordsKept = 10;
const wordLimit = 2048;

/**
 * A processor that speaks OpenDSR 3.0: erasure, and a look afterwards by a request of type access where it takes that.
 * Where it takes none there is its word alone, and nobody says `erased` (see `Confirmed`). A processor tells lives apart
 * by the identifiers alone; a locator means nothing to it.
 */
export function openHttpConnector(
  config: Config,
  url: string,
  token: string | undefined,
  authorities: string | undefined,
  { wakes, now, callbackBase }: ProcessorDependencies,
): Connector {
  const { domain } = config;
  let trusted: readonly X509Certificate[] | undefined;
  const client = createOpenDsrClient(
    {
      url,
      ...(token === undefined ? {} : { authorization: authorizationOf(config, token) }),
      credentials: config.token?.env ?? 'token',
      ...(config.certificateHost === undefined ? {} : { certificateHost: config.certificateHost }),
      now,
    },
    () => verifier,
  );
  const verifier =
    domain === undefined
      ? undefined
      : createVerifier({
          domain,
          trust: () => ({
            domain,
            ...(config.pins === undefined ? {} : { pins: config.pins }),
            authorities: (trusted ??= authoritiesOf(authorities)),
          }),
          fetchPem: () => client.certificate(),
          now,
        });
  const deps = {
    client,
    wakes,
    now,
    // A callback that nobody can check is asked for by nobody.
    ...(callbackBase === undefined || domain === undefined
      ? {}
      : { callbackUrl: (work: Work) => callbackUrlOf(callbackBase, work.holder, work.task) }),
  };

  const cannotSay = (): Promise<Flagging> =>
    Promise.resolve({ unsupported: 'OpenDSR has no request for suspension' });

  return {
    async erase(work) {
      const answers = (await ask(config, work, 'erasure', deps)) ?? [];
      // Counted when all is done: a part that is looked at again must not count twice.
      for (const { status } of answers) work.count('requests', status.results_count ?? 0);
      if (answers.length > 0) work.confirmed?.(confirmationOf(domain, answers, now()));
    },
    suspend: cannotSay,
    resume: cannotSay,
    async probe(work) {
      const discovery = await client.discovery(work.signal);
      if (identitiesOf(config, discovery, work.lives).length === 0) return 0;
      if (!discovery.supported_subject_request_types.includes('access')) return undefined;
      const answers = await ask(config, work, 'access', deps);
      return answers === undefined ? undefined : foundIn(answers);
    },
    // OpenDSR 6.2 knows no such request; its implementers that have one (rectification) each have a form of their own.
    correct: (_work, changes) => Promise.resolve(cannotCorrect(changes)),
    async *export(work) {
      const discovery = await client.discovery(work.signal);
      const type = (['portability', 'access'] as const).find((one) =>
        discovery.supported_subject_request_types.includes(one),
      );
      if (type === undefined) {
        yield { items: [], unsupported: 'the processor takes requests neither of portability nor of access' };
        return;
      }
      const answers = await ask(config, work, type, deps);
      if (answers === undefined) yield { items: [], unsupported: 'the processor has not answered' };
      for (const { status } of answers ?? []) {
        if (typeof status.results_url !== 'string') continue;
        yield* inChunks(await itemsOf(await client.results(status.results_url, work.signal)));
      }
    },
    checkCallback: (signed, bytes) =>
      verifier === undefined ? Promise.resolve({ refused: 'no-domain' }) : verifier.check(signed, bytes),
    close: () => Promise.resolve(),
  };
}

/** A path of its own for each task: whom a callback wakes is known before anything of it is read. Pure. */
export const callbackUrlOf = (base: string, holder: string, task: string): string =>
  `${base.replace(/\/$/, '')}/v1/opendsr/callbacks/${holder}/${task}`;

/** How many items are left by the processor's own count (§8.3); undefined where it does not count. Pure. */
export function foundIn(answers: readonly Pick<Answered, 'status'>[]): number | undefined {
  let found = 0;
  for (const { status } of answers) {
    if (typeof status.results_count !== 'number') return undefined;
    found += status.results_count;
  }
  return found;
}

/** What the processor gives its word for. Pure. */
export function confirmationOf(by: string | undefined, answers: readonly Answered[], at: Date): Confirmed {
  const certificate = answers.find(({ word }) => word.certificate !== undefined)?.word.certificate;
  const results = foundIn(answers);
  const words = answers.flatMap(({ word: { body, signature }, status }) =>
    // An address of results may let its holder in.
    signature === undefined || body.length > wordLimit || typeof status.results_url === 'string'
      ? []
      : [{ body, signature }],
  );
  return {
    at,
    ...(by === undefined ? {} : { by }),
    ...(certificate === undefined ? {} : { certificate }),
    requests: answers.length,
    identifiers: answers.reduce((sum, { identifiers }) => sum + identifiers, 0),
    ...(results === undefined ? {} : { results }),
    words: words.slice(0, wordsKept),
  };
}

const authorizationOf = ({ scheme = 'bearer' }: Config, token: string): string =>
  scheme === 'bearer' ? `Bearer ${token}` : `Basic ${Buffer.from(token).toString('base64')}`;

function authoritiesOf(file: string | undefined): readonly X509Certificate[] {
  if (file === undefined) return publicAuthorities();
  try {
    return certificatesOf(readFileSync(file, 'utf8'));
  } catch {
    throw new ConnectorError('configuration', 'the file of authorities cannot be read as PEM');
  }
}
