import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { contentDigest, groupAssociated, groupKeyOf, open, seal, sealKeyOf } from '@keiro/sdk';

const event = { id: 'e-1', source: 'demo-site', type: 'registration' };
const life = { ref: `member.${'a'.repeat(32)}`, generation: 1 };
const associated = groupAssociated(event, life, 'C1.identity');
const plaintext = Buffer.from(JSON.stringify({ name: '架空 花子' }));

describe('sealing a field group', () => {
  const dataKey = randomBytes(32);
  const groupKey = groupKeyOf(dataKey, 'C1.identity');
  const key = sealKeyOf(groupKey, 'demo-site');
  const blob = seal(key, plaintext, associated, randomBytes(12));

  it('opens with the group key and the source, as a guarded consumer does', () => {
    expect(open(sealKeyOf(groupKeyOf(dataKey, 'C1.identity'), 'demo-site'), blob, associated)).toEqual(
      plaintext,
    );
  });

  it.each([
    ['another event', groupAssociated({ ...event, id: 'e-2' }, life, 'C1.identity')],
    ['another source', groupAssociated({ ...event, source: 'other' }, life, 'C1.identity')],
    ['another generation', groupAssociated(event, { ...life, generation: 2 }, 'C1.identity')],
    ['another group', groupAssociated(event, life, 'C1.organisation')],
  ])('does not open when moved to %s', (_where, elsewhere) => {
    expect(() => open(key, blob, elsewhere)).toThrow('does not open');
  });

  it('does not open with the key of another producer, nor of another group', () => {
    expect(() => open(sealKeyOf(groupKey, 'other'), blob, associated)).toThrow('does not open');
    const otherGroup = sealKeyOf(groupKeyOf(dataKey, 'C1.organisation'), 'demo-site');
    expect(() => open(otherGroup, blob, associated)).toThrow('does not open');
  });

  it('does not open when one byte is changed or missing', () => {
    const bytes = Buffer.from(blob, 'base64');
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    expect(() => open(key, bytes.toString('base64'), associated)).toThrow('does not open');
    expect(() => open(key, blob.slice(0, 20), associated)).toThrow('too short');
  });

  it('leaves nothing of the plaintext in the blob', () => {
    expect(Buffer.from(blob, 'base64').includes(Buffer.from('花子'))).toBe(false);
  });
});

describe('digest of the content', () => {
  const key = randomBytes(32);
  it('is the same for the same content and different for other content or another key', () => {
    const digest = contentDigest(key, '{"a":1}');
    expect(contentDigest(key, '{"a":1}')).toBe(digest);
    expect(contentDigest(key, '{"a":2}')).not.toBe(digest);
    expect(contentDigest(randomBytes(32), '{"a":1}')).not.toBe(digest);
  });
});
