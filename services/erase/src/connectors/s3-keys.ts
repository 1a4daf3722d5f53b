import type { ConnectorConfig } from '@keiro/schemas';
import { ConnectorError, type SweptLife, type Work } from './connector.ts';
import { keysOf } from './redis-keys.ts';

type Config = Extract<ConnectorConfig, { kind: 's3' }>;
type Pattern = Config['keys'][number];

/** Objects of a person: every one under a prefix, or the one with a key, in all its versions or one of them. */
export interface Target {
  /** As erasing counts it. */
  readonly place: string;
  readonly key: string;
  readonly isPrefix: boolean;
  readonly version?: string;
}

/** Place of what locators name. */
const locatorPlace = 'locators';

/** Where objects of these lives may be, by pattern and by locator. Pure. */
export function targetsOf(
  config: Pick<Config, 'bucket' | 'keys' | 'encoding'>,
  { lives, locators }: Pick<Work, 'lives' | 'locators'>,
): Target[] {
  const named = config.keys.flatMap((pattern) => {
    const isPrefix = pattern.pattern.endsWith('/');
    return keysOf(pattern, encoded(config, pattern, isPrefix, lives)).map((key) => ({
      place: pattern.pattern,
      key,
      isPrefix,
    }));
  });
  return [...named, ...new Set(locators)].map((one) =>
    typeof one === 'string' ? located(config, one) : one,
  );
}

/**
 * What an erasure removes, and what it leaves for a floor: whole objects, where a pattern says that they hold one of the
 * fields, or where a copy was reported of which something is kept. Pure.
 */
export function dividedOf(
  config: Pick<Config, 'bucket' | 'keys' | 'encoding'>,
  work: Pick<Work, 'lives' | 'locators' | 'keep'>,
): { readonly goes: Target[]; readonly stays: Target[] } {
  const all = targetsOf(config, work);
  const { keep = [] } = work;
  if (keep.length === 0) return { goes: all, stays: [] };
  const holding = new Set(
    config.keys
      .filter(({ holds = [] }) => holds.some((field) => keep.includes(field)))
      .map(({ pattern }) => pattern),
  );
  const isKept = ({ place }: Target) => place === locatorPlace || holding.has(place);
  return { goes: all.filter((target) => !isKept(target)), stays: all.filter(isKept) };
}

function encoded(
  { encoding = 'raw' }: Pick<Config, 'encoding'>,
  { identifier, pattern }: Pattern,
  isPrefix: boolean,
  lives: readonly SweptLife[],
): SweptLife[] {
  return lives
    .filter(({ kind }) => kind === identifier)
    .map((life) => {
      if (encoding === 'url') return { ...life, value: encodeURIComponent(life.value) };
      // Under `exports/{member}/` the objects of a/b would be among those of a.
      if (isPrefix && (life.value.includes('/') || ['', '.', '..'].includes(life.value))) {
        throw new ConnectorError(
          'identifier',
          `an identifier (${identifier}) cannot be told from a folder in ${pattern}: write keys with encoding url, and say so in the register of holders`,
        );
      }
      return life;
    });
}

/** A locator is a key, `<key>?versionId=<version>`, or either after `s3://<bucket>/`. */
function located({ bucket }: Pick<Config, 'bucket'>, locator: string): Target {
  const [, named, path = ''] = /^(?:s3:\/\/([^/]+)\/)?([^]*)$/.exec(locator) ?? [];
  if (named !== undefined && named !== bucket)
    throw new ConnectorError('locator', 'a locator names another bucket than the register of holders');
  const [, key = path, version] = /^([^]*)\?versionId=([\w.-]+)$/.exec(path) ?? [];
  return { place: locatorPlace, key, isPrefix: false, ...(version === undefined ? {} : { version }) };
}

/** Pure. */
export function isAt(targets: readonly Target[], key: string): boolean {
  return targets.some((target) =>
    target.isPrefix ? key.startsWith(target.key) : key === target.key && target.version === undefined,
  );
}

/** Whether one of these targets means this version. Pure. */
export function means(
  targets: readonly Target[],
  { key, id }: { readonly key: string; readonly id: string },
): boolean {
  return targets.some((target) =>
    target.isPrefix
      ? key.startsWith(target.key)
      : key === target.key && (target.version === undefined || target.version === id),
  );
}

/** What all keys of a pattern begin with. Pure. */
export const commonPrefix = ({ pattern }: Pattern): string => pattern.slice(0, pattern.indexOf('{'));

/** Reads the identifier out of a key; undefined where the key is not as the pattern says. Pure. */
export function readerOf(
  { pattern, identifier }: Pattern,
  encoding: Config['encoding'] = 'raw',
): (key: string) => string | undefined {
  const [before = '', ...rest] = pattern
    .split(`{${identifier}}`)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const isPrefix = pattern.endsWith('/');
  const value = isPrefix || encoding === 'url' ? '[^/]+' : '[^]+';
  const shape = new RegExp(
    `^${before}(?<value>${value})${rest.join(String.raw`\k<value>`)}${isPrefix ? '' : '$'}`,
  );
  return (key) => {
    const found = shape.exec(key)?.groups?.['value'];
    return found === undefined || encoding === 'raw' ? found : decoded(found);
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
