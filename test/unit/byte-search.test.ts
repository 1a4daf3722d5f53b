import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { searchFolder } from '../builders/byte-search.ts';

const folder = mkdtempSync(join(tmpdir(), 'keiro-search-'));
afterAll(() => rmSync(folder, { recursive: true }));
const needle = 'hanako.canary@mail.example';

/** A Kafka segment of one batch, as a broker with compression.type=gzip writes it. */
function segmentWith(text: string): Buffer {
  const records = gzipSync(Buffer.from(`xx${text}yy`));
  const header = Buffer.alloc(61);
  header.writeInt32BE(49 + records.length, 8);
  header.writeUInt8(2, 16);
  header.writeInt16BE(1, 21);
  return Buffer.concat([header, records]);
}

describe('the search for a planted value', () => {
  it.each([
    ['plain', `a${needle}b`, 'x.db'],
    ['UTF-16', Buffer.from(needle, 'utf16le'), 'x.db'],
    ['base64', Buffer.from(`{"e":"${needle}"}`).toString('base64'), 'x.db'],
    ['base64, shifted by one', Buffer.from(`{"ee":"${needle}"}`).toString('base64'), 'x.db'],
    ['base64, shifted by two', Buffer.from(`{"eee":"${needle}"}`).toString('base64'), 'x.db'],
    ['hex', `x${Buffer.from(needle).toString('hex')}0a`, 'x.db'],
    ['a URL', `/find?email=${encodeURIComponent(needle)}&x`, 'x.db'],
    ['a compressed segment', segmentWith(needle), '00000000000000000000.log'],
  ])('finds it in %s', (_how, content, name) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    expect(searchFolder(folder, ['nothing@mail.example', needle])).toMatchObject([{ file, needle: 1 }]);
    rmSync(file);
  });

  it('finds what is not ASCII where JSON escapes it, and base64 in the alphabet of URLs', () => {
    const name = '架空花子>>>???';
    const escaped = JSON.stringify(name).replaceAll(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
    for (const content of [escaped, Buffer.from(`x${name}`).toString('base64url')]) {
      writeFileSync(join(folder, 'x.json'), content);
      expect(searchFolder(folder, [name])).toHaveLength(1);
    }
    rmSync(join(folder, 'x.json'));
  });

  it('finds nothing where there is nothing', () => {
    writeFileSync(join(folder, 'y'), 'hanako');
    expect(searchFolder(folder, [needle])).toEqual([]);
  });
});
