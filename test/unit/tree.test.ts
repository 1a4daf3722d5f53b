import { describe, expect, it } from '@jest/globals';
import { changesOf } from '@keiro/cli/changes';
import { joined } from '@keiro/cli/lineage';
import { age, align, pad, painter, renderTree, type Language } from '@keiro/cli/output';
import { requestNode, saidInPlaceOfAProbe } from '@keiro/cli/request-tree';
import { lineageTree } from '@keiro/cli/tree';
import { assembleUnknown } from '@keiro/query/assemble';
import { custodyOf } from '@keiro/query/custody';
import { requestView } from '@keiro/query/request-view';
import { shippedPolicies, type LineageAnswer, type RequestView } from '@keiro/schemas';
import { consentTo, factDocument } from '../builders/facts.ts';
import {
  factOf,
  holderOf,
  lineageOf,
  loadedOf,
  minute,
  provenTask,
  recordOf,
  refOf,
  requestOf,
  snapshotOf,
  standingOf,
  taskOf,
} from '../builders/lineage.ts';

const plain = painter(false);
const treeOf = (answer: LineageAnswer, language: Language, perCategory = 3) =>
  renderTree(lineageTree(answer, { language, paint: plain, perCategory }), plain).split('\n');

const member = refOf('member', 'suzuki');
const cookie = refOf('cookie', 'suzuki');
const record = recordOf(member, 'e-1');
const snapshots = [snapshotOf('dr', 'crm', minute(10))];
const holders = [
  holderOf('crm', { name: { ja: '顧客管理', en: 'Customers' } }),
  holderOf('dr', {
    kind: 'dr-site',
    country: 'SG',
    basis: 'consent',
    name: { ja: '災害拠点', en: 'Recovery' },
  }),
];
const held = {
  records: [record],
  snapshots,
  holders,
  ...(await custodyOf([factOf(record, 'crm', 'held', minute(1))], new Set([record._id]), snapshots)),
};
const live = lineageOf(loadedOf([member, cookie], held), minute(60));
const erasedRequest = requestOf('r-1', {
  lives: [
    { ref: member, generation: 1 },
    { ref: cookie, generation: 1 },
  ],
});
const erased = lineageOf(
  loadedOf([member, cookie], {
    ...held,
    standings: [member, cookie].map((ref) =>
      standingOf(ref, { hiddenThrough: 1, erasedThrough: 1, erasedAt: minute(35).toISOString() }),
    ),
    requests: [erasedRequest],
    tasks: [
      provenTask('r-1', 'crm', minute(36)),
      taskOf('r-1', 'dr', {
        attempt: 2,
        errors: [{ at: minute(37), attempt: 1, message: 'the server is away' }],
      }),
    ],
    quarantined: { erased: 1 },
  }),
  minute(60),
);

