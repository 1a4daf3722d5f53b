import type { Redis } from 'ioredis';
import type { ConnectorConfig } from '@keiro/schemas';
import type { Scan, ScannedBatch } from './connector.ts';
import { placeOf, positionAt } from './position.ts';

type Pattern = Extract<ConnectorConfig, { kind: 'redis' }>['keys'][number];

/** Every key that a pattern names. Keys that none names are seen by nobody. A key may come twice. */
export async function* scanKeys(
  redis: Redis,
  patterns: readonly Pattern[],
  { from, signal }: Scan,
): AsyncGenerator<ScannedBatch> {
  const { place: first, at } = placeOf(from);
  for (const [position, { pattern, identifier }] of patterns.entries()) {
    if (position < first) continue;
    const identifierIn = readerOf({ pattern, identifier });
    let cursor = position === first && at !== '' ? at : '0';
    do {
      signal.throwIfAborted();
      const [next, keys] = await redis.scan(cursor, 'MATCH', globOf({ pattern, identifier }), 'COUNT', 1000);
      cursor = next;
      const rows = keys.flatMap((key) => {
        const value = identifierIn(key);
        return value === undefined ? [] : [{ identifiers: [{ kind: identifier, value }] }];
      });
      if (rows.length === 0) continue;
      yield {
        place: pattern,
        rows,
        after: () => (next === '0' ? positionAt(position + 1, '') : positionAt(position, next)),
      };
    } while (cursor !== '0');
  }
}

/** The pattern as Redis matches it: what it means by itself is escaped. Pure. */
export function globOf({ pattern, identifier }: Pattern): string {
  const parts = pattern.split(`{${identifier}}`);
  return parts.map((part) => part.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)).join('*');
}

/** Reads the identifier out of a key; undefined where the key is not as the pattern says. Pure. */
export function readerOf({ pattern, identifier }: Pattern): (key: string) => string | undefined {
  const parts = pattern
    .split(`{${identifier}}`)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const [before = '', ...rest] = parts;
  // Named more than once, it must be the same each time.
  const shape = new RegExp(`^${before}(?<value>[^]+)${rest.join(String.raw`\k<value>`)}$`);
  return (key) => shape.exec(key)?.groups?.['value'];
}
