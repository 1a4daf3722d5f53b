import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openPack, sealPack } from '@keiro/erase/packs/files';
import { withoutOthers } from '@keiro/erase/packs/redact';
import { categoriesWith, changeIssues } from '@keiro/schemas';

describe('what a correction may set (R2, R3)', () => {
  it('is a personal field by its own schema, said by position and without the value', () => {
    expect(
      changeIssues([
        { field: 'company', value: 'Example' },
        { field: 'email', value: 'a@shop.example' },
      ]),
    ).toEqual([]);
    expect(changeIssues([{ field: 'company', value: null }])).toEqual([]);
    const wrong = changeIssues([
      { field: 'email', value: 'canary' },
      { field: 'noticeVersion', value: 'v1' },
      { field: 'subject', value: 'x' },
      { field: 'email', value: 'a@shop.example' },
      { field: 'company', value: 7 },
    ]);
    expect(wrong.map(({ field, code }) => [field, code])).toEqual([
      ['changes.0.value', 'invalid-value'],
      ['changes.1.field', 'unknown-field'],
      ['changes.2.field', 'unknown-field'],
      ['changes.3.field', 'repeated'],
      ['changes.4.value', 'invalid-value'],
    ]);
    expect(JSON.stringify(wrong)).not.toContain('canary');
  });

  it('concerns the categories that have the field', () => {
    expect(categoriesWith(['birthday'])).toEqual(['C2']);
    expect(categoriesWith(['displayName', 'noSuchField'])).toEqual(['C2']);
    expect(categoriesWith(['subject'])).toEqual([]);
  });
});

describe('a pack (R1)', () => {
  it('leaves out what a row says of other people, and counts it', () => {
    const item = {
      place: 'orders',
      fields: { id: 1, others: [{ name: 'B' }], form: { name: 'A', others: 'B' }, gift: { to: 'B' } },
      names: { 'gift.to': 'others', 'form.name': 'name' },
    };
    expect(withoutOthers(item)).toEqual({
      item: { ...item, fields: { id: 1, form: { name: 'A' }, gift: {} } },
      leftOut: 3,
    });
  });

  it('opens with its key and for its request alone', () => {
    const [key, other] = [randomBytes(32), randomBytes(32)];
    const files = [{ name: 'data.json', base64: Buffer.from('{}').toString('base64') }];
    const sealed = sealPack(key, 'req-a', files, randomBytes(12));
    expect(openPack(key, 'req-a', sealed)).toEqual(files);
    expect(() => openPack(other, 'req-a', sealed)).toThrow();
    expect(() => openPack(key, 'req-b', sealed)).toThrow();
  });
});
