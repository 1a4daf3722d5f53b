import { connectRedis } from '@keiro/runtime';
import type { GuardedEvent } from '@keiro/sdk';
import type { Store } from './store.ts';

const lifetimeSeconds = 30 * 86_400;

const sessionKey = (cookie: string) => `session:${cookie}`;
const sessionsOf = (member: string) => `sessions-of:${member}`;

/** `sessions`: log-in sessions and settings that cookies keep (C3), in Redis. */
export const sessions: Store = {
  holder: 'sessions',
  purpose: 'membership',
  categories: ['C3'],
  async open({ config, log, counted }) {
    const redis = await connectRedis({ url: config.DEMO_REDIS_URL, log });
    return {
      async handle(events) {
        const work = redis.pipeline();
        for (const event of events) {
          const { cookie, member } = event.subject;
          if (cookie === undefined) continue;
          work.hset(sessionKey(cookie), hashOf(event)).expire(sessionKey(cookie), lifetimeSeconds);
          if (member !== undefined) {
            work.sadd(sessionsOf(member), sessionKey(cookie)).expire(sessionsOf(member), lifetimeSeconds);
          }
        }
        const failed = (await work.exec())?.find(([error]) => error !== null)?.[0];
        if (failed !== undefined && failed !== null) throw failed;
        counted(events.length);
        return events.map(({ subject }) =>
          subject['cookie'] === undefined ? null : sessionKey(subject['cookie']),
        );
      },
      ready: async () => {
        await redis.ping();
      },
      close: () => redis.quit(),
    };
  },
};

/** Fields of the session's hash. A field per feature and action, so that writing one twice changes nothing. Pure. */
export function hashOf(event: GuardedEvent): Record<string, string> {
  const at = event.time.toISOString();
  const { action } = event.readable;
  const { feature } = event.fields;
  return {
    ref: event.ref,
    generation: String(event.generation),
    ...(event.subject['member'] === undefined ? {} : { member: event.subject['member'] }),
    ...(typeof action === 'string' ? { [`at:${action}`]: at } : {}),
    ...(typeof feature === 'string' ? { [`feature:${feature}`]: at } : {}),
  };
}
