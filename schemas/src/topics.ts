/**
 * Every topic of the pipeline, in the order in which data pass through it: the map of the system.
 * `infra` creates what is listed here and nothing else; brokers refuse topics that are not.
 */
export interface Topic {
  readonly name: string;
  readonly partitions: number;
  /** What orders and distributes the messages. */
  readonly key: 'primary ref' | 'record' | 'holder' | 'ref' | 'task' | 'position' | 'version' | 'segment';
  /** Whether the messages concern persons: undeclared readers of such topics are looked for. */
  readonly personal: boolean;
  readonly cleanup: 'delete' | 'compact';
  /** `registry`: wire format with a registered schema. `json`: plain, between services of Keiro only. */
  readonly format: 'registry' | 'json';
  /** Milliseconds; retention.ms + segment.ms stays under the shortest retention of the category. */
  readonly retentionMs?: number;
  readonly segmentMs?: number;
  /** Larger than the broker's own limit where a topic must take what came in by another, wrapped. */
  readonly maxMessageBytes?: number;
  readonly writers: readonly string[];
  readonly readers: readonly string[];
  readonly why: string;
}

const hour = 3_600_000;
const day = 24 * hour;

const collection = (type: string, why: string): Topic => ({
  name: `collection.${type}`,
  partitions: 3,
  key: 'primary ref',
  personal: true,
  cleanup: 'delete',
  format: 'registry',
  retentionMs: 6 * day,
  segmentMs: day,
  writers: ['sdk', 'collect'],
  readers: ['tag', 'guarded consumers'],
  why,
});

export const topics = [
  collection('registration', 'C1: what a person enters to become a member'),
  collection('profile', 'C2: what a member enters later'),
  collection('cookie', 'C3: sessions, features and usage kept by cookies'),
  collection('access', 'C4: addresses, devices and log lines'),
  collection('payment', 'C5: payments of paid services'),
  collection('campaign', 'C6: contacts given in promotions'),
  collection('inquiry', 'C7: contacts given in inquiries'),
  {
    ...collection('facts', 'what moves an end later, and what persons allow'),
    readers: ['tag', 'request'],
  },
  {
    ...collection('imports', 'what a holder held before Keiro came: refs and names, no values'),
    writers: ['cli'],
    readers: ['tag'],
  },
  {
    name: 'lineage.tagged',
    partitions: 3,
    key: 'primary ref',
    personal: true,
    cleanup: 'delete',
    format: 'registry',
    retentionMs: 6 * day,
    segmentMs: day,
    writers: ['tag'],
    readers: ['request', 'anyone who wants to know what was tagged how'],
    why: 'a record as lineage knows it, at least once, without personal values',
  },
  {
    name: 'custody.copies',
    partitions: 3,
    key: 'record',
    personal: true,
    cleanup: 'delete',
    format: 'registry',
    retentionMs: 6 * day,
    segmentMs: day,
    writers: ['guarded consumers', 'holders'],
    readers: ['transfer'],
    why: 'a holder reports that it holds, withholds or has removed a copy of a record',
  },
  {
    name: 'custody.snapshots',
    partitions: 1,
    key: 'holder',
    personal: true,
    cleanup: 'delete',
    format: 'registry',
    retentionMs: 6 * day,
    segmentMs: day,
    writers: ['holders'],
    readers: ['transfer'],
    why: 'a snapshot says that all a store held up to its watermark is at the DR site until it expires',
  },
  {
    name: 'custody.withheld',
    partitions: 3,
    key: 'primary ref',
    personal: true,
    cleanup: 'delete',
    format: 'registry',
    retentionMs: 28 * day,
    segmentMs: day,
    writers: ['guarded consumers'],
    readers: ['guarded consumers'],
    why: 'events kept from a holder while their person suspends use (R5), still sealed, delivered on resume',
  },
  {
    name: 'custody.holders',
    partitions: 1,
    key: 'holder',
    personal: false,
    cleanup: 'compact',
    format: 'json',
    segmentMs: hour,
    writers: ['transfer'],
    readers: ['keys', 'guarded consumers'],
    why: 'the register as the data plane needs it: nothing is released to a holder that is unknown or has lapsed (T0)',
  },
  {
    name: 'rights.standing',
    partitions: 1,
    key: 'ref',
    personal: true,
    cleanup: 'compact',
    format: 'json',
    segmentMs: hour,
    writers: ['request'],
    readers: ['keys', 'tag', 'transfer', 'guarded consumers'],
    why: 'what the data plane must refuse, per ref; one partition, so that one offset says how far a reader is',
  },
  {
    name: 'rights.acks',
    partitions: 1,
    key: 'holder',
    personal: false,
    cleanup: 'delete',
    format: 'json',
    retentionMs: day,
    segmentMs: hour,
    writers: ['keys', 'tag', 'guarded consumers'],
    readers: ['request'],
    why: 'how far each reader of rights.standing is, with a lease that proves it alive',
  },
  {
    name: 'rights.directives',
    partitions: 1,
    key: 'holder',
    personal: true,
    cleanup: 'delete',
    format: 'json',
    retentionMs: 6 * day,
    segmentMs: day,
    writers: ['erase'],
    readers: ['services that own their store'],
    why: 'what a holder that owns its store must do now; whom it is about is sealed for that holder',
  },
  {
    name: 'rights.answers',
    partitions: 1,
    key: 'holder',
    personal: false,
    cleanup: 'delete',
    format: 'json',
    retentionMs: day,
    segmentMs: hour,
    writers: ['services that own their store'],
    readers: ['erase'],
    why: 'what such a holder did, with counts, proven by the key of the directive',
  },
  {
    name: 'audit.heads',
    partitions: 1,
    key: 'segment',
    personal: false,
    cleanup: 'compact',
    format: 'json',
    segmentMs: 7 * day,
    writers: ['request'],
    readers: ['whoever verifies the audit'],
    why: 'hashes of the segments of the audit chain, outside the store that holds them',
  },
  {
    name: 'policy.versions',
    partitions: 1,
    key: 'version',
    personal: false,
    cleanup: 'compact',
    format: 'json',
    segmentMs: 7 * day,
    writers: ['request'],
    readers: ['every service that keeps to the policy', 'guarded consumers', 'sdk'],
    why: 'policy versions published after the file that a service starts with, each with its whole file',
  },
  {
    name: 'quarantine',
    partitions: 1,
    key: 'position',
    personal: true,
    cleanup: 'delete',
    format: 'json',
    retentionMs: 6 * day,
    segmentMs: day,
    maxMessageBytes: 4 * 1024 * 1024,
    writers: ['tag', 'transfer', 'guarded consumers'],
    readers: ['tag'],
    why: 'what could not be read, tagged or opened, sealed again, with its reason',
  },
] as const satisfies readonly Topic[];

export type TopicName = (typeof topics)[number]['name'];

export const collectionTopics: readonly TopicName[] = topics
  .map((topic) => topic.name)
  .filter((name) => name.startsWith('collection.'));

export const custodyTopics: readonly TopicName[] = ['custody.copies', 'custody.snapshots'];
