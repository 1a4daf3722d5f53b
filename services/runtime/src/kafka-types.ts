/* What the pipeline wants of Kafka, in words of its own: no client's type shows through. */

export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Milliseconds since the epoch, as the broker or producer stamped it. */
  readonly timestamp: number;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
}

export interface OutgoingMessage {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers?: Record<string, string>;
  /** Where it goes; absent, as for all that a reader expects in the order of its key: where the key leads. */
  readonly partition?: number;
}

export interface Producer {
  /**
   * Resolves when all in-sync replicas have it, with the position of every message, batch by batch in the order
   * given. When it rejects, some may have been written and some not: sending the same again is up to the caller.
   * Each topic at most once in a call.
   */
  send(batches: readonly { topic: string; messages: readonly OutgoingMessage[] }[]): Promise<Position[][]>;
  close(): Promise<void>;
}

export interface Position {
  readonly partition: number;
  readonly offset: string;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Messages of one partition, in order. When it resolves their offsets are committed. */
  readonly onBatch: (messages: readonly Message[]) => Promise<void>;
  /** Most messages that `onBatch` gets at once (default 1000); fewer where their values are more than 4 MB. */
  readonly maxBatch?: number;
  /** Read up to these positions only: what comes later is neither handled nor committed. */
  readonly until?: Positions;
  readonly partitionsAtOnce?: number;
  /** After this long without a sign of life its partitions go to another, ms (default 30,000). */
  readonly sessionTimeoutMs?: number;
  readonly maxWaitMs?: number;
  /** Compressed bytes of one partition, and of all, that are fetched at once (default 192 KB and 1 MB): they are memory. */
  readonly maxBytesPerPartition?: number;
  readonly maxBytes?: number;
}

export interface Running {
  close(): Promise<void>;
}

export interface Kafkas {
  producer(): Promise<Producer>;
  consume(options: ConsumeOptions): Promise<Running>;
  follow(options: FollowOptions): Promise<Running & { readonly caughtUp: Promise<void> }>;
  admin(): Promise<Admin>;
}

export interface FollowOptions {
  readonly topic: string;
  /** Prefix of the group name, so that the reader can be told from a stranger. */
  readonly reader: string;
  readonly from: 'beginning' | 'now';
  readonly onMessage: (message: Message) => void;
  /** After each fetched batch, with the offset that comes next. */
  readonly onProgress?: (nextOffset: bigint) => void;
}

export interface Admin {
  createTopics(
    topics: readonly { name: string; partitions: number; config: Record<string, string> }[],
  ): Promise<string[]>;
  topics(): Promise<string[]>;
  /** The offset that the next message will get, per topic and partition. */
  endOffsets(topics: readonly string[]): Promise<Positions>;
  /** As {@link endOffsets}, but 0 for a partition that holds no message (any more): nobody could read up to its end. */
  unreadEnds(topics: readonly string[]): Promise<Positions>;
  /** What a group has committed (the next offset it will read), 0 where it has committed nothing. */
  committed(group: string, topics: readonly string[]): Promise<Positions>;
  /** As {@link committed}, but without the partitions for which it has committed nothing. */
  commits(group: string, topics: readonly string[]): Promise<Positions>;
  /** Names of all groups that the cluster knows, of consumers and others, in order. */
  groups(): Promise<string[]>;
  /** Who is in these groups now. A group of the newer protocol is known, and its members are not told. */
  describe(groups: readonly string[]): Promise<GroupDescription[]>;
  /** Sets where a group without members will start to read. */
  setCommitted(group: string, positions: Positions): Promise<void>;
  close(): Promise<void>;
}

export interface GroupDescription {
  readonly group: string;
  /** False for a group of the newer protocol, which the client's requests do not reach. */
  readonly told: boolean;
  readonly members: readonly GroupMember[];
}

export interface GroupMember {
  readonly client: string;
  /** As the broker saw it. */
  readonly host: string;
  /** What it is assigned. */
  readonly topics: readonly string[];
}

/** topic → partition → offset */
export type Positions = Record<string, Record<number, string>>;

/** Whether every position has reached what is wanted of it. Pure. */
export function reached(wanted: Positions, actual: Positions): boolean {
  return Object.entries(wanted).every(([topic, partitions]) =>
    Object.entries(partitions).every(
      ([partition, offset]) => BigInt(actual[topic]?.[Number(partition)] ?? '0') >= BigInt(offset),
    ),
  );
}
