import {
  reached,
  until,
  type Kafkas,
  type Log,
  type Message,
  type OutgoingMessage,
  type Producer,
} from '@keiro/runtime';
import { chunksBySize } from './chunks.ts';

const topic = 'custody.withheld';

/**
 * Events that standing keeps from a holder (R5). They wait, sealed as they are, in a topic of their own; when
 * somebody resumes use, one pass reads what waits: what is open now is delivered, what is still suspended is
 * put back at the end before its old place is committed, so that a crash repeats and loses nothing.
 */
export interface Withheld {
  keep(messages: readonly Message[]): Promise<void>;
  /** Reads what waits once, now or after the pass that is under way. */
  passSoon(): void;
  close(): Promise<void>;
}

export async function createWithheld(options: {
  kafka: Kafkas;
  producer: Producer;
  holder: string;
  group: string;
  log: Log;
  /** Delivers what standing allows now and calls `keep` for the rest. */
  deliver: (messages: readonly Message[]) => Promise<void>;
}): Promise<Withheld> {
  const admin = await options.kafka.admin();
  const stop = new AbortController();
  let again = false;
  let passing: Promise<void> | undefined;

  async function pass(): Promise<void> {
    const group = `${options.group}.withheld`;
    const ends = await admin.unreadEnds([topic]);
    if (reached(ends, await admin.committed(group, [topic]))) return;
    const running = await options.kafka.consume({
      group,
      topics: [topic],
      until: ends,
      onBatch: (messages) =>
        options.deliver(messages.filter(({ headers }) => headers['keiro_holder'] === options.holder)),
    });
    try {
      await until(async () => reached(ends, await admin.committed(group, [topic])), {
        what: 'reading withheld events',
        timeoutMs: 600_000,
        everyMs: 100,
        signal: stop.signal,
      });
    } finally {
      await running.close();
    }
  }

  function passSoon(): void {
    if (passing !== undefined || stop.signal.aborted) {
      again = true;
      return;
    }
    again = false;
    passing = pass()
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          options.log.warn({ err: error }, 'reading withheld events failed, again at the next resume');
      })
      .finally(() => {
        passing = undefined;
        if (again) passSoon();
      });
  }

  return {
    async keep(messages) {
      const outgoing = messages.map((message) => waiting(message, options.holder));
      for (const chunk of chunksBySize(outgoing, ({ value }) => value?.length ?? 0)) {
        await options.producer.send([{ topic, messages: chunk }]);
      }
    },
    passSoon,
    async close() {
      stop.abort();
      await passing;
      await admin.close();
    },
  };
}

/** The message as it was, with whom it waits for and where it came from. */
function waiting(
  { key, value, headers, topic: from, partition, offset }: Message,
  holder: string,
): OutgoingMessage {
  const present = Object.entries(headers).filter((one): one is [string, string] => one[1] !== undefined);
  return {
    key: key ?? '',
    value,
    headers: {
      keiro_from: `${from}/${String(partition)}/${offset}`,
      ...Object.fromEntries(present),
      keiro_holder: holder,
    },
  };
}
