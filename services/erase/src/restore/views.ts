import type { Gate, RestoreDocument, RestoreState, RestoreView } from '@keiro/schemas';

/** A look is under way in these. */
const atWork: readonly RestoreState[] = ['closed', 'replaying', 'probing'];

/** A restore as its interface shows it. Pure. */
export function viewOf(restore: RestoreDocument): RestoreView {
  const { _id, holder, site, snapshot, watermark, state, declaredAt, by, pass } = restore;
  const { check, replay, probe, failure, steps } = restore;
  return {
    id: _id,
    holder,
    ...(site === undefined ? {} : { site }),
    ...(snapshot === undefined ? {} : { snapshot }),
    watermark: watermark.toISOString(),
    state,
    declaredAt: declaredAt.toISOString(),
    by,
    ...(pass === undefined || !atWork.includes(state)
      ? {}
      : { now: { pass: pass.kind, counts: pass.counts } }),
    ...(check === undefined
      ? {}
      : { check: { ...check, at: check.at.toISOString(), decided: [...check.decided] } }),
    ...(replay === undefined ? {} : { replay: { ...replay, at: replay.at.toISOString() } }),
    ...(probe === undefined ? {} : { probe: { ...probe, at: probe.at.toISOString() } }),
    ...(failure === undefined ? {} : { failure: { ...failure, at: failure.at.toISOString() } }),
    steps: steps.map((step) => ({ ...step, at: step.at.toISOString() })),
  };
}

/** Whether a holder may work: none of its restores is unfinished. Pure. */
export function gateOf(holder: string, closing: readonly RestoreDocument[]): Gate {
  const [restore] = closing;
  if (restore === undefined) {
    const because = { ja: '未了の復元はありません', en: 'no restore is unfinished' };
    return { holder, open: true, because };
  }
  return { holder, open: false, because: reasons[restore.state] ?? unfinished, restore: restore._id };
}

const unfinished = { ja: '復元が完了していません', en: 'a restore is unfinished' };
const reasons: Partial<Record<RestoreState, Gate['because']>> = {
  closed: {
    ja: '復元が届け出られ、再適用すべきものを確認しています',
    en: 'a restore was declared, and what has to be replayed is being counted',
  },
  checked: {
    ja: '復元後の再適用がまだ始まっていません',
    en: 'what was erased since has not been replayed yet',
  },
  replaying: { ja: '消去・停止を再適用しています', en: 'erasures and suspensions are being replayed' },
  probing: { ja: '再適用の結果を再確認しています', en: 'the replay is being probed' },
  failed: {
    ja: '再適用または再確認に失敗しました。担当者の対応が必要です',
    en: 'the replay or its probe failed: an operator is needed',
  },
};
