import { describe, expect, it } from '@jest/globals';
import { renderBlocks } from '@keiro/cli/policy-output';
import { painter } from '@keiro/cli/output';
import {
  catalogue,
  checkPolicyFile,
  exampleDocument,
  examples,
  exampleSites,
  explainGroups,
  explainText,
  parseEvent,
  policyText,
  rowIds,
  shippedPolicies,
  type Block,
  type CollectionEvent,
} from '@keiro/schemas';
import { wireEvent, lifeOf } from '@keiro/scripts/bench/wire-events';
import { tag } from '@keiro/tag/tag';
import { leaves } from '../builders/documents.ts';
import { doorOf } from '../builders/door.ts';
import { demoPolicyText } from '../builders/policy-file.ts';

const shipped = shippedPolicies();
const printed = (blocks: readonly Block[]) => renderBlocks(blocks, painter(false));

describe('the policy as published text', () => {
  it.each(['ja', 'en'] as const)('in %s has every clause once, under its heading', (lang) => {
    const text = printed(policyText(shipped, lang));
    for (const id of rowIds) {
      expect(text.split(`- ${shipped.newest.rules.clauses[id][lang]} [${id}]\n`)).toHaveLength(2);
    }
    for (const label of Object.values(shipped.newest.rules.sections))
      expect(text).toContain(`## ${label[lang]}\n`);
  });

  it('in Japanese begins so, and has categories, purposes, periods, rights and dates', () => {
    const text = printed(policyText(shipped, 'ja'));
    expect(text.split('\n').slice(0, 5).join('\n')).toMatchInlineSnapshot(`
      "# プライバシーポリシー

      ## 1. 個人情報とは

      - 個人情報とは、生存する個人に関する情報で、氏名・メールアドレス・電話番号などにより特定の個人を識別できるものをいいます。それだけでは識別できなくても、他の情報と容易に照合して識別できるものを含みます。 [D1]"
    `);
    expect(text).toMatch(/C4 アクセス情報: 閲覧したページ +利用状況の統計 +取得から90日/);
    expect(text).toContain('隔離した情報: 90日 (消去後に届いたもの： 30日) [PM, 個人情報保護法');
    expect(text).toMatch(/開示 +14日 +無料 +本人または第三者/);
    expect(text).toContain('- 2015-09-07 制定 (公表 不明, 本文は残っていません)');
    expect(text).toContain('- 2017-02-02 改定 (公表 不明)');
    expect(text).toContain('（未記入）');
  });

  it('in English says that it is a translation, and names the contact that was filled in', () => {
    const { policies } = checkPolicyFile(demoPolicyText, 'policy.yaml');
    if (policies === undefined) throw new Error('the demo has a policy');
    const text = printed(policyText(policies, 'en'));
    expect(text).toContain('the Japanese text prevails');
    expect(text).toContain('privacy@www.demo.example');
    expect(text).toContain('- 2016-11-21 Amended (announced unknown, its text is not at hand)');
    expect(text).not.toMatch(/[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}]/u);
  });
});

describe('the explanation of an event', () => {
  const accepted = examples
    .filter(({ refused }) => refused === undefined)
    .map(({ name }): [string, CollectionEvent] => {
      const parsed = parseEvent(exampleDocument(name), doorOf(exampleSites));
      if (!parsed.ok) throw new Error(name);
      return [name, parsed.event];
    });

  it.each(accepted)(
    '%s: is what tagging does, with the clauses behind it, and no value of it',
    (_, event) => {
      const policy = shipped.get(event.policyversion) ?? shipped.newest;
      const groups = explainGroups(event, policy);
      expect(tagOf(event)).toEqual(
        groups.map(({ group, purposes, keptBy, end, cap }) => ({
          group,
          purposes: purposes.map(({ purpose }) => purpose),
          rule: keptBy?.id,
          end,
          cap,
        })),
      );
      for (const lang of ['ja', 'en'] as const) {
        const text = printed(explainText(event, policy, lang));
        const { category } = catalogue[event.type];
        expect(text).toContain(policy.rules.clauses[category][lang]);
        for (const { group, keptBy } of groups) {
          expect(text).toContain(group);
          expect(text).toContain(keptBy?.label[lang]);
        }
        for (const value of personalValues(event)) expect(text).not.toContain(value);
      }
    },
  );

  it('names the law that keeps the books, until when', () => {
    const [, event] = accepted.find(([name]) => name === 'payment.valid.full') ?? [];
    if (event === undefined) throw new Error('there is such an example');
    const text = printed(explainText(event, shipped.newest, 'en'));
    expect(text).toMatch(
      /= Kept by law +Accounting books and material, 10 years +closing of the books +2037-04-01/,
    );
  });

  it('says what it is not for, and on which condition it would be', () => {
    const [, event] = accepted.find(([name]) => name === 'registration.valid.minimal') ?? [];
    if (event === undefined) throw new Error('there is such an example');
    expect(printed(explainText(event, shipped.newest, 'en'))).toMatch(
      /not for Marketing and advertising +only for those who asked for it/,
    );
  });

  /** What the pipeline makes of the same event. */
  function tagOf(event: CollectionEvent) {
    const { scope, subject, site: _site, ...data } = event.data;
    const readable = Object.fromEntries(
      Object.entries(data).filter(([name]) => catalogue[event.type].readable.includes(name)),
    );
    const present = explainGroups(event, shipped.newest).map(({ group }) => group);
    const wire = wireEvent(
      {
        type: event.type,
        id: 'e-1',
        time: event.time,
        refs: [lifeOf('member', JSON.stringify(subject))],
        readable,
        groups: present,
        ...(scope === undefined ? {} : { scope }),
      },
      (bytes) => Buffer.alloc(bytes),
    );
    const { policyversion, type, id, source, time } = event;
    const tagged = tag(
      { specversion: '1.0', type, id, source, time, policyversion } as Parameters<typeof tag>[0],
      wire.value,
      { topic: wire.topic, partition: 0, offset: '0' },
      shipped.get(policyversion),
      new Date('2026-04-02T00:00:00Z'),
    );
    if ('quarantine' in tagged) throw new Error(tagged.quarantine.detail);
    return tagged.record.groups.map(({ group, purposes, rule, end, cap }) => ({
      group,
      purposes,
      rule,
      end,
      cap,
    }));
  }
});

/** Values long enough to be recognised, of fields that are sealed. */
function personalValues(event: CollectionEvent): string[] {
  const readable = new Set(catalogue[event.type].readable);
  return leaves(event.data)
    .filter(({ path }) => !readable.has(String(path[0])) && !['site', 'scope'].includes(String(path[0])))
    .map(({ value }) => String(value))
    .filter((value) => value.length > 4);
}
