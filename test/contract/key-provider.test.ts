import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileProvider } from '@keiro/keys/file-provider';
import { openKeks } from '@keiro/keys/keks';
import { readKeyFile } from '@keiro/keys/key-file';
import type { KeyProvider } from '@keiro/keys/key-provider';
import { kmsProvider } from '@keiro/keys/kms-provider';
import { keyFile } from '../builders/key-file.ts';
import { startKmsServer, type KmsServer } from '../builders/kms-server.ts';
import { tcpSwitch } from '../builders/tcp-switch.ts';

/* What every provider of key-encryption keys must do, whatever keeps them. */

let kms: KmsServer;
let keyId: string;
const files: ReturnType<typeof keyFile>[] = [];

beforeAll(async () => {
  kms = await startKmsServer();
  keyId = await kms.makeKey();
}, 240_000);
afterAll(async () => {
  for (const file of files) file.remove();
  await kms.close();
});

const newFile = (epochs: readonly number[] = [1]): string => {
  const file = keyFile(epochs);
  files.push(file);
  return file.path;
};
const open: Record<KeyProvider['kind'], (path: string) => KeyProvider> = {
  file: (path) => fileProvider(path, randomBytes),
  'aws-kms': (path) => kmsProvider(path, { keyId, endpoint: kms.endpoint }),
};
const epochsOf = async (provider: KeyProvider) => (await provider.list()).map(({ epoch }) => epoch);

describe.each(['file', 'aws-kms'] as const)('key-encryption keys kept by %s', (kind) => {
  it('reads the file of a stack that never rotated, and makes the next epoch beside it', async () => {
    const path = newFile();
    const provider = open[kind](path);
    const [before] = await provider.list();
    await provider.create(2);
    const [first, second] = await provider.list();
    expect(first).toEqual(before);
    expect(second?.epoch).toBe(2);
    expect(second?.key).toHaveLength(32);
    expect(second?.key).not.toEqual(first?.key);
  });

  it('gives every instance, and one that starts anew, the same keys', async () => {
    const path = newFile();
    await open[kind](path).create(2);
    expect(await open[kind](path).list()).toEqual(await open[kind](path).list());
  });

  it('leaves an epoch that exists as it is', async () => {
    const provider = open[kind](newFile([]));
    await provider.create(1);
    const [made] = await provider.list();
    await provider.create(1);
    expect(await provider.list()).toEqual([made]);
  });

  it('destroys one for good, also when told twice, and keeps the others and the pepper', async () => {
    const path = newFile();
    const provider = open[kind](path);
    const { pepper } = readKeyFile(path);
    await provider.create(2);
    await provider.destroy(1);
    await provider.destroy(1);
    expect(await epochsOf(provider)).toEqual([2]);
    expect(await epochsOf(open[kind](path))).toEqual([2]);
    expect(readKeyFile(path).pepper).toBe(pepper);
  });

  it('wraps under one epoch, unwraps under all of them, and under none for another owner', async () => {
    const provider = open[kind](newFile());
    const keks = await openKeks(provider, () => new Date(0));
    keks.grant(1);
    keks.use(1);
    const key = randomBytes(32);
    const wrapped = await keks.wrapping((wrap) => Promise.resolve(wrap(key, 'somebody', randomBytes(12))));
    await provider.create(2);
    // As another instance would, that has not heard of the new epoch.
    const later = { ...wrapped, epoch: 2 };
    await expect(keks.unwrap(later, 'somebody')).rejects.toThrow('unable to authenticate');
    keks.use(2);
    expect(await keks.unwrap(wrapped, 'somebody')).toEqual(key);
    await expect(keks.unwrap(wrapped, 'somebody else')).rejects.toThrow('unable to authenticate');
    await provider.destroy(1);
    await keks.reload();
    await expect(keks.unwrap(wrapped, 'somebody')).rejects.toThrow('no key-encryption key of epoch 1');
  });

  it('keeps its file for itself, whole at every moment, and refuses one that others can read', async () => {
    const path = newFile();
    const provider = open[kind](path);
    await provider.create(2);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    // Somebody else is writing: the file stays as it was, and the same may be tried again.
    writeFileSync(`${path}.new`, '');
    await expect(provider.create(3)).rejects.toMatchObject({ retryable: true });
    expect(await epochsOf(provider)).toEqual([1, 2]);
    chmodSync(path, 0o640);
    await expect(Promise.resolve().then(() => provider.list())).rejects.toThrow('chmod 600');
  });
});

describe('AWS KMS', () => {
  it('has no key in clear in the file, and a blob moved to another epoch does not open', async () => {
    const path = newFile([]);
    const provider = open['aws-kms'](path);
    await provider.create(1);
    const [kek] = await provider.list();
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain(kek?.key.toString('base64'));
    writeFileSync(path, text.replace('"epoch": 1', '"epoch": 2'));
    await expect(open['aws-kms'](path).list()).rejects.toMatchObject({ code: 'kms', retryable: false });
  });

  it('is asked once per epoch and process: without it a process goes on, and a new one waits', async () => {
    const path = newFile([]);
    const way = await tcpSwitch({ host: '127.0.0.1', port: Number(new URL(kms.endpoint).port) });
    const started = () => kmsProvider(path, { keyId, endpoint: `http://127.0.0.1:${String(way.port)}` });
    const provider = started();
    await provider.create(1);
    const [kek] = await provider.list();
    await way.cut();
    expect(await provider.list()).toEqual([kek]);
    await expect(started().list()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await way.mend();
    expect(await started().list()).toEqual([kek]);
    await way.cut();
  });

  it('refuses a key that there is not, which no waiting helps', async () => {
    const provider = kmsProvider(newFile([]), { keyId: 'nobodys-key', endpoint: kms.endpoint });
    await expect(provider.create(1)).rejects.toMatchObject({ code: 'kms', retryable: false });
    expect(await provider.list()).toEqual([]);
  });

  it('is named by the local provider as the one who can open its keys', async () => {
    const path = newFile([]);
    await open['aws-kms'](path).create(1);
    expect(() => open.file(path).list()).toThrow('KEIRO_KEY_PROVIDER=aws-kms');
  });
});
