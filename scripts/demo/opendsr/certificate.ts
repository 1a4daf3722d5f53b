import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  bits,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  text,
  utcTime,
  yes,
} from './der.ts';

/** A certificate with its key. */
export interface Issued {
  readonly pem: string;
  readonly key: KeyObject;
  readonly name: string;
}

export interface Wanted {
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
  /** May vouch for others; `unsaid`: it signs certificates and does not say that it may. */
  readonly authority?: boolean | 'unsaid';
  /** RSA is what most processors sign with; P-256 unless said. */
  readonly key?: 'ec' | 'rsa';
}

const day = 24 * 3_600_000;
/** From a day ago, for clocks that differ. */
export const validFor = (days: number, now: Date): Pick<Wanted, 'from' | 'until'> => ({
  from: new Date(now.getTime() - day),
  until: new Date(now.getTime() + days * day),
});

/** A certificate (RFC 5280) for a name, which `by` vouches for; nobody but itself where that is absent. */
export function issue(wanted: Wanted, by?: Issued): Issued {
  const { publicKey, privateKey } =
    wanted.key === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = by?.key ?? privateKey;
  const algorithm =
    signer.asymmetricKeyType === 'rsa'
      ? sequence(objectId('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]))
      : sequence(objectId('1.2.840.10045.4.3.2'));
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(by?.name ?? wanted.name),
    sequence(utcTime(wanted.from), utcTime(wanted.until)),
    nameOf(wanted.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensionsOf(wanted))),
  );
  const der = sequence(content, algorithm, bits(sign('sha256', content, signer)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { pem, key: privateKey, name: wanted.name };
}

const nameOf = (name: string): Buffer => sequence(set(sequence(objectId('2.5.4.3'), text(name))));

const extension = (id: string, value: Buffer, critical: boolean): Buffer =>
  sequence(objectId(id), ...(critical ? [yes()] : []), octets(value));

function extensionsOf({ authority, name }: Wanted): Buffer[] {
  if (authority === undefined || authority === false) return speakingFor(name);
  return authority === 'unsaid' ? vouching().slice(1) : vouching();
}

/** Basic constraints and key usage: signs certificates. */
const vouching = (): Buffer[] => [
  extension('2.5.29.19', sequence(yes()), true),
  extension('2.5.29.15', bits(Buffer.from([0x04]), 2), true),
];

/** Key usage: signs messages; and the name once more as a DNS name. */
const speakingFor = (name: string): Buffer[] => [
  extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
  extension('2.5.29.17', sequence(implicit(2, Buffer.from(name))), false),
];