describe('a lineage as a tree', () => {
  it('in Japanese', () => {
    expect(treeOf(live, 'ja')).toEqual([
      '系譜  2026-03-01 10:00:00 JST',
      '',
      '本人  有効',
      '├─ 会員      member.suzuki00…  世代 1  有効',
      '└─ クッキー  cookie.suzuki00…  世代 1  有効',
      '',
      '記録  1',
      '└─ C1 会員登録情報  1',
      '   ├─ C1.identity 氏名・連絡先',
      '   │  ├─ 目的  会員登録・本人確認・不正利用の防止, お知らせ・回答・懸賞・発送などサービスの運営',
      '   │  └─ 終期  退会から30日  退会待ち  遅くとも 2028-03-01',
      '   └─ 2026-03-01 09:00:00  collection.registration 1@42  方針 2017-02-02',
      '      ├─ crm  顧客管理  ストア, JP        保有  2026-03-01 09:01:00',
      '      └─ dr   災害拠点  災害対策拠点, SG  保有  2026-03-01 09:10:10  ← crm スナップショット s-10',
      '',
      '提供・委託・移転  1',
      '└─ dr  災害拠点  SG  根拠: 本人の同意  記録 1  2026-03-01 09:10:10',
      '',
      '注記',
      '└─ 識別子のない記録（アドレスとパスのみ）は、個人からは検索できません。',
      '',
    ]);
  });

  it('in English, of a person who is being erased', () => {
    expect(treeOf(erased, 'en')).toEqual([
      'Lineage  2026-03-01 10:00:00 JST',
      '',
      'Person  erasing  2026-03-01 09:35:00',
      '├─ member  member.suzuki00…  generation 1  erasing',
      '└─ cookie  cookie.suzuki00…  generation 1  erasing',
      '',
      'Records  1',
      '└─ C1 Registration  1',
      '   ├─ C1.identity Name and contact',
      '   │  ├─ for   Membership, identity checks, prevention of misuse, Running the services: notices, answers, raffles, delivery',
      '   │  └─ ends  30 days after the account is closed  open until closing of the account  at the latest 2028-03-01',
      '   └─ 2026-03-01 09:00:00  collection.registration 1@42  policy 2017-02-02  erasing',
      '      ├─ crm  Customers  store, JP    erased   2026-03-01 09:36:00  r-1',
      '      └─ dr   Recovery   DR site, SG  erasing  2026-03-01 09:31:00  r-1  ← crm snapshot s-10',
      '',
      'Transfers  1',
      '└─ dr  Recovery  SG  basis: Consent of the person  Records 1  2026-03-01 09:10:10',
      '',
      'Requests  1',
      '└─ deletion  r-1  carrying out  received 2026-03-01 09:30:00  due 2026-03-15 23:59:59',
      '   ├─ steps: accepted 09:30:00',
      '   ├─ crm  Customers  erase: done     affected 1  probe 09:36:00 found 0',
      '   └─ dr   Recovery   erase: pending',
      '      └─ attempt 1: the server is away',
      '',
      'Quarantine  1',
      '└─ erased  1',
      '',
      'Notes',
      '├─ Holders that have not answered: dr',
      '├─ Messages in quarantine: 1.',
      '└─ Records without any identifier (an address and a path) cannot be found by person.',
      '',
    ]);
  });

  it('with what happened to the person, what that ended, and what the person allowed', () => {
    const at = (n: number) => minute(n);
    const consent = consentTo({ purposes: ['marketing'] });
    const partner = consentTo({ recipients: ['dr'], means: 'implied-by-use' });
    const facts = [
      factDocument('f-1', 'consent-given', at(1), { consent }),
      factDocument('f-2', 'consent-given', at(2), { consent: partner }),
      factDocument('f-3', 'account-closed', at(3)),
      factDocument('f-4', 'consent-withdrawn', at(4), { consent }),
    ];
    const standing = standingOf(member, { withdrawn: ['marketing'], denied: ['dr'] });
    const answer = lineageOf(
      loadedOf([member], { records: [recordOf(member, 'e-1')], facts, standings: [standing] }),
      minute(60),
    );
    const lines = treeOf(answer, 'en');
    expect(lines).toContain('Person  suspended  withdrawn: marketing  denied to: dr  2026-03-01 09:30:00');
    expect(lines).toContain(
      '   │  └─ ends  2026-03-31  30 days after the account is closed  account closed 2026-03-01',
    );
    expect(lines.slice(lines.indexOf('Facts  4'), lines.indexOf('Notes'))).toEqual([
      'Facts  4',
      '├─ 2026-03-01 09:04:00  consent withdrawn  demo-site',
      '├─ 2026-03-01 09:03:00  account closed     demo-site',
      '├─ 2026-03-01 09:02:00  consent given      demo-site',
      '└─ 2026-03-01 09:01:00  consent given      demo-site',
      '',
      'Consents  2',
      '├─ marketing  Marketing and advertising  wording banner-1  form            given 2026-03-01 09:01:00  withdrawn 2026-03-01 09:04:00',
      '└─ dr         dr                         wording banner-1  implied by use  given 2026-03-01 09:02:00                                 counts as no consent',
      '',
    ]);
    expect(treeOf(answer, 'ja')).toContain('└─ 2026-03-01 09:01:00  同意        demo-site');
  });

  it('in both languages unless one is asked for, Japanese first', () => {
    const lines = treeOf(live, 'both');
    expect(lines[0]).toBe('系譜 Lineage  2026-03-01 10:00:00 JST');
    expect(lines).toContain('本人 Person  有効 live');
    expect(lines).toContain(
      '   │  ├─ 目的 for   会員登録・本人確認・不正利用の防止 (membership), お知らせ・回答・懸賞・発送などサービスの運営 (service)',
    );
    expect(lines.at(-2)).toBe(
      '   └─ Records without any identifier (an address and a path) cannot be found by person.',
    );
  });

  it('of nobody says that nothing is held, and no more', () => {
    expect(treeOf(assembleUnknown({ tag: 0, transfer: 0 }, shippedPolicies(), minute(0)), 'en')).toEqual([
      'Lineage  2026-03-01 09:00:00 JST',
      '',
      'Notes',
      '├─ Nothing is held under this identifier.',
      '└─ Records without any identifier (an address and a path) cannot be found by person.',
      '',
    ]);
  });

  it('lists some records of each category and counts the others', async () => {
    const records = [1, 2, 3, 4]
      .map((n) => recordOf(member, `e-${String(n)}`, { time: minute(n) }))
      .toReversed();
    const facts = records.map((one, n) => factOf(one, 'crm', n === 0 ? 'removed' : 'held', minute(5)));
    const answer = lineageOf(
      loadedOf([member], {
        records,
        holders,
        ...(await custodyOf(facts, new Set(records.map(({ _id }) => _id)), [])),
      }),
      minute(60),
    );
    const lines = treeOf(answer, 'en', 1);
    expect(lines.filter((line) => line.includes('collection.registration'))).toHaveLength(1);
    expect(lines).toContain('   ├─ copies: crm held 3 · crm removed 1');
    expect(lines).toContain('   └─ … more 3');
    expect(
      treeOf(answer, 'en', Infinity).filter((line) => line.includes('collection.registration')),
    ).toHaveLength(4);
  });

  it('shows a suspended purpose, a tenant and a floor', () => {
    const answer = lineageOf(
      loadedOf([member], {
        records: [
          recordOf(member, 'e-1', {
            scope: { kind: 'entrusted', tenant: 'tsubame-trading' },
            groups: [
              {
                group: 'C5.books',
                purposes: ['payment'],
                rule: 'contract',
                start: 'contract-ended',
                cap: minute(0),
                floor: { law: 'Companies Act 432(2)', until: new Date(Date.UTC(2036, 2, 31)) },
              },
            ],
          }),
        ],
        standings: [standingOf(member, { suspended: ['marketing'] })],
      }),
      minute(60),
    );
    const lines = treeOf(answer, 'en');
    expect(lines).toContain('Person  suspended  suspended for: marketing  2026-03-01 09:30:00');
    expect(lines.some((line) => line.includes('kept by law  Companies Act 432(2)  2036-03-31'))).toBe(true);
    expect(lines.some((line) => line.includes('entrusted by tsubame-trading'))).toBe(true);
  });
});

