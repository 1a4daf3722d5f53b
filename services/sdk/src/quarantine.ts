import type { Message, Producer } from '@keiro/runtime';
import type { Quarantined, QuarantineReason, Ref } from '@keiro/schemas';
import { chunksBySize } from './chunks.ts';
import type { KeysClient } from './keys-client.ts';
import { seal } from './sealing.ts';

/** A message that can't go on, with what may be said about it in clear. */
export interface SetAside {
  readonly message: Message;
  readonly reason: QuarantineReason;
  /** Names fields and positions, never a value; cut at 500 characters. */
  readonly detail: string;
  readonly type?: string;
  readonly ref?: Ref;
  readonly record?: string;
}

/** Sets messages aside: sealed under the key of the day, so that nobody reads in the store what a stranger put on a topic. */
export interface Quarantine {
  /** Seals without sending; in the order given. Throws retryably while the keys service does not answer. */
  seal(items: readonly SetAside[]): Promise<Quarantined[]>;
  /** Seals and sends to the topic `quarantine`; resolves when Kafka has all of them. */
  add(items: readonly SetAside[]): Promise<void>;
}

/** The message inside `sealed`, as JSON. */
export interface SealedMessage {
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Base64; null for a tombstone. */
  readonly value: string | null;
  /** Length of the value in the topic; more than `value` holds when it was too long to keep whole. */
  readonly bytes: number;
}

/** Bytes of a value that are kept. A broker takes 1 MB by default, so only a compressed giant is ever cut. */
const keptBytes = 1_572_864;
/** Characters of key and headers together. */
const keptEnvelope = 262_144;

export function createQuarantine(options: {
  producer: Producer;
  keys: Pick<KeysClient, 'quarantineKey'>;
  /** Who sets aside: `tag`, `transfer` or a holder. */
  by: string;
  now: () => Date;
  random: (bytes: number) => Buffer;
}): Quarantine {
  const { producer, keys, by, now, random } = options;
  let cached: { readonly day: string; readonly key: Buffer } | undefined;

  async function keyOf(day: string): Promise<Buffer> {
    if (cached?.day !== day) cached = { day, key: await keys.quarantineKey(day) };
    return cached.key;
  }

  async function sealAll(items: readonly SetAside[]): Promise<Quarantined[]> {
    if (items.length === 0) return [];
    const at = now().toISOString();
    const day = at.slice(0, 10);
    const key = await keyOf(day);
    return items.map((item) => {
      const { topic, partition, offset } = item.message;
      const { plaintext, note } = keep(item.message);
      return {
        by,
        reason: item.reason,
        detail: `${item.detail}${note}`.slice(0, 500),
        topic,
        partition,
        offset,
        ...(item.type === undefined ? {} : { type: item.type }),
        ...(item.ref === undefined ? {} : { ref: item.ref }),
        ...(item.record === undefined ? {} : { record: item.record }),
        sealed: seal(key, plaintext, quarantineAssociated(by, item.message), random(12)),
        day,
        at,
      };
    });
  }

  return {
    seal: sealAll,
    async add(items) {
      const messages = (await sealAll(items)).map((one) => ({
        key: positionOf(one),
        value: Buffer.from(JSON.stringify(one)),
      }));
      for (const chunk of chunksBySize(messages, ({ value }) => value.length)) {
        await producer.send([{ topic: 'quarantine', messages: chunk }]);
      }
    },
  };
}

type Position = Pick<Message, 'topic' | 'partition' | 'offset'>;

/** `<topic>/<partition>/<offset>` */
export function positionOf({ topic, partition, offset }: Position): string {
  return `${topic}/${String(partition)}/${offset}`;
}

/** `_id` in the collection `quarantine`: the same message set aside twice by the same reader is one. */
export function quarantineId(by: string, position: Position): string {
  return `${by}|${positionOf(position)}`;
}

/** Binds what was set aside to where it was and who set it aside. */
export function quarantineAssociated(by: string, position: Position): string {
  return `quarantine\n${by}\n${positionOf(position)}`;
}

function keep(message: Message): { plaintext: Buffer; note: string } {
  const { value } = message;
  const bytes = value?.length ?? 0;
  const kept = value === null ? null : value.subarray(0, keptBytes).toString('base64');
  const whole = { key: message.key ?? null, headers: message.headers };
  const tooWide = JSON.stringify(whole).length > keptEnvelope;
  const sealed: SealedMessage = { ...(tooWide ? { key: null, headers: {} } : whole), value: kept, bytes };
  const notes = [
    ...(bytes > keptBytes ? [`of ${String(bytes)} bytes the first ${String(keptBytes)} are kept`] : []),
    ...(tooWide ? ['key and headers were too long to keep'] : []),
  ];
  return { plaintext: Buffer.from(JSON.stringify(sealed)), note: notes.map((note) => `; ${note}`).join('') };
}
