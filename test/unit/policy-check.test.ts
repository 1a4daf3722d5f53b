import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@keiro/infra/local/config';
import { loadPolicies } from '@keiro/runtime';
import {
  checkHolders,
  checkPolicyFile,
  describeFinding,
  parsePolicyFile,
  shippedPolicyFile,
} from '@keiro/schemas';
import { parse } from 'yaml';
import { leaves } from '../builders/documents.ts';
import { demoPolicyText, edited, shippedText, textAt } from '../builders/policy-file.ts';

const codesOf = (text: string) => checkPolicyFile(text, 'policy.yaml').findings.map(({ code }) => code);

describe('the policy that ships', () => {
  it('is found to have a blank contact and to capture before registration, and nothing else', () => {
    const { findings, policies } = checkPolicyFile(shippedText, 'shipped.yaml');
    expect(findings.map(({ code, severity, clause, at }) => [code, severity, clause, at])).toEqual([
      ['blank-contact', 'error', 'Q1', 'contact.address'],
      ['capture-before-registration', 'warning', 'C3', 'categories.C3.covers'],
    ]);
    expect(findings.map((finding) => textAt(shippedText, finding))).toEqual([
      'address: null',
      'registered-users',
    ]);
    expect(policies?.versions).toHaveLength(3);
  });

  it('starts no service, which is told every finding and its place', () => {
    expect(() => loadPolicies(shippedPolicyFile)).toThrow(
      /KEIRO_POLICY_FILE.*\n {2}shipped\.yaml:\d+:\d+ error blank-contact \(Q1\) .*\n {2}shipped\.yaml:\d+:\d+ warning/,
    );
    expect(() => loadPolicies('/no/such/file.yaml')).toThrow('/no/such/file.yaml is not a readable file');
  });
});

describe('the policy of the demo company', () => {
  it('is found to have nothing', () => {
    expect(checkPolicyFile(demoPolicyText, 'policy.yaml').findings).toEqual([]);
    expect(parsePolicyFile(demoPolicyText, 'policy.yaml')).toHaveProperty('policies');
  });

  it('is the shipped one, but for the contact and for whom the text on cookies speaks of', () => {
    const flat = (text: string) =>
      new Map(leaves(parse(text)).map(({ path, value }) => [path.join('.'), value]));
    const [shipped, demo] = [flat(shippedText), flat(demoPolicyText)];
    const changed = [...new Set([...shipped.keys(), ...demo.keys()])].filter(
      (path) => shipped.get(path) !== demo.get(path),
    );
    expect(changed.sort()).toEqual([
      'categories.C3.covers',
      'clauses.C3.en',
      'clauses.C3.ja',
      'contact.address',
      'contact.address.en',
      'contact.address.ja',
    ]);
  });
});

