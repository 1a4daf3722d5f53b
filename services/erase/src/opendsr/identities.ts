import { createHash } from 'node:crypto';
import type { ConnectorConfig } from '@keiro/schemas';
import { ConnectorError, type SweptLife } from '../connectors/connector.ts';
import type { Discovery, Encoding, Identity } from './message.ts';

type Config = Extract<ConnectorConfig, { kind: 'http' }>;

/**
 * A person's identifiers under the names that the processor has for them; kinds without a name are not sent. Raw
 * where discovery (§6.3) says that it takes that, else as the hash that it takes (§5.2). Throws where the
 * configuration names a type that the processor does not know: what is silently left out would be kept for ever.
 */
export function identitiesOf(
  { identities: names }: Pick<Config, 'identities'>,
  { supported_identities: supported }: Pick<Discovery, 'supported_identities'>,
  lives: readonly SweptLife[],
): Identity[] {
  const taken = new Set<string>();
  return lives.flatMap(({ kind, value }): Identity[] => {
    const type = names === undefined ? kind : names[kind as keyof typeof names];
    if (type === undefined) return [];
    const encoding = encodingOf(type, supported);
    if (encoding === undefined) {
      // Without a mapping of its own the configuration has promised nothing.
      if (names === undefined) return [];
      throw new ConnectorError(
        'identities',
        `the processor takes no identity of type ${type}, by which the register names ${kind}: correct identities in the register of holders`,
      );
    }
    const name = `${type}\n${value}`;
    if (taken.has(name)) return [];
    taken.add(name);
    return [{ type, value: encoding === 'raw' ? value : hashed(encoding, value), encoding }];
  });
}

function encodingOf(
  type: string,
  supported: Discovery['supported_identities'],
): Exclude<Encoding, 'sha1' | 'md5'> | undefined {
  // Discovery lists no types of extensions.
  if (type.includes('/')) return 'raw';
  const formats = supported.filter((one) => one.identity_type === type).map((one) => one.identity_format);
  return formats.includes('raw') ? 'raw' : formats.includes('sha256') ? 'sha256' : undefined;
}

const hashed = (encoding: 'sha256', value: string) => createHash(encoding).update(value).digest('hex');