describe('two pages', () => {
  it('become one answer, whose notes are those of all of it', () => {
    const pages = [record, recordOf(member, 'e-0')].map((one, n) =>
      lineageOf(
        loadedOf([member], {
          records: [one],
          hasMore: n === 0,
          categories: [{ category: 'C1', records: 2, first: minute(0), last: minute(0) }],
        }),
        minute(60),
      ),
    );
    const [first, second] = pages;
    if (first === undefined || second === undefined) throw new Error('two pages are wanted');
    expect(first.page).toMatchObject({ total: 2, shown: 1, next: expect.any(String) });
    const answer = joined(first, second);
    expect(answer.records).toHaveLength(2);
    expect(answer.page).toEqual({ total: 2, shown: 2 });
    expect(answer.notes.map(({ code }) => code)).toEqual(['unattributed']);
  });
});

describe('what happened between two looks at a request', () => {
  const view = (
    request: Parameters<typeof requestOf>[1],
    ...tasks: ReturnType<typeof taskOf>[]
  ): RequestView => ({
    ...requestView(requestOf('r-1', request), tasks),
    lives: [],
    ambiguous: [],
  });
  const accepted = view({}, taskOf('r-1', 'crm'), taskOf('r-1', 'dr'));

  it('is nothing when nothing changed', () => {
    expect(changesOf(accepted, accepted)).toEqual([]);
  });

  it('is every step, receipt and failure, in order of time', () => {
    const steps = [...erasedRequest.steps, { step: 'shredded', at: minute(35), evidence: {} }];
    const later = view(
      { steps },
      provenTask('r-1', 'crm', minute(36)),
      taskOf('r-1', 'dr', {
        attempt: 2,
        errors: [{ at: minute(34), attempt: 1, message: 'the server is away' }],
      }),
    );
    expect(changesOf(accepted, later).map(({ text }) => text)).toEqual([
      'dr: 試行 attempt 1 失敗 failed: the server is away',
      '鍵の破棄済み shredded',
      'crm: 完了 done  処理 affected 1  再確認 probe 残り found 0',
    ]);
    expect(changesOf(later, later)).toEqual([]);
    expect(changesOf(undefined, later).map(({ text }) => text)).toContain('受理 accepted');
  });
});

