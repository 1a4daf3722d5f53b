import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { stackConfig } from '@keiro/infra/local/config';
import { installPython } from '@keiro/infra/local/python-servers';
import { startProcess } from '@keiro/infra/local/supervise';
import { freePort } from './service-process.ts';

/** A server that speaks the protocol of AWS KMS (moto), in memory, on a port of its own. */
export interface KmsServer {
  readonly endpoint: string;
  /** Id of a new key. */
  makeKey(): Promise<string>;
  close(): Promise<void>;
}

/** What the official client takes from its environment; the server believes any. */
const credentials = {
  AWS_REGION: 'ap-northeast-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

export async function startKmsServer(): Promise<KmsServer> {
  Object.assign(process.env, credentials);
  const { cache } = stackConfig().folders;
  const what = 'The test of the AWS KMS provider';
  const environment = await installPython({ cache, name: 'moto', what, say: () => undefined });
  const folder = mkdtempSync(join(tmpdir(), 'keiro-kms-'));
  const port = String(await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startProcess({
    name: 'kms',
    command: join(environment, 'bin', 'python'),
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', port],
    folders: { run: folder, logs: folder },
    cwd: folder,
    detached: false,
    ready: () => fetch(`${endpoint}/moto-api/`),
  });
  const client = new KMSClient({ endpoint });
  return {
    endpoint,
    async makeKey() {
      const { KeyMetadata: made } = await client.send(new CreateKeyCommand({}));
      return made?.KeyId ?? '';
    },
    async close() {
      client.destroy();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
