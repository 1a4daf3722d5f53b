import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { environmentFor } from '@keiro/cli/environment';

const root = mkdtempSync(join(tmpdir(), 'keiro-cli-'));
const inside = join(root, 'a', 'b');
mkdirSync(inside, { recursive: true });
for (const name of ['dev', 'other']) {
  mkdirSync(join(root, '.stack', name), { recursive: true });
  const content = { KEIRO_KEYS_URL: `http://${name}.invalid`, KEIRO_TOKEN_CAPTURE: `token of ${name}` };
  writeFileSync(join(root, '.stack', name, 'env.json'), JSON.stringify(content));
}
afterAll(() => rmSync(root, { recursive: true }));

describe('the environment of a command', () => {
  it('is that of the local stack where no address is set, from any folder below', () => {
    expect(environmentFor('capture', {}, inside)).toMatchObject({
      KEIRO_KEYS_URL: 'http://dev.invalid',
      KEIRO_TOKEN: 'token of dev',
    });
    expect(environmentFor('capture', { KEIRO_STACK: 'other' }, root)['KEIRO_TOKEN']).toBe('token of other');
  });

  it('mixes nothing of a local stack into addresses that are set', () => {
    const given = { KEIRO_KAFKA_BROKERS: 'kafka.invalid:9092' };
    expect(environmentFor('capture', given, inside)).toEqual(given);
  });

  it('prefers the token of the client to a general one', () => {
    const given = { KEIRO_KEYS_URL: 'http://keys.invalid', KEIRO_TOKEN: 'general' };
    expect(environmentFor('capture', given, root)['KEIRO_TOKEN']).toBe('general');
    expect(environmentFor('capture', { ...given, KEIRO_TOKEN_CAPTURE: 'own' }, root)['KEIRO_TOKEN']).toBe(
      'own',
    );
  });

  it('says what is missing where there is neither', () => {
    expect(() => environmentFor('capture', { KEIRO_STACK: 'none' }, inside)).toThrow(
      'no local stack was found',
    );
    expect(() => environmentFor('capture', {}, tmpdir())).toThrow('KEIRO_KAFKA_BROKERS');
  });
});
