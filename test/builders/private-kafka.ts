import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackConfig } from '@keiro/infra/local/config';
import { kafka as localKafka } from '@keiro/infra/local/kafka';
import { startProcess, type ManagedProcess } from '@keiro/infra/local/supervise';
import { env } from './environment.ts';

/** A Kafka of a test's own, which it may kill. Its data outlive it until `remove`. */
export interface PrivateKafka {
  readonly address: string;
  /** Resolves when it serves. */
  start(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

export function privateKafka(port: number): PrivateKafka {
  const folder = mkdtempSync(join(tmpdir(), 'keiro-kafka-'));
  const shared = stackConfig(env('KEIRO_STACK'));
  const folders = {
    ...shared.folders,
    stack: folder,
    data: join(folder, 'data'),
    logs: join(folder, 'logs'),
    run: join(folder, 'run'),
  };
  const address = `127.0.0.1:${String(port)}`;
  let running: ManagedProcess | undefined;
  return {
    address,
    async start() {
      const context = { config: { ...shared, folders }, port, address, say: () => undefined };
      const { version: _version, ...launch } = await localKafka.prepare(context);
      running = await startProcess({
        ...launch,
        name: 'kafka',
        folders,
        ready: () => localKafka.check(address),
      });
    },
    async kill() {
      await running?.kill();
      running = undefined;
    },
    async remove() {
      await running?.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
