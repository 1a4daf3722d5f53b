import { certificatesOf, isSignedBy, plain, refusalOf, type Trust } from './certificate.ts';

/** What a signed message says of itself, beside its bytes. §10.1: the former name of the headers is honoured too. */
export interface Signed {
  readonly domain: string | undefined;
  readonly signature: string | undefined;
}

export function signedBy(header: (name: string) => string | undefined): Signed {
  const of = (name: string) => header(`x-opendsr-${name}`) ?? header(`x-opengdpr-${name}`);
  return { domain: of('processor-domain'), signature: of('signature') };
}

export type Verdict = { readonly by: string; readonly certificate: string } | { readonly refused: string };

export interface Verifier {
  /** Whether the processor itself sent these bytes; nobody has to have read them. Throws where its certificate cannot be had. */
  check(signed: Signed, bytes: Buffer): Promise<Verdict>;
}

/** A certificate is believed for a day at most, for nobody asks whether it was revoked. */
const believedMs = 24 * 3_600_000;
/** Forged messages must not make us fetch without end. */
const betweenFetchesMs = 60_000;

/**
 * §8.8: first the name, which costs nothing; then the certificate, fetched from where discovery says and kept; then
 * the signature over the raw bytes. One that does not fit is looked at once more with the certificate as it is now,
 * for the processor may have a new one.
 */
export function createVerifier(options: {
  domain: string;
  /** Asked when there is something to check. */
  trust: () => Trust;
  /** The PEM that discovery points to. */
  fetchPem: () => Promise<string>;
  now: () => Date;
}): Verifier {
  const { domain, now } = options;
  let kept: { readonly path: ReturnType<typeof certificatesOf>; readonly at: number } | undefined;
  let fetching: Promise<void> | undefined;

  async function fetchAnew(): Promise<void> {
    fetching ??= options
      .fetchPem()
      .then((pem) => {
        kept = { path: certificatesOf(pem), at: now().getTime() };
      })
      .finally(() => {
        fetching = undefined;
      });
    await fetching;
  }

  function judge({ signature = '' }: Signed, bytes: Buffer): Verdict {
    const path = kept?.path ?? [];
    const refused = refusalOf(path, options.trust(), now());
    const [leaf] = path;
    if (refused !== undefined || leaf === undefined) return { refused: refused ?? 'no-certificate' };
    if (!isSignedBy(leaf, bytes, signature)) return { refused: 'signature' };
    return { by: domain, certificate: plain(leaf.fingerprint256) };
  }

  return {
    async check(signed, bytes) {
      if (signed.domain === undefined || signed.signature === undefined) return { refused: 'unsigned' };
      if (signed.domain.toLowerCase() !== domain.toLowerCase()) return { refused: 'domain' };
      const age = () => (kept === undefined ? Infinity : now().getTime() - kept.at);
      if (age() > believedMs) await fetchAnew();
      const verdict = judge(signed, bytes);
      if (!('refused' in verdict) || age() < betweenFetchesMs) return verdict;
      await fetchAnew();
      return judge(signed, bytes);
    },
  };
}
