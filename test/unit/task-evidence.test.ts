import { describe, expect, it } from '@jest/globals';
import { typeOfEvidence } from '@keiro/request/evidence-files';

describe('a file that is handed in as evidence', () => {
  it.each([
    ['application/pdf', Buffer.from('%PDF-1.7\n%\u00e2\u00e3')],
    ['image/png', Buffer.from('89504e470d0a1a0a0000000d', 'hex')],
    ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['text/plain', Buffer.from('Subject: 台帳\r\n\r\n抜きました。\n')],
  ] as const)('is %s by its own bytes', (type, bytes) => {
    expect(typeOfEvidence(bytes)).toBe(type);
  });

  it.each([
    ['nothing', Buffer.of()],
    ['an archive', Buffer.from('504b0304140000000800', 'hex')],
    ['a program', Buffer.from('7f454c4602010100', 'hex')],
    ['a text in another encoding', Buffer.from([0x93, 0xfa, 0x96, 0x7b])],
    ['half a beginning', Buffer.from('89504e47', 'hex')],
  ])('is not taken where it is %s', (_what, bytes) => {
    expect(typeOfEvidence(bytes)).toBeUndefined();
  });
});
