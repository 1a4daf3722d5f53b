import { describe, expect, it } from '@jest/globals';
import { rowIds, shippedPolicies, type RowId } from '@keiro/schemas';
import { leaves } from '../builders/documents.ts';

const { rules } = shippedPolicies().newest;

/** Rows whose behaviour is in the code, with no rule that a company could edit; what stands for each. */
const elsewhere: Partial<Record<RowId, string>> = {
  I0: 'every rule has a source: the schema of the file',
  D1: 'links between refs: keys, tag, personOf',
  V2: 'the list of versions itself',
  A1: 'what every answer of query states',
};

const cited = new Set(
  leaves(rules)
    .filter(({ path }) => path.at(-1) === 'row')
    .map(({ value }) => value),
);

describe('every row of the policy', () => {
  it.each(rowIds)('%s is a clause in Japanese and English, and the source of a rule or listed', (id) => {
    const { title, ja, en, section } = rules.clauses[id];
    for (const text of [title.ja, ja])
      expect(text).toMatch(/[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}]/u);
    for (const text of [title.en, en]) expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(ja).not.toBe(title.ja);
    expect(en).not.toBe(title.en);
    expect(section).not.toBe('');
    expect([id, cited.has(id), id in elsewhere]).toEqual([id, !(id in elsewhere), id in elsewhere]);
  });

  it('is one of 44', () => {
    expect(new Set(rowIds).size).toBe(44);
    expect(Object.keys(rules.clauses)).toHaveLength(44);
  });
});

describe('every rule', () => {
  it('that a law decides cites its article, of which it is said how well it was read', () => {
    const sources = leaves(rules).filter(({ path, value }) => path.at(-1) === 'decidedBy' && value === 'law');
    expect(sources.length).toBeGreaterThan(5);
    const articles = leaves(rules).filter(({ path }) => path.at(-1) === 'article');
    for (const { path } of sources) {
      const parent = path.slice(0, -1).join('.');
      const article = articles.find((one) => one.path.slice(0, -1).join('.') === parent)?.value;
      expect([parent, rules.law[String(article)]?.mark]).toEqual([parent, expect.stringMatching(/^[VSU]$/)]);
    }
  });
});
