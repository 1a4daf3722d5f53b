import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { servers } from './addresses.ts';
import { run } from './install.ts';
import { installJavaServers, javaVersions, quickStart } from './java-servers.ts';
import { askForBrokers } from './kafka-probe.ts';
import type { LocalServer } from './server.ts';

/** Apache Kafka, one KRaft node. Needs Java 17 and, to install, Maven. */
export const kafka: LocalServer = {
  async prepare({ config, port, say }) {
    const { java, kafka: jars } = await installJavaServers(config.folders.cache, say);
    const data = join(config.folders.data, 'kafka');
    const settings = join(config.folders.run, 'kafka.properties');
    const logging = join(config.folders.run, 'kafka-log4j2.properties');
    mkdirSync(data, { recursive: true });
    mkdirSync(config.folders.run, { recursive: true });
    writeFileSync(
      settings,
      properties(port, servers.kafka.basePort - (servers.kafka.otherPorts[0] ?? 0), data),
    );
    writeFileSync(logging, log4j);
    const jvm = [...quickStart, '-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logging}`];
    if (!existsSync(join(data, 'meta.properties'))) {
      say('formatting its storage');
      const clusterId = randomBytes(16).toString('base64url');
      // In one word: one id in 64 begins with a dash, and would be taken for an option.
      const id = `--cluster-id=${clusterId}`;
      await run(java, [...jvm, 'kafka.tools.StorageTool', 'format', id, '-c', settings]);
    }
    return {
      command: java,
      args: ['-Xms256m', '-Xmx512m', ...jvm, 'kafka.Kafka', settings],
      version: javaVersions.kafka,
    };
  },

  check: (brokers) => askForBrokers(brokers.split(',')[0] ?? ''),
};

function properties(port: number, controllerDistance: number, data: string): string {
  const client = `127.0.0.1:${String(port)}`;
  const controller = `127.0.0.1:${String(port - controllerDistance)}`;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `PLAINTEXT://${client},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${client}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    // A topic that nobody declared is a mistake, not a new topic.
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // Tests that kill a consumer need not wait for the usual least of six seconds.
    'group.min.session.timeout.ms': 1000,
    // There is one node to replicate to.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // 50 partitions each otherwise: they cost start-up and memory, and one node gains nothing by them.
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.num.partitions': 8,
    // The default takes 128 MB of the 512 MB heap.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  })
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('');
}

/** To standard output, which the supervisor sends to the log file; so a crash of the JVM is in the same file. */
const log4j = `status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
`;
