import { describe, expect, it } from '@jest/globals';
import type { Holder } from '@keiro/schemas';
import { checkRegister } from '@keiro/transfer/register';
import { versionSaying } from '@keiro/transfer/version';

const policy = { bases: new Set(['TA', 'entrustment']), purposes: new Set(['membership', 'service']) };

const store: Holder = {
  id: 'crm',
  kind: 'store',
  name: { ja: '顧客台帳', en: 'customer register' },
  country: 'JP',
  categories: ['C1'],
  purposes: ['membership'],
  basis: 'own',
  connector: { kind: 'http', url: { env: 'CRM_URL' } },
};
const dr: Holder = {
  ...store,
  id: 'dr',
  kind: 'dr-site',
  country: 'SG',
  basis: 'entrustment',
  operator: 'cloud',
  replicates: ['crm'],
};

const findingsOf = (content: unknown, known?: ReadonlySet<string>) => {
  const checked = checkRegister(content, policy, known);
  return 'findings' in checked ? checked.findings : [];
};

describe('a register of holders', () => {
  it('that is in order is taken as it is', () => {
    expect(checkRegister([store, dr], policy)).toEqual({ holders: [store, dr] });
  });

  it('may leave out a store that is registered already', () => {
    expect(findingsOf([dr])).toEqual(['0 (dr).replicates.0: is not a registered holder']);
    expect(findingsOf([dr], new Set(['crm']))).toEqual([]);
  });

  it.each<{ name: string; holder: object; finding: RegExp }>([
    {
      name: 'a basis the policy does not have',
      holder: { ...store, basis: 'TZ' },
      finding: /^0 \(crm\)\.basis: /,
    },
    {
      name: 'a processor that calls itself ours',
      holder: { ...store, kind: 'processor' },
      finding: /basis: "own" is not for this kind/,
    },
    {
      name: 'a purpose the policy does not have',
      holder: { ...store, purposes: ['service', 'resale'] },
      finding: /purposes\.1: /,
    },
    {
      name: 'a DR site of nothing',
      holder: { ...dr, replicates: [] },
      finding: /replicates: a DR site names its stores/,
    },
    {
      name: 'a DR site that nobody runs',
      holder: { ...dr, operator: undefined },
      finding: /operator: a DR site says who runs it/,
    },
    {
      name: 'an affiliate that calls itself ours (T2)',
      holder: { ...store, kind: 'affiliate' },
      finding: /basis: "own" is not for this kind/,
    },
    {
      name: 'a category that does not exist',
      holder: { ...store, categories: ['C9'] },
      finding: /categories\.0: /,
    },
    { name: 'no Japanese name', holder: { ...store, name: { en: 'x' } }, finding: /^0 \(crm\)\.name\.ja: / },
    {
      name: 'an unknown connector',
      holder: { ...store, connector: { kind: 'ftp' } },
      finding: /^0 \(crm\)\.connector\.kind: /,
    },
    {
      name: 'an address in place of the name of a variable',
      holder: { ...store, connector: { kind: 'http', url: 'http://x.invalid' } },
      finding: /connector\.url: /,
    },
  ])('finds $name', ({ holder, finding }) => {
    expect(findingsOf([holder], new Set(['crm']))).toEqual([expect.stringMatching(finding)]);
  });

  it('tells every finding at once, and repeats no value', () => {
    const secret = 'postgres://user:secret@db.invalid';
    const findings = findingsOf([
      { ...store, basis: secret, purposes: [secret] },
      { ...store, id: secret },
      { ...dr, replicates: ['nobody'] },
      { ...dr, replicates: ['crm'] },
    ]);
    expect(findings.map((finding) => finding.split(':')[0])).toEqual([
      '1.id',
      '0 (crm).basis',
      '0 (crm).purposes.0',
      '2 (dr).id',
      '2 (dr).replicates.0',
      '3 (dr).id',
    ]);
    expect(findings.join('\n')).not.toContain(secret);
  });

  it('is a list', () => {
    expect(findingsOf({ crm: store })).toEqual(['(file): is not a list of holders']);
  });
});

describe('a version of a holder', () => {
  const at = new Date('2026-06-01T00:00:00Z');
  const first = versionSaying(store, undefined, 'transfer', at);

  it('is the first, then counts on, naming what differs', () => {
    expect(first).toMatchObject({ _id: 'crm|1', version: 1, by: 'transfer', at, content: store });
    const second = versionSaying({ ...store, country: 'US', purposes: ['service'] }, first, 'operator', at);
    expect(second).toMatchObject({ _id: 'crm|2', by: 'operator', changed: ['country', 'purposes'] });
    expect(versionSaying(store, second, 'operator', at)).toMatchObject({ _id: 'crm|3' });
  });

  it('is the same where only the order of its keys is another', () => {
    const turned = Object.fromEntries(Object.entries(store).reverse()) as Holder;
    expect(versionSaying(turned, first, 'operator', at)).toBe(first);
  });
});
