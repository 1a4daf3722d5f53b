import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeiroError } from '@keiro/runtime/errors';
import { installJavaServers, javaVersions, quickStart } from './java-servers.ts';
import type { LocalServer } from './server.ts';

/** Apicurio Registry, which speaks the Confluent Schema Registry's protocol. Needs what Kafka needs. */
export const registry: LocalServer = {
  async prepare({ config, port, say }) {
    const { java, registry: folder } = await installJavaServers(config.folders.cache, say);
    const data = join(config.folders.data, 'registry');
    mkdirSync(data, { recursive: true });
    return {
      command: java,
      args: [
        '-Xmx384m',
        ...quickStart,
        '-Dquarkus.http.host=127.0.0.1',
        `-Dquarkus.http.port=${String(port)}`,
        '-Dapicurio.storage.sql.kind=h2',
        `-Dapicurio.datasource.url=jdbc:h2:file:${join(data, 'registry')}`,
        '-Dquarkus.banner.enabled=false',
        '-Dquarkus.log.level=WARN',
        '-Dapicurio.log.level=WARN',
        '-Dquarkus.http.access-log.enabled=false',
        '-Dquarkus.log.category."io.apicurio".level=WARN',
        '-jar',
        join(folder, `apicurio-registry-app-${javaVersions.registry}-runner.jar`),
      ],
      version: javaVersions.registry,
    };
  },

  async check(address) {
    const answer = await fetch(`${address.replace(/\/$/, '')}/subjects`, {
      signal: AbortSignal.timeout(5000),
    });
    const subjects: unknown = answer.ok ? await answer.json() : undefined;
    if (!Array.isArray(subjects)) {
      throw new KeiroError('unavailable', `the registry answers ${String(answer.status)}`, {
        retryable: true,
      });
    }
  },
};
