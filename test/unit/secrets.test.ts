import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ensureSecrets, secretFiles } from '@keiro/infra/local/secrets';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keiro-secrets-'));
  folders.push(folder);
  return folder;
}

describe('the key file of a stack', () => {
  it('is made once, for its owner alone, in a folder that holds nothing else', () => {
    const folder = newFolder();
    ensureSecrets(folder);
    const { keys, tokens } = secretFiles(folder);
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(keys)).mode & 0o777).toBe(0o700);
    expect(dirname(tokens)).not.toBe(dirname(keys));
    const made = readFileSync(keys, 'utf8');
    ensureSecrets(folder);
    expect(readFileSync(keys, 'utf8')).toBe(made);
  });

  it('moves there from where older stacks kept it: another one would orphan all that is sealed', () => {
    const folder = newFolder();
    const before = join(folder, 'keys.json');
    writeFileSync(before, 'as it was');
    chmodSync(before, 0o600);
    ensureSecrets(folder);
    expect(readFileSync(secretFiles(folder).keys, 'utf8')).toBe('as it was');
    expect(existsSync(before)).toBe(false);
  });
});
