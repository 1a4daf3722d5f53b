import { describe, expect, it } from '@jest/globals';
import type { Holding, PublishPolicy } from '@keiro/schemas';
import { decidePublish, type PublishSituation } from '@keiro/request/publish';
import { versionsOf } from '@keiro/request/policy-routes';
import { demoPolicyText, edited } from '../builders/policy-file.ts';
import { livePoliciesOf, revisionOf, type Revisable } from '../builders/revision.ts';

const now = new Date('2026-05-01T10:00:00+09:00');
const version = '2026-06-01';
const dates = { version, announced: '2026-05-01' };
const japanese = '個人情報保護方針\n当社は、利用目的を次のとおり定めます。';

const held = (policy: string, records: number): Holding => ({
  category: 'C4',
  policy,
  groups: [
    { group: 'C4.subject', purposes: ['membership'], rule: 'access-auth' },
    { group: 'C4.auth', purposes: ['membership'], rule: 'access-auth' },
    { group: 'C4.usage', purposes: ['statistics'], rule: 'access-usage' },
  ],
  records,
});
const holdings = [held('2017-02-02', 12), held('2016-11-21', 3)];

const given = (more: Partial<PublishSituation> = {}): PublishSituation => ({
  policies: livePoliciesOf(demoPolicyText),
  published: [],
  holdings,
  ...more,
});
const asked = (policy: string, more: Partial<PublishPolicy> = {}): PublishPolicy => ({
  policy,
  japanese,
  announced: dates.announced,
  ...more,
});
const decide = (what: PublishPolicy, situation = given(), at = now) =>
  decidePublish(what, situation, 'operator', at);

/** The fields and codes of a refusal. */
function refused(...args: Parameters<typeof decide>): unknown[] {
  const decision = decide(...args);
  if (decision.outcome !== 'refused') throw new Error(decision.outcome);
  return [decision.status, ...decision.issues.map(({ field, code }) => `${field} ${code}`)];
}

function published(...args: Parameters<typeof decide>) {
  const decision = decide(...args);
  if (decision.outcome !== 'publish') throw new Error(JSON.stringify(decision));
  return decision.document;
}

const reworded =
  (related: 'reasonably' | 'beyond', on = '2026-04-20') =>
  ({ purposes }: Revisable) => {
    Object.assign(purposes['statistics'] ?? {}, {
      label: { ja: '統計の作成と研究', en: 'statistics and research' },
      change: { related, decidedBy: 'privacy officer', on },
    });
  };

describe('a revision that was announced', () => {
  it('is published with its texts, its dates, and what it changes for what is held', () => {
    const policy = revisionOf(demoPolicyText, dates, ({ retention }) => {
      Object.assign(retention['access-usage'] ?? {}, { period: 'P30D' });
    });
    expect(published(asked(policy))).toMatchObject({
      _id: '1',
      version,
      established: '2015-09-07',
      announced: '2026-05-01',
      effective: version,
      file: policy,
      japanese,
      before: { version: '2017-02-02' },
      publishedAt: now,
      by: 'operator',
      changes: [{ kind: 'end-earlier', group: 'C4.usage', needs: 'announcement', atLeast: 12, atMost: 12 }],
      records: 12,
      notCompared: 0,
      underEarlier: [{ version: '2016-11-21', records: 3 }],
      decisions: [],
    });
  });

  it.each([
    ['reasonably', 'notice'],
    ['beyond', 'consent'],
  ] as const)('keeps what a person decided of a purpose that changes: %s needs %s', (related, needs) => {
    const document = published(asked(revisionOf(demoPolicyText, dates, reworded(related))));
    expect(document.decisions).toEqual([
      { purpose: 'statistics', needs, decidedBy: 'privacy officer', on: '2026-04-20' },
    ]);
    expect(document.changes.find(({ group }) => group === 'C4.usage')).toMatchObject({ needs, atMost: 12 });
  });

  it('is the same when it is sent again, even after its day; with anything else it is refused', () => {
    const policy = revisionOf(demoPolicyText, dates);
    const document = published(asked(policy));
    const situation = given({ policies: livePoliciesOf(demoPolicyText, policy), published: [document] });
    expect(decide(asked(policy), situation, new Date('2026-07-01T00:00:00Z'))).toEqual({
      outcome: 'same',
      document,
    });
    const known = [409, 'policy.versions known-version'];
    expect(refused(asked(`${policy}# more\n`), situation)).toEqual(known);
    expect(refused(asked(policy, { japanese: `${japanese}。` }), situation)).toEqual(known);
    expect(refused(asked(policy, { announced: '2026-04-30' }), situation)).toEqual(known);
  });

  it('is followed by a later one, of which the version before is the one just published', () => {
    const first = revisionOf(demoPolicyText, dates, reworded('reasonably'));
    const situation = given({
      policies: livePoliciesOf(demoPolicyText, first),
      published: [published(asked(first))],
    });
    const next = { version: '2026-09-01', announced: '2026-05-01' };
    expect(published(asked(revisionOf(first, next)), situation)).toMatchObject({
      _id: '2',
      before: { version },
      changes: [],
      underEarlier: [
        { version: '2016-11-21', records: 3 },
        { version: '2017-02-02', records: 12 },
      ],
    });
    // What was decided of the first is no decision about the second.
    const again = revisionOf(first, next, ({ purposes }) => {
      Object.assign(purposes['statistics']?.label ?? {}, { ja: '統計の作成と販売' });
    });
    expect(refused(asked(again), situation)).toEqual([400, 'policy.purposes.statistics.change undecided']);
  });
});

