import { beforeAll, describe } from '@jest/globals';
import { atStore } from '../builders/at-store.ts';
import { directiveStore } from '../builders/directive-store.ts';
import { httpStore } from '../builders/store-http.ts';
import { mongodbStore } from '../builders/store-mongodb.ts';
import { postgresqlStore } from '../builders/store-postgresql.ts';
import { redisStore } from '../builders/store-redis.ts';
import { s3Program, s3Store } from '../builders/store-s3.ts';
import { analyticsStore, compositeStore } from '../builders/stores.ts';
import type { TestStore } from '../builders/test-store.ts';
import { erasing } from './connectors/erasing.ts';
import { failing } from './connectors/failing.ts';
import { fields } from './connectors/fields.ts';
import { scanning } from './connectors/scanning.ts';
import { staying } from './connectors/staying.ts';

/* What every kind of holder must do, whatever keeps the data. A new kind is one line here, and a store to try it on. */
const kinds: readonly (readonly [string, () => Promise<TestStore>])[] = [
  ['mongodb', mongodbStore],
  ['postgresql', postgresqlStore],
  ['redis', redisStore],
  ['http', () => httpStore()],
  ['s3', s3Store],
  ['google-analytics', analyticsStore],
  ['composite', compositeStore],
  ['directive', directiveStore],
];

beforeAll(() => s3Program(), 300_000);

describe.each(kinds)('the %s connector', (_kind, create) => {
  const at = atStore(create);
  erasing(at);
  fields(at);
  staying(at);
  failing(at);
  scanning(at);
});