describe('a policy is found to', () => {
  const usage = ['categories', 'C4', 'groups', 'usage'];
  const japanese = '情報';

  it.each<[string, (string | number)[], unknown, string, string, string]>([
    ['collect for no purpose', [...usage, 'uses'], [], 'category-without-purpose', 'C4', 'uses: []'],
    [
      'use without an end',
      ['categories', 'C5', 'uses', 0, 'rule'],
      undefined,
      'purpose-without-end',
      'C5',
      '{ purpose: payment }',
    ],
    [
      'set aside for ever',
      ['quarantine', 'period'],
      undefined,
      'quarantine-without-end',
      'PM',
      'quarantine:',
    ],
    [
      'keep what came after an erasure longest',
      ['quarantine', 'erased'],
      'P91D',
      'erased-stay-longer',
      'PM',
      'P91D',
    ],
    [
      'keep without a law',
      ['floors', 'tax-books', 'law'],
      undefined,
      'floor-without-law',
      'C5',
      'tax-books:',
    ],
    [
      'use jointly what was not announced',
      ['jointUse', 'announced', 3],
      undefined,
      'joint-use-incomplete',
      'T4',
      'announced: [ purpose, partner, items ]',
    ],
    [
      'entrust without a contract',
      ['entrustment', 'contract'],
      [],
      'processor-unchecked',
      'T1',
      'contract: []',
    ],
    [
      'entrust without an examination',
      ['entrustment', 'qualification'],
      [],
      'processor-unchecked',
      'T1',
      'qualification: []',
    ],
    ['send abroad without a basis', ['drSite', 'bases'], [], 'overseas-without-basis', 'T3', 'bases: []'],
    [
      'entrust abroad without a basis',
      ['bases', 'entrustment', 'abroad', 'with'],
      undefined,
      'overseas-without-basis',
      'T3',
      'abroad:',
    ],
    [
      'promise a right by no clock',
      ['rights', 'deletion', 'clock'],
      undefined,
      'right-without-clock',
      'R7',
      'deletion:',
    ],
    ['say something in English alone', ['clauses', 'R4', 'ja'], undefined, 'no-japanese', 'L2', 'R4:'],
    [
      'call English Japanese',
      ['purposes', 'quality', 'label', 'ja'],
      'Quality',
      'no-japanese',
      'L2',
      'Quality',
    ],
    ['say something in Japanese alone', ['clauses', 'R4', 'en'], undefined, 'no-english', 'L2', 'R4:'],
    [
      'collect what no purpose needs',
      ['categories', 'C2', 'groups', 'profile', 'fields', 3],
      undefined,
      'field-without-purpose',
      'C2',
      'fields:',
    ],
    [
      'name a field that is not collected',
      ['categories', 'C2', 'groups', 'profile', 'fields', 5],
      'passport',
      'unknown-field',
      'C2',
      'passport',
    ],
    [
      'have a purpose that nothing serves',
      ['purposes', 'development', 'unused'],
      undefined,
      'purpose-unserved',
      'P4',
      'development:',
    ],
    [
      'call a purpose unused that is used',
      ['purposes', 'payment', 'unused'],
      { ja: japanese, en: 'none' },
      'purpose-served',
      'P3',
      'unused:',
    ],
    [
      'wait for what may never come',
      ['retention', 'campaign', 'cap'],
      undefined,
      'start-may-never-come',
      'C6',
      'campaign:',
    ],
    ['have a bad period', ['retention', 'campaign', 'period'], '90 days', 'bad-period', 'C6', '90 days'],
    ['have a negative period', ['clocks', 'answer', 'period'], 'P-1D', 'bad-period', 'R7', 'P-1D'],
    [
      'have a rule without a period',
      ['retention', 'inquiry', 'period'],
      undefined,
      'purpose-without-end',
      'C7',
      'inquiry:',
    ],
    ['use an unknown rule', [...usage, 'uses', 0, 'rule'], 'for-ever', 'unknown-name', 'C4', 'for-ever'],
    [
      'use for an unknown purpose',
      [...usage, 'uses', 0, 'purpose'],
      'profit',
      'unknown-name',
      'C4',
      'profit',
    ],
    [
      'keep an unknown group',
      ['floors', 'tax-books', 'keeps', 0],
      'C5.everything',
      'unknown-name',
      'C5',
      'C5.everything',
    ],
    [
      'cite a law of which nothing is said',
      ['rights', 'disclosure', 'articles', 0],
      'APPI 99',
      'unknown-name',
      'R1',
      'APPI 99',
    ],
    ['cite an unknown row', ['retention', 'inquiry', 'source', 'row'], 'Z9', 'unknown-name', 'PM', 'Z9'],
    [
      'have a rule without a source',
      ['retention', 'inquiry', 'source'],
      undefined,
      'wrong-shape',
      'PM',
      'inquiry:',
    ],
    ['leave out a category', ['categories', 'C7'], undefined, 'field-without-purpose', 'C7', 'categories:'],
    ['leave out a row', ['clauses', 'S1'], undefined, 'missing-clause', 'S1', 'clauses:'],
    ['have a key that means nothing', ['scope', 'mood'], 'good', 'unknown-key', 'X1', 'good'],
    ['charge for correction', ['rights', 'correction', 'feeAllowed'], true, 'fee-not-allowed', 'R8', 'true'],
    [
      'be in force before the version before',
      ['versions', 1, 'effective'],
      '2017-03-01',
      'dates-out-of-order',
      'V1',
      '2017-02-02',
    ],
    [
      'be announced too late',
      ['versions', 2, 'announced'],
      '2017-03-01',
      'dates-out-of-order',
      'V1',
      '2017-03-01',
    ],
    [
      'have a version of which the rules are nowhere',
      ['versions', 1, 'text'],
      'known',
      'version-without-rules',
      'V2',
      '',
    ],
    [
      'have a day that does not exist',
      ['versions', 2, 'announced'],
      '2017-02-30',
      'bad-date',
      'V2',
      '2017-02-30',
    ],
  ])('%s', (_, path, value, code, clause, at) => {
    const text = edited(demoPolicyText, path, value);
    const { findings } = checkPolicyFile(text, 'policy.yaml');
    expect(findings.map((one) => [one.code, one.clause])).toEqual([[code, clause]]);
    for (const finding of findings) {
      expect(textAt(text, finding).startsWith(at)).toBe(true);
      expect(finding.message.ja).toMatch(/[\p{Script=Hiragana}]/u);
    }
    expect(parsePolicyFile(text, 'policy.yaml')).toHaveProperty('findings');
  });

  it('be no YAML, be nothing, or say a key twice, in one line each', () => {
    expect(codesOf('a: [b')).toContain('not-yaml');
    expect(codesOf(demoPolicyText.replace('  C2:\n', '  C1:\n'))).toEqual(['not-yaml']);
    expect(codesOf('')).toEqual(['wrong-shape']);
    expect(codesOf('a: *nobody')).toEqual(['not-yaml']);
  });

  it('have all of its faults at once, in the order of the text, and repeats none of its values', () => {
    const secret = 'hanako@mail.example';
    let text = edited(shippedText, ['rights', 'deletion', 'clock']);
    text = edited(text, ['retention', 'inquiry', 'period'], secret);
    text = edited(text, ['retention', 'campaign', 'cap']);
    text = edited(text, ['floors', 'tax-books', 'keeps', 0], secret);
    const { findings } = checkPolicyFile(text, 'policy.yaml');
    expect(findings.map(({ code }) => code)).toEqual([
      'blank-contact',
      'capture-before-registration',
      'start-may-never-come',
      'bad-period',
      'unknown-name',
      'right-without-clock',
    ]);
    expect(findings.map(describeFinding).join('\n')).not.toContain(secret);
  });
});

