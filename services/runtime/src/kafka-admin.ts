import { KeiroError } from './errors.ts';
import { rethrow } from './kafka-errors.ts';
import type { Admin, Positions } from './kafka-types.ts';
import type { Log } from './log.ts';
import { whileUnavailable } from './wait.ts';

/** What is wanted of the client's admin connection. */
interface ClientAdmin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  listTopics(): Promise<string[]>;
  createTopics(options: {
    waitForLeaders: boolean;
    topics: {
      topic: string;
      numPartitions: number;
      configEntries: { name: string; value: string }[];
    }[];
  }): Promise<boolean>;
  fetchTopicOffsets(topic: string): Promise<{ partition: number; low: string; high: string }[]>;
  fetchOffsets(options: {
    groupId: string;
    topics: string[];
  }): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
  listGroups(): Promise<{ groups: { groupId: string }[] }>;
  describeGroups(groups: string[]): Promise<{
    groups: {
      groupId: string;
      state: string;
      protocolType: string;
      members: { clientId: string; clientHost: string; memberAssignment: Buffer }[];
    }[];
  }>;
}

/** What only the file that knows the client can give. */
export interface AdminParts {
  open(): ClientAdmin;
  /** Topics in a member's assignment. */
  topicsIn(assignment: Buffer): string[];
  /** Joins a group once to commit for it. */
  commitAs(group: string, positions: Positions): Promise<void>;
}

export async function openAdmin(parts: AdminParts, log: Log): Promise<Admin> {
  const admin = parts.open();
  await whileUnavailable({ what: 'Kafka', log, giveUpAfterMs: 60_000 }, () =>
    admin.connect().catch(rethrow('Kafka')),
  );
  async function offsetsOf(
    topics: readonly string[],
    pick: (partition: { low: string; high: string }) => string,
  ): Promise<Positions> {
    const ends = await Promise.all(
      topics.map(async (topic) => {
        const partitions = await admin.fetchTopicOffsets(topic).catch(rethrow('Kafka'));
        return [topic, Object.fromEntries(partitions.map((one) => [one.partition, pick(one)]))] as const;
      }),
    );
    return Object.fromEntries(ends);
  }
  return {
    async createTopics(topics) {
      const existing = new Set(await admin.listTopics().catch(rethrow('Kafka')));
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) {
        await admin
          .createTopics({
            waitForLeaders: true,
            topics: missing.map(({ name, partitions, config }) => ({
              topic: name,
              numPartitions: partitions,
              configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
            })),
          })
          .catch(rethrow('Kafka'));
      }
      return missing.map(({ name }) => name);
    },
    topics: () => admin.listTopics().catch(rethrow('Kafka')),
    endOffsets: (topics) => offsetsOf(topics, ({ high }) => high),
    unreadEnds: (topics) => offsetsOf(topics, ({ low, high }) => (low === high ? '0' : high)),
    async committed(group, topics) {
      const answer = await admin
        .fetchOffsets({ groupId: group, topics: [...topics] })
        .catch(rethrow('Kafka'));
      return Object.fromEntries(
        answer.map(({ topic, partitions }) => [
          topic,
          Object.fromEntries(
            partitions.map((one) => [one.partition, one.offset.startsWith('-') ? '0' : one.offset]),
          ),
        ]),
      );
    },
    async commits(group, topics) {
      const answer = await admin
        .fetchOffsets({ groupId: group, topics: [...topics] })
        .catch(rethrow('Kafka'));
      const made = answer.map(({ topic, partitions }) => {
        const own = partitions.filter(({ offset }) => !offset.startsWith('-'));
        return [topic, Object.fromEntries(own.map((one) => [one.partition, one.offset]))] as const;
      });
      return Object.fromEntries(made.filter(([, partitions]) => Object.keys(partitions).length > 0));
    },
    async groups() {
      const { groups } = await admin.listGroups().catch(rethrow('Kafka'));
      return groups.map(({ groupId }) => groupId).sort();
    },
    async describe(wanted) {
      if (wanted.length === 0) return [];
      const { groups } = await admin.describeGroups([...wanted]).catch(rethrow('Kafka'));
      return groups.map(({ groupId, state, protocolType, members }) => ({
        group: groupId,
        told: state !== 'Dead',
        members: members.map(({ clientId, clientHost, memberAssignment }) => ({
          client: clientId,
          host: clientHost.replace(/^\//, ''),
          // Other users of groups, as connectors are, have assignments of another form.
          topics:
            protocolType === 'consumer' && memberAssignment.length > 0
              ? parts.topicsIn(memberAssignment)
              : [],
        })),
      }));
    },
    async setCommitted(group, positions) {
      const { groups } = await admin.describeGroups([group]).catch(rethrow('Kafka'));
      if (groups.some(({ members }) => members.length > 0)) {
        throw new KeiroError('group-in-use', `group ${group} has members`, { retryable: false });
      }
      await parts.commitAs(group, positions);
    },
    close: () => admin.disconnect(),
  };
}
