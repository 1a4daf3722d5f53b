import type { BreachAnswer, BreachTally, PipelineProgress } from '@keiro/schemas';

/** What an assessment can't say by its counts. Pure. */
export function breachNotes(known: {
  readonly progress: PipelineProgress;
  readonly quarantined: number;
  readonly untagged: number;
  readonly shared: number;
  readonly exposed: BreachTally;
  readonly excluded: BreachTally;
  readonly tenants: number;
  readonly snapshotsCut: boolean;
}): BreachAnswer['notes'] {
  const { progress, exposed, excluded } = known;
  const notes: BreachAnswer['notes'] = [];
  const note = (condition: boolean, code: string, ja: string, en: string) => {
    if (condition) notes.push({ code, ja, en });
  };
  const n = String;
  note(
    progress.tag === null || progress.transfer === null,
    'progress-unknown',
    '処理の進み具合が分かりません。数え漏れがありえます。',
    'How far the pipeline is could not be told: something may be missing.',
  );
  note(
    (progress.tag ?? 0) + (progress.transfer ?? 0) > 0,
    'pipeline-behind',
    `未処理のメッセージが${n((progress.tag ?? 0) + (progress.transfer ?? 0))}件あります。処理後に再度評価してください。`,
    `${n((progress.tag ?? 0) + (progress.transfer ?? 0))} messages are still to be read: assess again once they are.`,
  );
  note(
    known.quarantined > 0,
    'quarantined',
    `隔離中の${n(known.quarantined)}件は数に含みません。内容を確認してください。`,
    `${n(known.quarantined)} in quarantine are not counted: look at them.`,
  );
  note(
    known.untagged > 0,
    'untagged',
    `所在の報告だけがあり記録のないもの${n(known.untagged)}件を含みます。`,
    `${n(known.untagged)} are known by a report of a copy alone, without their record.`,
  );
  note(
    known.shared > 0,
    'ambiguous',
    `複数の人に該当しうる識別子が${n(known.shared)}件あり、人数は幅で示します。keiro links review で確認してください。`,
    `${n(known.shared)} refs could be of several persons, so persons are a range: see keiro links review.`,
  );
  note(
    exposed.unattributed > 0,
    'unattributed',
    `識別子のない記録が${n(exposed.unattributed)}件あり、誰のものか分かりません。公表などの代替措置を検討してください。`,
    `${n(exposed.unattributed)} records have no identifier, so nobody can be told: consider another measure, such as publication.`,
  );
  note(
    excluded.records > 0,
    'excluded-by-encryption',
    '鍵が別に保管され影響を受けていない暗号化データは報告の対象から除いています。高度な暗号化に当たるかは原典で確認してください。',
    'What is sealed under keys that lie apart and were not touched is left out; whether that is advanced encryption in the sense of the Rules is from secondary sources.',
  );
  note(
    known.tenants > 0,
    'tenants',
    '受託データについては委託元に速やかに通知してください。通知すれば報告義務は免除されます（26条1項ただし書）。',
    'Tell each tenant promptly: a processor that tells its entruster is exempt from reporting (26(1) proviso).',
  );
  note(
    known.snapshotsCut,
    'older-snapshots-left-out',
    '古いスナップショットは評価に含まれていません。',
    'Older snapshots were left out.',
  );
  return notes;
}