describe('a holder at which nobody looked again', () => {
  const told = { at: minute(36), identifiers: 2 };
  const confirmed = { at: minute(36), requests: 1, identifiers: 2 };
  const receipt = { affected: 1, detail: {} };

  it('is never called erased: it was told, or gave its word, signed or not', () => {
    const said = (more: object) => saidInPlaceOfAProbe({ ...receipt, ...more }, 'en');
    expect([
      said({ told }),
      said({ told, confirmed: { ...confirmed, by: 'opendsr.mail.example', signed: true } }),
      said({ told, confirmed: { ...confirmed, signed: false } }),
      said({ told, confirmed: { ...confirmed, signed: true }, probe: { at: minute(37), found: 0 } }),
      said({}),
    ]).toEqual([
      ['told, no control: data end up to 2026-03-01 09:36:00 (2)'],
      ['the processor’s signed word alone, no probe: opendsr.mail.example 2026-03-01 09:36:00 (2)'],
      ['the processor’s word alone, unsigned, no probe: 2026-03-01 09:36:00 (2)'],
      [],
      [],
    ]);
  });
});

describe('on the screen', () => {
  it('a Japanese character takes two columns, a colour none', () => {
    expect(pad('会員', 6)).toBe('会員  ');
    expect(pad('ｶﾅ', 6)).toBe('ｶﾅ    ');
    expect(
      align([
        ['保有', 'x'],
        ['held', 'y'],
        ['消去済み', 'z'],
      ]),
    ).toEqual(['保有      x', 'held      y', '消去済み  z']);
    const green = `${String.fromCharCode(27)}[32m保有${String.fromCharCode(27)}[39m`;
    expect(pad(green, 6)).toBe(`${green}  `);
  });

  it('the same tree has no colour in a file', () => {
    const node = requestNode(requestView(erasedRequest, []), [], { language: 'en', paint: plain });
    expect(node.text).toBe(
      'deletion  r-1  carrying out  received 2026-03-01 09:30:00  due 2026-03-15 23:59:59',
    );
  });

  it('what an erasure leaves on purpose is told beside what it did', () => {
    const remains = [
      { place: 'payments', why: 'kept' as const, columns: ['invoice', 'amount'], rows: 2 },
      { place: 'logs', why: 'pseudonymised' as const, columns: ['member'], rows: 1 },
      { place: 'exports', why: 'retention' as const, columns: [], rows: 3, until: minute(0).toISOString() },
    ];
    const task = taskOf('r-1', 'billing', { state: 'done', receipt: { affected: 3, detail: {}, remains } });
    const node = requestNode(requestView(erasedRequest, [task]), [], { language: 'en', paint: plain });
    expect(JSON.stringify(node)).toContain('kept because a law says so 2 (payments: invoice, amount)');
    expect(JSON.stringify(node)).toContain('pseudonymised, not erased 1 (logs: member)');
    expect(JSON.stringify(node)).toContain(
      'locked for retention, not erased 3 (exports) 2026-03-01 09:00:00 until',
    );
  });

  it('an age is told in its largest whole unit', () => {
    const seconds = [0, 59, 60, 3599, 3600, 86_399, 86_400 * 3];
    const now = minute(0);
    expect(seconds.map((n) => age(new Date(now.getTime() - n * 1000).toISOString(), now))).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '23 h',
      '3 d',
    ]);
  });
});
