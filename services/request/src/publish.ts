import { hash } from 'node:crypto';
import type { FieldIssue } from '@keiro/runtime';
import {
  dayInJapan,
  diffPolicies,
  essenceOf,
  hasJapanese,
  parsePolicyFile,
  type Change,
  type Holding,
  type Policies,
  type Policy,
  type PolicyDocument,
  type PublishPolicy,
  type PurposeDecision,
  type PurposeId,
} from '@keiro/schemas';

/** What is known when a version is to be published. */
export interface PublishSituation {
  /** Every version: those of the file and those published. */
  readonly policies: Policies;
  readonly published: readonly PolicyDocument[];
  readonly holdings: readonly Holding[];
}

export type PublishDecision =
  | { readonly outcome: 'refused'; readonly status: 400 | 409; readonly issues: readonly FieldIssue[] }
  /** The same was published before. */
  | { readonly outcome: 'same'; readonly document: PolicyDocument }
  | { readonly outcome: 'publish'; readonly document: PolicyDocument };

/**
 * Decides whether a revision may be published (V1): announced before it takes effect, with the authoritative text,
 * with no version that is known told anew, and with a person's decision on every purpose that changes. Every reason
 * against it is told at once. Pure.
 */
export function decidePublish(
  asked: PublishPolicy,
  situation: PublishSituation,
  by: string,
  now: Date,
): PublishDecision {
  const read = parsePolicyFile(asked.policy, 'policy');
  const ofText = textIssues(asked.japanese);
  if ('findings' in read) {
    const issues = read.findings
      .filter(({ severity }) => severity === 'error')
      .map(({ at, code, place, clause, message }) =>
        issue(`policy.${at}`, code, `${message.en} (${clause}, ${place})`),
      );
    return { outcome: 'refused', status: 400, issues: [...issues, ...ofText] };
  }
  const after = read.policies.newest;
  const digests = { digest: digestOf(asked.policy), japaneseDigest: digestOf(asked.japanese) };
  const earlier = situation.published.find(({ version }) => version === after.version);
  if (earlier !== undefined) {
    const isSame =
      earlier.digest === digests.digest &&
      earlier.japaneseDigest === digests.japaneseDigest &&
      earlier.announced === asked.announced;
    return isSame
      ? { outcome: 'same', document: earlier }
      : refusedAsKnown('was published with other content');
  }
  if (situation.policies.get(after.version) !== undefined)
    return refusedAsKnown('is known already: a revision is a further version');

  const before = situation.policies.newest;
  const diff = diffPolicies(before, after, situation.holdings);
  const changes = diff.outcome === 'known' ? diff.changes : [];
  const issues = [
    ...dateIssues(asked, read.policies, situation.policies, dayInJapan(now)),
    ...ofText,
    ...(diff.outcome === 'known'
      ? []
      : [issue('policy.versions', 'unknown-text', `can't be compared with ${diff.because.join()}`)]),
    ...decisionIssues(changes, after, dayInJapan(now)),
  ];
  if (issues.length > 0) return { outcome: 'refused', status: 400, issues };

  const number = situation.published.length + 1;
  const { version, established, effective } = after;
  const document: PolicyDocument = {
    _id: String(number),
    number,
    version,
    established,
    announced: asked.announced,
    effective,
    file: asked.policy,
    japanese: asked.japanese,
    ...digests,
    before: { version: before.version, essence: essenceOf(before) },
    publishedAt: now,
    by,
    changes,
    records: diff.outcome === 'known' ? diff.records : 0,
    notCompared: diff.outcome === 'known' ? diff.notCompared : 0,
    underEarlier: earlierHoldings(situation, before),
    decisions: decisionsOf(changes, after),
  };
  return { outcome: 'publish', document };
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url');
const issue = (field: string, code: string, message: string): FieldIssue => ({ field, code, message });

const refusedAsKnown = (message: string): PublishDecision => ({
  outcome: 'refused',
  status: 409,
  issues: [issue('policy.versions', 'known-version', message)],
});

function textIssues(japanese: string): FieldIssue[] {
  if (japanese.trim() === '')
    return [
      issue('japanese', 'blank', 'is blank: the authoritative Japanese text is what is published (L2)'),
    ];
  return hasJapanese(japanese) ? [] : [issue('japanese', 'no-japanese', 'has no Japanese characters (L2)')];
}

function dateIssues(asked: PublishPolicy, file: Policies, known: Policies, today: string): FieldIssue[] {
  const { newest } = known;
  const { version, announced, effective } = file.newest;
  const at = `policy.versions.${String(file.versions.length - 1)}`;
  const retold = known.versions.filter((id) => !isAsBefore(known.get(id), file.get(id)));
  const invented = file.versions.filter((id) => id !== version && known.get(id) === undefined);
  const isNewer = version > newest.version && effective > newest.effective;
  return [
    ...(isNewer ? [] : [issue(at, 'not-newer', `is not newer than ${newest.version}`)]),
    ...[...retold, ...invented].map((id) =>
      issue(
        'policy.versions',
        'retold',
        `do not tell ${id} as it is known: earlier versions stay as they are`,
      ),
    ),
    ...(effective > today
      ? []
      : [issue(`${at}.effective`, 'not-ahead', `has to be later than today, ${today}: announce it first`)]),
    ...(effective > asked.announced
      ? []
      : [issue(`${at}.effective`, 'not-announced', 'has to be later than the day of the announcement')]),
    ...(asked.announced <= today
      ? []
      : [issue('announced', 'still-to-come', 'is still to come: publish on the day of the announcement')]),
    ...(announced === asked.announced
      ? []
      : [issue('announced', 'differs', `is not the day that the file has in versions.…announced`)]),
  ];
}

/** A file that adds a version has no rules but its own: of those before it only the dates are told. */
const isAsBefore = (known: Policy | undefined, told: Policy | undefined): boolean =>
  known?.established === told?.established &&
  known?.announced === told?.announced &&
  known?.effective === told?.effective;

/** Purposes that get another meaning or more records (V1), each once. */
function changedPurposes(changes: readonly Change[]): { purpose: PurposeId; needs: Change['needs'] }[] {
  const needs = new Map(
    changes.flatMap(({ purpose, needs: need }) =>
      purpose === undefined || need === 'announcement' ? [] : [[purpose, need] as const],
    ),
  );
  return [...needs].map(([purpose, need]) => ({ purpose, needs: need }));
}

function decisionIssues(changes: readonly Change[], after: Policy, today: string): FieldIssue[] {
  return changedPurposes(changes).flatMap(({ purpose, needs }) => {
    const at = `policy.purposes.${purpose}.change`;
    if (needs === 'decision')
      return [
        issue(
          at,
          'undecided',
          'has to say of this revision whether it is reasonably related or beyond (related), who decided it and when (APPI 17(2), 18(1))',
        ),
      ];
    const on = after.rules.purposes[purpose].change?.on ?? '';
    return on > today ? [issue(`${at}.on`, 'still-to-come', 'is still to come')] : [];
  });
}

function decisionsOf(changes: readonly Change[], after: Policy): PurposeDecision[] {
  return changedPurposes(changes).flatMap(({ purpose, needs }): PurposeDecision[] => {
    const { change } = after.rules.purposes[purpose];
    if (change === undefined || (needs !== 'notice' && needs !== 'consent')) return [];
    return [{ purpose, needs, decidedBy: change.decidedBy, on: change.on }];
  });
}

function earlierHoldings(
  { policies, holdings }: PublishSituation,
  before: Policy,
): PolicyDocument['underEarlier'] {
  return policies.versions
    .filter((version) => version !== before.version)
    .map((version) => ({
      version,
      records: holdings
        .filter(({ policy }) => policy === version)
        .reduce((sum, { records }) => sum + records, 0),
    }))
    .filter(({ records }) => records > 0);
}
