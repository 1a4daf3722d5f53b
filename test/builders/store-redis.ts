import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { env } from './environment.ts';
import { scanned, uniqueName, type TestStore } from './test-store.ts';

export async function redisStore(): Promise<TestStore> {
  const redis = new Redis(env('DEMO_REDIS_URL'), { lazyConnect: true });
  await redis.connect();
  const prefix = uniqueName();
  const expired: string[] = [];
  const clear = async () => {
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(...keys);
  };
  return {
    clear,
    config: {
      kind: 'redis',
      url: { env: 'DEMO_REDIS_URL' },
      keys: [{ pattern: `${prefix}:by-email:{email}`, identifier: 'email' }],
      indexes: [{ pattern: `${prefix}:items-of:{member}`, identifier: 'member' }],
      fields: { name: 'name', amount: 'amount' },
    },
    settings: { DEMO_REDIS_URL: env('DEMO_REDIS_URL') },
    knows: { generations: false, suspension: false, locators: true, fields: true },
    async put(rows) {
      const all = redis.pipeline();
      for (const { id, member, email, name, amount } of rows) {
        const fields = Object.entries({ id, member, name, amount }).filter(([, one]) => one !== undefined);
        all.hset(`${prefix}:item:${id}`, Object.fromEntries(fields));
        all.sadd(`${prefix}:items-of:${member}`, `${prefix}:item:${id}`);
        all.sadd(`${prefix}:by-email:${email}`, id);
      }
      await all.exec();
    },
    async ids() {
      const keys = await redis.keys(`${prefix}:item:*`);
      return keys.map((key) => key.slice(`${prefix}:item:`.length)).sort();
    },
    async scan() {
      const keys = await redis.keys(`${prefix}:item:*`);
      const items = await Promise.all(keys.map((key) => redis.hgetall(key)));
      return items.map((item, position) =>
        scanned({ ...item, id: keys[position]?.slice(`${prefix}:item:`.length) ?? '' }),
      );
    },
    async take(ids) {
      await redis.del(...ids.map((id) => `${prefix}:item:${id}`));
    },
    suspended: () => Promise.resolve({}),
    async expire() {
      const [user, old] = [uniqueName(), randomBytes(8).toString('hex')];
      await redis.call('ACL', 'SETUSER', user, 'on', '>changed-since', '~*', '+@all');
      expired.push(user);
      const url = new URL(env('DEMO_REDIS_URL'));
      return { DEMO_REDIS_URL: Object.assign(url, { username: user, password: old }).toString() };
    },
    async close() {
      for (const user of expired) await redis.call('ACL', 'DELUSER', user);
      await clear();
      redis.disconnect();
    },
  };
}