describe('a revision is refused', () => {
  const at = 'policy.versions.3';
  const revised = (more: Partial<typeof dates> & { effective?: string }) =>
    revisionOf(demoPolicyText, { ...dates, ...more });

  it('with every fault of its file, each with its place, and what else is wrong', () => {
    const faulty = edited(
      edited(revisionOf(demoPolicyText, dates), ['contact', 'address'], null),
      ['retention', 'access-usage', 'period'],
      'ninety days',
    );
    expect(refused(asked(faulty, { japanese: ' \n' }))).toEqual([
      400,
      'policy.contact.address blank-contact',
      'policy.retention.access-usage.period bad-period',
      'japanese blank',
    ]);
    const decision = decide(asked(faulty));
    expect(decision.outcome === 'refused' && decision.issues[0]?.message).toMatch(/ \(Q1, policy:\d+:\d+\)$/);
  });

  it('without the authoritative text, or with one that is not Japanese', () => {
    expect(refused(asked(revised({}), { japanese: '' }))).toEqual([400, 'japanese blank']);
    expect(refused(asked(revised({}), { japanese: 'We collect:' }))).toEqual([400, 'japanese no-japanese']);
  });

  it('unless it is newer than every version that is known', () => {
    const policies = livePoliciesOf(
      demoPolicyText,
      revisionOf(demoPolicyText, { ...dates, version: '2026-12-01' }),
    );
    expect(refused(asked(revised({})), given({ policies }))).toEqual([
      400,
      `${at} not-newer`,
      'policy.versions retold',
    ]);
    expect(refused(asked(demoPolicyText))).toEqual([409, 'policy.versions known-version']);
  });

  it('when it would take effect today or earlier, by the day in Japan', () => {
    const lateEvening = new Date('2026-05-31T14:59:59Z');
    expect(published(asked(revised({})), given(), lateEvening).effective).toBe(version);
    const midnight = new Date('2026-05-31T15:00:00Z');
    expect(refused(asked(revised({})), given(), midnight)).toEqual([400, `${at}.effective not-ahead`]);
  });

  it('when it is not announced before its day, or is announced on a day to come', () => {
    const late = revised({ announced: version });
    expect(refused(asked(late, { announced: version }))).toEqual([
      400,
      `${at}.effective not-announced`,
      'announced still-to-come',
    ]);
    expect(refused(asked(revised({ announced: '2026-04-30' })))).toEqual([400, 'announced differs']);
  });

  it('when it tells earlier versions otherwise, leaves one out, or makes one up', () => {
    const retell = (change: (file: Revisable) => void) =>
      refused(asked(revisionOf(demoPolicyText, dates, change)));
    const told = [400, 'policy.versions retold'];
    expect(
      retell(({ versions }) => void Object.assign(versions[1] ?? {}, { effective: '2016-11-22' })),
    ).toEqual(told);
    expect(
      retell(({ versions }) => void Object.assign(versions[2] ?? {}, { announced: '2017-01-01' })),
    ).toEqual(told);
    expect(retell(({ versions }) => void versions.splice(1, 1))).toEqual(told);
    expect(
      retell(({ versions }) => {
        const made = { ...versions[2], version: '2020-01-01', effective: '2020-01-01' };
        versions.splice(3, 0, made as Record<string, string>);
      }),
    ).toEqual(told);
  });

  it('while nobody has decided of a purpose that changes, or has decided it on a day to come', () => {
    const undecided = revisionOf(demoPolicyText, dates, ({ purposes }) => {
      Object.assign(purposes['statistics']?.label ?? {}, { ja: '統計の作成と販売' });
    });
    expect(refused(asked(undecided))).toEqual([400, 'policy.purposes.statistics.change undecided']);
    const early = revisionOf(demoPolicyText, dates, reworded('reasonably', '2026-05-02'));
    expect(refused(asked(early))).toEqual([400, 'policy.purposes.statistics.change.on still-to-come']);
  });
});

describe('the list of versions', () => {
  it('tells which one is in force on a day, which are past and which are to come, and where each is from', () => {
    const policy = revisionOf(demoPolicyText, dates);
    const policies = livePoliciesOf(demoPolicyText, policy);
    const documents = [published(asked(policy))];
    const states = (day: string) =>
      versionsOf(policies, documents, new Date(day)).map(({ state, origin }) => `${state} ${origin}`);
    expect(states('2026-05-31T23:59:59+09:00')).toEqual([
      'past file',
      'past file',
      'in-force file',
      'announced published',
    ]);
    expect(states('2026-06-01T00:00:00+09:00')).toEqual([
      'past file',
      'past file',
      'past file',
      'in-force published',
    ]);
  });
});
