import type { ConnectorConfig } from '@keiro/schemas';
import type { Scan, ScannedBatch } from './connector.ts';
import { placeOf, positionAt } from './position.ts';
import { commonPrefix, readerOf } from './s3-keys.ts';
import { versionsUnder, type Bucket } from './s3-list.ts';

type Config = Extract<ConnectorConfig, { kind: 's3' }>;

/** Every version whose key a pattern names; keys that none names are seen by nobody. */
export async function* scanObjects(
  bucket: Bucket,
  { keys, encoding }: Config,
  { from, signal }: Scan,
): AsyncGenerator<ScannedBatch> {
  const { place: first, at } = placeOf(from);
  for (const [position, pattern] of keys.entries()) {
    if (position < first) continue;
    const identifierIn = readerOf(pattern, encoding);
    // A key may hold an identifier and a position may not: it counts the versions before it.
    let passed = position === first && at !== '' ? Number(at) : 0;
    let skip = passed;
    for await (const page of versionsUnder(bucket, commonPrefix(pattern), signal)) {
      signal.throwIfAborted();
      const versions = page.slice(skip);
      skip = Math.max(0, skip - page.length);
      if (versions.length === 0) continue;
      passed += versions.length;
      const rows = versions.flatMap(({ key }) => {
        const value = identifierIn(key);
        return value === undefined ? [] : [{ identifiers: [{ kind: pattern.identifier, value }] }];
      });
      const here = passed;
      yield {
        place: pattern.pattern,
        rows,
        after: (removed) => {
          passed = Math.max(0, here - removed);
          return positionAt(position, String(passed));
        },
      };
    }
  }
}
