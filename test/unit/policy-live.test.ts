import { describe, expect, it } from '@jest/globals';
import {
  effectiveFrom,
  fromHeaders,
  groupsForPurpose,
  groupsInUse,
  purposesOf,
  retentionOf,
  type Policies,
} from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { tag } from '@keiro/tag/tag';
import { demoPolicyText, edited } from '../builders/policy-file.ts';
import {
  livePoliciesOf,
  policiesIn,
  publicationOf,
  revisionOf,
  type Revisable,
} from '../builders/revision.ts';
import { sealedEvent } from '../builders/wire.ts';

const version = '2026-06-01';
const dates = { version, announced: '2026-05-01' };
const lastSecond = new Date('2026-05-31T23:59:59+09:00');
const firstSecond = new Date('2026-06-01T00:00:00+09:00');

/** C4.usage is kept shorter, and serves quality in the place of statistics. */
const shorter = ({ retention, categories }: Revisable) => {
  Object.assign(retention['access-usage'] ?? {}, { period: 'P30D' });
  Object.assign(categories['C4']?.groups['usage'] ?? {}, {
    uses: [{ purpose: 'quality', rule: 'access-usage' }],
  });
};
const revision = revisionOf(demoPolicyText, dates, shorter);

function tagged(policies: Policies, policyversion: string, time: Date) {
  const event = sealedEvent({
    type: 'access',
    id: 'e-1',
    refs: [lifeOf('member', 'somebody')],
    time: time.toISOString(),
    policyversion,
  });
  const envelope = fromHeaders(event.headers);
  if (envelope === undefined) throw new Error('no envelope');
  const position = { topic: event.topic, partition: 0, offset: '0' };
  const result = tag(envelope, event.value, position, policies.get(policyversion), firstSecond);
  if ('quarantine' in result) return result.quarantine.reason;
  return result.record.groups.find(({ group }) => group === 'C4.usage');
}

describe('a version that is published while a service runs', () => {
  it('is known at once, in force from its day in Japan, and changes nothing of the versions before', () => {
    const live = livePoliciesOf(demoPolicyText);
    const before = live.newest;
    live.add(publicationOf(live, revision));
    expect(live.versions).toEqual(['2015-09-07', '2016-11-21', '2017-02-02', version]);
    expect(live.newest.version).toBe(version);
    expect(live.inForce(lastSecond)).toBe(before);
    expect(live.inForce(firstSecond)).toBe(live.newest);
    expect(effectiveFrom(live.newest)).toBe(firstSecond.getTime());
    expect(live.get('2017-02-02')).toBe(before);
    expect(before.text).toBe('known');
    expect(retentionOf(before, 'C4.usage')?.period).toBe('P90D');
    expect(retentionOf(live.newest, 'C4.usage')?.period).toBe('P30D');
    expect(purposesOf(before, 'C4.usage')).toEqual(['statistics']);
  });

  it('tags only what is collected under it; an event from before its day is set aside', () => {
    const live = livePoliciesOf(demoPolicyText, revision);
    expect(tagged(live, version, lastSecond)).toBe('not-yet-effective');
    expect(tagged(live, version, firstSecond)).toMatchObject({ purposes: ['quality'] });
    expect(tagged(live, '2017-02-02', firstSecond)).toMatchObject({ purposes: ['statistics'] });
  });

  it('brings its groups to a purpose from its day on, and takes none from what was collected before', () => {
    const live = livePoliciesOf(demoPolicyText, revision);
    const [before] = [groupsForPurpose(policiesIn(demoPolicyText).newest, 'quality')];
    expect(groupsInUse(live, 'quality', lastSecond)).toEqual(before);
    expect(groupsInUse(live, 'quality', firstSecond).sort()).toEqual([...before, 'C4.usage'].sort());
    expect(groupsInUse(live, 'statistics', firstSecond)).toContain('C4.usage');
    expect(groupsForPurpose(live.newest, 'statistics')).not.toContain('C4.usage');
  });

  it('changes nothing when it is told again, also where the file has it by now', () => {
    const live = livePoliciesOf(demoPolicyText);
    const publication = publicationOf(live, revision);
    live.add(publication);
    const { newest } = live;
    live.add(publication);
    expect(live.newest).toBe(newest);
    expect(live.versions).toHaveLength(4);
  });

  it('does not stand beside another one of its name, or one that is older', () => {
    const live = livePoliciesOf(demoPolicyText);
    const publication = publicationOf(live, revision);
    live.add(publication);
    const other = { ...publication, file: revisionOf(demoPolicyText, dates) };
    expect(() => live.add(other)).toThrow(`version ${version} was published with other rules`);
    const older = revisionOf(demoPolicyText, { version: '2026-05-31', announced: '2026-05-01' });
    expect(() => live.add({ ...publication, version: '2026-05-31', file: older })).toThrow('does not follow');
    expect(() => live.add({ ...publication, version: '2026-07-01' })).toThrow("can't be read");
    expect(live.versions).toHaveLength(4);
  });

  it('keeps a service from a file that tells the past anew, and not from one that is put right', () => {
    const publication = publicationOf(policiesIn(demoPolicyText), revision);
    const retold = (base: string) => () => {
      livePoliciesOf(base).add(publication);
    };
    expect(retold(edited(demoPolicyText, ['retention', 'access-usage', 'period'], 'P60D'))).toThrow(
      `version 2017-02-02 was not as it is here when ${version} was published after it`,
    );
    // The published file in the place of the one before: of the old text it knows nothing.
    expect(retold(revision)).toThrow('was not as it is here');
    expect(
      retold(edited(demoPolicyText, ['purposes', 'statistics', 'label', 'en'], 'Statistics')),
    ).not.toThrow();
    expect(retold(edited(demoPolicyText, ['contact', 'address', 'en'], 'Window 2'))).not.toThrow();
  });
});