describe('a register of holders', () => {
  const text = readFileSync(join(root, 'scripts', 'demo', 'holders.json'), 'utf8');
  const holders = parse(text) as Record<string, unknown>[];
  const parsed = checkPolicyFile(demoPolicyText, 'policy.yaml').policies;
  if (parsed === undefined) throw new Error('the demo has a policy');
  const policy = parsed.newest;
  const check = (register: unknown, today = '2026-06-01') =>
    checkHolders(JSON.stringify(register, null, 2), 'holders.json', policy, today).map(
      ({ code, clause, at }) => [code, clause, at],
    );
  const mailer = holders.findIndex(({ id }) => id === 'mailer');
  const billing = holders.findIndex(({ id }) => id === 'billing');
  const billingConnector = holders[billing]?.['connector'] as object;
  const recovery = holders.findIndex(({ id }) => id === 'dr-singapore');
  const changed = (index: number, more: Record<string, unknown>) =>
    holders.map((holder, position) => (position === index ? { ...holder, ...more } : holder));

  it('that keeps what the policy promises has no finding', () => {
    expect(check(holders)).toEqual([]);
  });

  it.each<[string, unknown, string[][]]>([
    [
      'a processor without a contract',
      changed(mailer, { contract: undefined }),
      [['processor-unchecked', 'T1', '5.contract']],
    ],
    [
      'one that failed',
      changed(mailer, {
        qualification: { checkedAt: '2026-01-01', by: 'x', result: 'failed', nextDue: '2030-01-01' },
      }),
      [['processor-unchecked', 'T1', '5.qualification']],
    ],
    [
      'a contract that has ended',
      changed(mailer, {
        contract: { from: '2020-01-01', until: '2026-05-31', safetyClauses: true, subProcessing: 'none' },
      }),
      [['lapsed', 'PM', '5.contract']],
    ],
    [
      'a site abroad without a basis',
      changed(recovery, { abroad: undefined }),
      [['overseas-without-basis', 'T3', '6.country']],
    ],
    [
      'one whose review is overdue',
      changed(recovery, {
        abroad: { basis: 'equivalent-system', reviewedAt: '2025-01-01', nextReview: '2026-01-01' },
      }),
      [['lapsed', 'PM', '6.abroad']],
    ],
    [
      'a joint user whose announcement lacks an item',
      changed(mailer, {
        kind: 'joint-user',
        basis: 'joint-use',
        announcement: { publishedAt: '2026-01-01' },
      }),
      [['joint-use-incomplete', 'T4', '5.announcement']],
    ],
    [
      'a processor whose safety measures nobody noted',
      changed(mailer, { safetyMeasures: undefined }),
      [['safety-measures-missing', 'T1', '5.safetyMeasures']],
    ],
    [
      'a site abroad that nobody is known to run',
      changed(recovery, { operator: undefined }),
      [['site-without-operator', 'T3', '6.operator']],
    ],
    [
      'an equivalent system that says nothing of the country',
      changed(recovery, { countrySystem: undefined }),
      [['measures-unknown', 'T3', '6.abroad']],
    ],
    [
      'one that was last looked at longer ago than the policy allows, whatever date was set for the next time',
      changed(recovery, {
        abroad: { basis: 'equivalent-system', reviewedAt: '2025-05-01', nextReview: '2036-01-01' },
      }),
      [['lapsed', 'PM', '6.abroad']],
    ],
    [
      'a store of ours that has to keep books for a law and says of no column that it holds them',
      changed(billing, {
        connector: { ...billingConnector, tables: [{ name: 'p', identifiers: { member: 'm' } }] },
      }),
      [['floor-without-columns', 'R4', '1.connector']],
    ],
    ['what is no list', { crm: {} }, [['not-a-register', 'T1', '']]],
  ])('finds %s', (_, register, findings) => {
    expect(check(register)).toEqual(findings);
  });
});
