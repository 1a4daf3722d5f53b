import { connectRedis } from '@keiro/runtime';
import type { GuardedEvent } from '@keiro/sdk';
import type { Store } from './store.ts';

/** A rule of the policy: what is for statistics goes after 90 days at the earliest. */
const lifetimeSeconds = 90 * 86_400;

const viewsOf = (member: string) => `page-views-of:${member}`;

/**
 * `statistics`: pages that were read, by those who allow it (C3, C4), in Redis. The access log opens without identifiers
 * for this purpose, so its lines are kept by ref, and found again by their locator alone.
 */
export const statistics: Store = {
  holder: 'statistics',
  purpose: 'statistics',
  categories: ['C3', 'C4'],
  async open({ config, log, counted }) {
    const redis = await connectRedis({ url: config.DEMO_REDIS_URL, log });
    return {
      async handle(events) {
        const work = redis.pipeline();
        for (const event of events) {
          const key = viewsKey(event);
          const { member } = event.subject;
          // A field per record, so that writing one twice changes nothing.
          work.hset(key, { [event.record]: viewOf(event) }).expire(key, lifetimeSeconds);
          if (member !== undefined) {
            work.hset(key, { member });
            work.sadd(viewsOf(member), key).expire(viewsOf(member), lifetimeSeconds);
          }
        }
        const failed = (await work.exec())?.find(([error]) => error !== null)?.[0];
        if (failed !== undefined && failed !== null) throw failed;
        counted(events.length);
        return events.map((event) => viewsKey(event));
      },
      ready: async () => {
        await redis.ping();
      },
      close: () => redis.quit(),
    };
  },
};

/** Pure. */
export const viewsKey = ({ subject, ref }: Pick<GuardedEvent, 'subject' | 'ref'>): string =>
  `page-views:${subject['cookie'] ?? ref}`;

/** When, and which page. Pure. */
export function viewOf({ time, fields }: Pick<GuardedEvent, 'time' | 'fields'>): string {
  const { path } = fields;
  return `${time.toISOString()} ${typeof path === 'string' ? path : ''}`.trimEnd();
}
