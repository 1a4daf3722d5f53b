import { heading, list, paragraph, table, title, type Block } from './blocks.ts';
import type { Change, ChangeKind, Need, PolicyDiff } from './diff.ts';
import type { Labels } from './labels.ts';
import type { Policy } from './policy.ts';
import { groupRules } from './rules.ts';
import type { Lang } from './text-words.ts';

const kinds: Readonly<Record<ChangeKind, Labels>> = {
  'purpose-added': { ja: '利用目的の追加', en: 'purpose added' },
  'purpose-changed': { ja: '利用目的の変更', en: 'purpose changed' },
  'purpose-removed': { ja: '利用目的の削除', en: 'purpose removed' },
  'end-earlier': { ja: '終期が早まる', en: 'ends earlier' },
  'end-later': { ja: '終期が遅くなる', en: 'ends later' },
  'end-moved': { ja: '終期の決め方の変更', en: 'ends otherwise' },
  'floor-added': { ja: '法定保存の追加', en: 'floor added' },
  'floor-removed': { ja: '法定保存の削除', en: 'floor removed' },
};

const needs: Readonly<Record<Need, Labels & { readonly why: Labels }>> = {
  announcement: {
    ja: '公表',
    en: 'announcement',
    why: {
      ja: '公表: 改定日と改定後の文を公表する（9条）。',
      en: 'announcement: the date and the new text are published (section 9).',
    },
  },
  notice: {
    ja: '通知または公表',
    en: 'notice',
    why: {
      ja: '通知または公表: 変更前の目的と合理的に関連する（個人情報保護法17条2項・21条3項）。',
      en: 'notice: reasonably related to the purpose before; notify or publish it (APPI 17(2), 21(3)).',
    },
  },
  consent: {
    ja: '本人の同意',
    en: 'consent',
    why: {
      ja: '本人の同意: 関連する範囲を超える。同意があるまで保有分はこの目的に使えない（18条1項）。',
      en: 'consent: beyond what is related; what is held may not be used so until its people agree (APPI 18(1)).',
    },
  },
  decision: {
    ja: '判断が必要',
    en: 'a decision',
    why: {
      ja: '判断が必要: 関連の有無を担当者が方針ファイル（purposes.….change）に記す。それまでは同意が必要なものとして扱う。',
      en: 'a decision: somebody has to say in the policy file (purposes.….change) whether it is related; until then it is as if consent were needed.',
    },
  },
};

const words = {
  title: { ja: '保有データへの影響', en: 'What a revision changes for what is held' },
  unknown: {
    ja: '不明: 次の版の文が保存されていないため、変更の有無を言えません。',
    en: 'Unknown: the text of these versions is not at hand, so that nothing can be said of changes.',
  },
  none: {
    ja: '保有データの目的と終期に変更はありません。',
    en: 'No purpose and no end of what is held changes.',
  },
  compared: { ja: '比較した記録', en: 'records compared' },
  notCompared: {
    ja: '比較の対象外（顧客の管理下にあるもの、前の版の規則と異なるもの）',
    en: 'not compared (those of customers, and those tagged otherwise than the earlier version says)',
  },
  change: { ja: '変更', en: 'change' },
  group: { ja: '情報', en: 'group' },
  purpose: { ja: '利用目的', en: 'purpose' },
  beforeAfter: { ja: '前 → 後', en: 'before → after' },
  records: { ja: '記録', en: 'records' },
  needs: { ja: '必要なこと', en: 'needs' },
} as const satisfies Record<string, Labels>;

/** A comparison as a text in one language. `counted`: whether the store was asked how much is held. Pure. */
export function diffText(
  before: Policy,
  after: Policy,
  diff: PolicyDiff,
  counted: boolean,
  lang: Lang,
): Block[] {
  const head = title(`${words.title[lang]}: ${before.version} → ${after.version}`);
  if (diff.outcome === 'unknown') return [head, paragraph(words.unknown[lang]), list(diff.because)];
  const totals = counted
    ? [
        paragraph(
          `${words.compared[lang]}: ${String(diff.records - diff.notCompared)}` +
            (diff.notCompared === 0 ? '' : `; ${words.notCompared[lang]}: ${String(diff.notCompared)}`),
        ),
      ]
    : [];
  if (diff.changes.length === 0) return [head, ...totals, paragraph(words.none[lang])];
  const columns = ['change', 'group', 'purpose', 'beforeAfter', 'records', 'needs'] as const;
  const rows = diff.changes.map((change) => [
    kinds[change.kind][lang],
    `${change.group} ${groupRules(before, change.group)?.label[lang] ?? ''}`.trimEnd(),
    change.purpose === undefined ? '' : after.rules.purposes[change.purpose].label[lang],
    [change.before, change.after].filter((side) => side !== undefined).join(' → '),
    counted ? countText(change) : '',
    needs[change.needs][lang],
  ]);
  const asked = [...new Set(diff.changes.map((change) => change.needs))];
  return [
    head,
    ...totals,
    table(
      columns.map((name) => words[name][lang]),
      rows,
    ),
    heading(words.needs[lang]),
    list(asked.map((need) => needs[need].why[lang])),
  ];
}

const countText = ({ atLeast, atMost }: Change) =>
  atLeast === atMost ? String(atMost) : `${String(atLeast)}–${String(atMost)}`;
