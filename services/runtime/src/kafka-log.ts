import type { Log } from './log.ts';

/** What the client logs, as far as it is looked at. */
interface Entry {
  readonly level: number;
  readonly log: { readonly message: string; readonly [key: string]: unknown };
}

/**
 * What kafkajs calls errors but repeats by itself: a fresh broker's "coordinator is loading", a broker that is
 * away. Whoever waits for it says so once, through `whileUnavailable`.
 */
const repeated =
  /coordinator is (loading|not available)|does not host this topic-partition|not the leader|connection (error|timeout)|seed broker|rebalanc/i;
const restarting = /crash|restarting the consumer/i;

/** `errorLevel` is the client's own number. */
export function toPino(log: Log, errorLevel: number): () => (entry: Entry) => void {
  return () =>
    ({ level, log: entry }) => {
      const detail: unknown = entry['error'];
      const fields = { kafka: entry.message, ...(typeof detail === 'string' ? { error: detail } : {}) };
      const text = typeof detail === 'string' ? `${entry.message} ${detail}` : entry.message;
      if (restarting.test(text)) log.warn(fields, 'kafka client');
      else if (level === errorLevel && !repeated.test(text)) log.error(fields, 'kafka client');
      else log.debug(fields, 'kafka client');
    };
}
