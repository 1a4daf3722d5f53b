import { collectionTopics, custodyTopics, type PipelineProgress, type TopicName } from '@keiro/schemas';
import { lagOf, type Admin, type Kafkas, type Log } from '@keiro/runtime';

/** How far `tag` and `transfer` are behind what Kafka has: the part of the truth that the store cannot show yet. */
export interface ProgressReader {
  /** Never throws: an answer about a person is worth having without it, and says so (null). */
  read(): Promise<PipelineProgress>;
  close(): Promise<void>;
}

/** An answer waits no longer than this for Kafka. */
const patienceMs = 1500;
/** Askers within this time share one look. */
const freshMs = 500;

export function createProgressReader(options: {
  kafka: Kafkas;
  groupSuffix: string;
  log: Log;
  now: () => Date;
}): ProgressReader {
  const { kafka, groupSuffix, log, now } = options;
  const unknown: PipelineProgress = { tag: null, transfer: null };
  let admin: Promise<Admin> | undefined;
  let last: { at: number; look: Promise<PipelineProgress> } | undefined;

  async function look(): Promise<PipelineProgress> {
    admin ??= kafka.admin();
    const mine = admin;
    try {
      const connected = await mine;
      const [tag, transfer] = await Promise.all([
        behind(connected, `keiro.tag${groupSuffix}`, collectionTopics),
        behind(connected, `keiro.transfer${groupSuffix}`, custodyTopics),
      ]);
      return { tag, transfer };
    } catch (error) {
      log.warn({ err: error }, 'cannot tell how far the pipeline is');
      // A connection that fails is not kept; the next look makes another.
      if (admin === mine) {
        admin = undefined;
        void mine
          .then((one) => one.close())
          .catch((closing: unknown) => {
            log.debug({ err: closing }, 'the connection could not be closed either');
          });
      }
      return unknown;
    }
  }

  return {
    read() {
      const at = now().getTime();
      if (last === undefined || at - last.at > freshMs) last = { at, look: look() };
      return Promise.race([last.look, after(patienceMs, unknown)]);
    },
    async close() {
      const connected = await Promise.race([admin, after(patienceMs, undefined)]);
      await connected?.close();
    },
  };
}

/** Messages of all topics together that a group has still to read. */
async function behind(admin: Admin, group: string, topics: readonly TopicName[]): Promise<number> {
  const [ends, committed] = await Promise.all([admin.endOffsets(topics), admin.committed(group, topics)]);
  return Object.values(lagOf(ends, committed)).reduce((sum, lag) => sum + lag, 0);
}

function after<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds, value).unref();
  });
}
