import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import { rowIds } from '@keiro/schemas';
import { later, shown } from '../builders/rows.ts';

/* Every row of the policy is visible in behaviour and in what can be asked, or is listed as later work. */

describe('every row of the policy', () => {
  it.each(rowIds)('%s is shown by a test and a question, or listed as later work', (id) => {
    expect([id, id in shown, id in later]).toEqual([id, !(id in later), !(id in shown)]);
  });

  it('of 44, none has something that is still missing', () => {
    expect([rowIds.length, Object.keys(later).length]).toEqual([44, 0]);
  });

  it.each(Object.entries(shown))('%s names tests that exist', (_id, { tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) {
      const [file = '', ...name] = test.split(': ');
      expect(readFileSync(join(root, 'test', file), 'utf8')).toContain(name.join(': '));
    }
  });

  it.each([...new Set(Object.values(shown).map(({ ask }) => ask))])('can be asked by keiro %s', (ask) => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'services/cli/bin/keiro.js'), ...ask.split(' '), '--help'],
      { encoding: 'utf8' },
    );
    expect([status, stdout.split('\n')[0]]).toEqual([0, expect.stringContaining(`keiro ${ask}`)]);
  });
});
