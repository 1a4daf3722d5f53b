import type { Labels } from './policy/labels.ts';
import type { DiscardReason, QuarantineReason, QuarantineState } from './quarantine.ts';

/** What an operator reads about an entry in quarantine, in Japanese and English (L2). */

const words = (ja: string, en: string): Labels => ({ ja, en });

export const quarantineStateLabels: Readonly<Record<QuarantineState, Labels>> = {
  held: words('隔離中', 'held'),
  released: words('解除済み', 'released'),
  discarded: words('破棄済み', 'discarded'),
  expired: words('期間満了', 'expired'),
};

/** Why it was set aside, and what can be done about it. */
export const quarantineReasonLabels: Readonly<
  Record<QuarantineReason, { readonly why: Labels; readonly next: Labels }>
> = {
  unreadable: {
    why: words('イベントとして読み取れません。', 'It cannot be read as an event.'),
    next: words(
      '送信元に正しい形式での再送を依頼し、届いたら破棄してください。',
      'Have its producer send it again as an event, then discard it.',
    ),
  },
  'unknown-schema': {
    why: words('スキーマがレジストリにありません。', 'The registry does not know its schema.'),
    next: words('スキーマを登録してから解除してください。', 'Register the schema, then release it.'),
  },
  'not-yet-effective': {
    why: words(
      'その時点でまだ施行されていない方針の版を名乗っています。',
      'It names a version of the policy that was not in force at its time.',
    ),
    next: words(
      '送信元の設定を確かめ、版が施行されてから解除するか、再送を受けて破棄してください。',
      'Check its producer; have it sent again under the right version, then discard it.',
    ),
  },
  'future-time': {
    why: words(
      '時刻が24時間以上先になっています。',
      'Its time is more than 24 hours ahead of the clock here.',
    ),
    next: words(
      '送信元の時計を確かめてください。その時刻を過ぎれば解除できます。',
      "Check its producer's clock; it can be released once that time has come.",
    ),
  },
  malformed: {
    why: words('種別の定める形になっていません。', 'It does not have the shape of its type.'),
    next: words(
      '送信元に再送を依頼し、届いたら破棄してください。',
      'Have its producer send it again, then discard it.',
    ),
  },
  'conflicting-content': {
    why: words(
      '同じ送信元と ID で内容の異なる記録があります。',
      'There is a record of the same source and id with other content.',
    ),
    next: words(
      '別の出来事であれば新しい ID での再送を依頼し、破棄してください。',
      'If it is another event, have it sent under an id of its own; then discard this one.',
    ),
  },
  untaggable: {
    why: words(
      '方針に、この内容の利用目的・保存期間・版がありません。',
      'The policy has no purpose, end or version for it.',
    ),
    next: words(
      '方針を改めてから解除するか、不要であれば破棄してください。',
      'Amend the policy and release it, or discard it.',
    ),
  },
  erased: {
    why: words('本人の消去後に届きました。', 'It came after its person had been erased.'),
    next: words(
      '消去は取り消せません。破棄してください。',
      'What was erased stays erased: it can only be discarded.',
    ),
  },
  'does-not-open': {
    why: words('保有者が封を開けられませんでした。', 'A holder could not open its seal.'),
    next: words(
      '記録は済んでいます。その保有者に読み直しを依頼し、届かなければ破棄してください。',
      'It is recorded all the same: have the holder read it again from its place, or discard it.',
    ),
  },
  'refused-by-holder': {
    why: words('保有者のストアが受け入れられませんでした。', "A holder's store could not take it."),
    next: words(
      '記録は済んでいます。保有者の側を直して読み直してもらい、不要なら破棄してください。',
      'It is recorded all the same: mend the store and have the holder read it again, or discard it.',
    ),
  },
  'unknown-holder': {
    why: words(
      '登録されていない保有者からの報告です。',
      'The report is about a holder that is not registered.',
    ),
    next: words(
      '保有者を登録し、再度の報告を依頼してから破棄してください。',
      'Register the holder and have it report again, then discard this one.',
    ),
  },
  'forged-report': {
    why: words(
      '名乗っている保有者からの報告である証明がありません。',
      'The report does not prove that it comes from the holder that it names.',
    ),
    next: words(
      '誰がトピックに書き込んだかを調べてください。本物であれば保有者に再度の報告を依頼し、破棄してください。',
      'Find out who wrote to the topic; if the holder did, have it report again. Then discard this one.',
    ),
  },
};

export const discardReasonLabels: Readonly<Record<DiscardReason, Labels>> = {
  'sent-again': words('再送済み', 'was sent again as it should be'),
  'unreadable-for-good': words('読み取り不能', 'cannot be read by anybody'),
  'person-erased': words('本人消去済み', 'its person was erased'),
  'past-end': words('保存期間経過', 'past its retention'),
  'not-ours': words('対象外', 'concerns nobody whose data we handle'),
  'test-data': words('試験データ', 'test data'),
};
