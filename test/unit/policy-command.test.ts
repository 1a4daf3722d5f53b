import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import { exampleDocument, shippedPolicyFile, type Finding } from '@keiro/schemas';

const folder = mkdtempSync(join(tmpdir(), 'keiro-policy-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const demo = (file: string) => join(root, 'scripts', 'demo', file);

/** `keiro policy …` as somebody types it, with no stack about. */
function keiroPolicy(...args: string[]) {
  const { KEIRO_POLICY_FILE: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'services', 'cli', 'bin', 'keiro.js'), 'policy', ...args],
    { env, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function eventFile(document: unknown): string {
  const file = join(folder, 'event.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('keiro policy', () => {
  it('check ends with 1 on the shipped policy, and gives its findings as data', () => {
    const { status, stdout } = keiroPolicy('check', '--json');
    expect(status).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    expect(findings.map(({ code, place }) => [code, place])).toEqual([
      ['blank-contact', expect.stringMatching(/^shipped\.yaml:\d+:\d+$/)],
      ['capture-before-registration', expect.stringMatching(/^shipped\.yaml:\d+:\d+$/)],
    ]);
  });

  it('check ends with 0 on the demo company’s policy and register', () => {
    const { status, stdout } = keiroPolicy('check', demo('policy.yaml'), '--holders', demo('holders.json'));
    expect([status, stdout]).toEqual([0, '指摘はありません。 Nothing was found.\n']);
  });

  it('show prints Japanese first, then English', () => {
    const { status, stdout } = keiroPolicy('show', demo('policy.yaml'));
    expect(status).toBe(0);
    expect(stdout.indexOf('# プライバシーポリシー')).toBe(0);
    expect(stdout.indexOf('# Privacy policy')).toBeGreaterThan(0);
  });

  it('publish asks nobody about a file with faults, and tells where they are and what comes next', () => {
    const file = join(folder, 'shipped.yaml');
    copyFileSync(shippedPolicyFile, file);
    const args = ['publish', file, '--ja-text', file, '--announced', '2026-05-01', '--yes'];
    const { status, stdout, stderr } = keiroPolicy(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/shipped\.yaml:\d+:\d+ {2}error blank-contact/);
    expect(stderr).toContain(`keiro policy check ${file}`);
  });

  it('explain prints the rules of an event, and names what is wrong with one without its values', () => {
    const event = exampleDocument('inquiry.valid.full') as Record<string, unknown>;
    const told = keiroPolicy('explain', eventFile(event), '--policy', demo('policy.yaml'), '--lang', 'en');
    expect(told.status).toBe(0);
    expect(told.stdout).toContain('One year after the inquiry is closed');

    const refused = keiroPolicy('explain', eventFile({ ...event, id: 'hanako@mail.example' }));
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('id: ');
    expect(refused.stderr).not.toContain('hanako');
  });
});
