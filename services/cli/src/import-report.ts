import {
  catalogue,
  eventTypes,
  purposesOf,
  retentionOf,
  type Category,
  type Labels,
  type Policy,
} from '@keiro/schemas';
import { importWords as words, nextSteps } from './import-words.ts';
import type { ImportTally } from './import-tally.ts';
import { align, number, say, type Language } from './output.ts';

export interface ImportReport {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly holder: string;
  readonly isDryRun: boolean;
  readonly tally: ImportTally;
  /** What is in force now: what the policy says of each category. */
  readonly policy: Policy;
  readonly stateFile: string;
  /** The last row was reached. */
  readonly isWhole: boolean;
}

/** The report as data. Pure. */
export function reportData({ tally, ...report }: ImportReport) {
  return {
    file: report.file,
    holder: report.holder,
    dryRun: report.isDryRun,
    whole: report.isWhole,
    rows: tally.rows,
    [report.isDryRun ? 'wouldRegister' : 'registered']: tally.imported,
    before: tally.before,
    refusedRows: tally.refusedRows,
    persons: tally.persons,
    identifiers: { ...tally.refs, atLeast: tally.isAtLeast },
    categories: [...tally.categories].sort(byCategory).map(([category, counts]) => ({
      category,
      ...counts,
      ...policyOf(report.policy, category),
    })),
    refused: [...tally.refused.values()].map(({ field, reason, lines }) => ({
      field,
      reason,
      rows: lines.count,
      lines: lines.ranges(),
    })),
    erased: {
      rows: tally.erased.count,
      lines: tally.erased.ranges(),
      ...(tally.erased.count > 0 ? { next: nextSteps.erased(report.holder) } : {}),
    },
  };
}

/** The report for a person. Rows are named by line, never shown: they are personal data. Pure. */
export function reportLines({ tally, ...report }: ImportReport, language: Language): string[] {
  const { file, holder, isDryRun, policy, stateFile, isWhole } = report;
  const tell = (labels: Labels) => say(labels, language);
  const counted = (labels: Labels, count: number) => `${tell(labels)} ${number(count)}`;
  const refusedRows = [...tally.refused.values()];
  const title = `${file} → ${holder}${isDryRun ? `  (${tell(words.dryRun)})` : ''}`;
  if (tally.rows === 0 && isWhole) return [title, tell(words.empty)];
  const identifiers = tally.isAtLeast ? `  (${tell(words.atLeast)})` : '';
  return [
    title,
    [
      counted(words.rows, tally.rows),
      counted(isDryRun ? words.wouldRegister : words.registered, tally.imported),
      ...(tally.before > 0 ? [counted(words.before, tally.before)] : []),
      ...(refusedRows.length > 0 ? [counted(words.refused, tally.refusedRows)] : []),
      ...(tally.erased.count > 0 ? [counted(words.erased, tally.erased.count)] : []),
    ].join(' · '),
    `${counted(words.persons, tally.persons)} · ${counted(words.known, tally.refs.known)} · ${counted(words.fresh, tally.refs.new)}${identifiers}`,
    ...align(
      [...tally.categories].sort(byCategory).map(([category, counts]) => {
        const said = policyOf(policy, category);
        return [
          `  ${category} ${tell(said.label)}`,
          number(counts.rows),
          said.purposes.join(', '),
          said.retention.map(tell).join(' / '),
          [
            ...(counts.unknownCollected > 0
              ? [counted(words.unknownCollected, counts.unknownCollected)]
              : []),
            ...(counts.beforeFirst > 0 ? [counted(words.beforeFirst, counts.beforeFirst)] : []),
            ...(counts.pastEnd > 0 ? [counted(words.pastEnd, counts.pastEnd)] : []),
          ].join(' · '),
        ];
      }),
    ),
    ...refusedRows.map(
      ({ field, reason, lines }) =>
        `  ${tell(words.refused)}: ${tell(words.lines)} ${lines.toString()}: ${field} ${tell(reason)}`,
    ),
    ...(refusedRows.length > 0 ? [tell(nextSteps.refused)] : []),
    ...(tally.erased.count > 0
      ? [
          `  ${tell(words.erased)}: ${tell(words.lines)} ${tally.erased.toString()}`,
          tell(nextSteps.erased(holder)),
        ]
      : []),
    tell(!isWhole ? nextSteps.stopped : isDryRun ? nextSteps.looked : nextSteps.conflicts),
    `${tell(words.state)} ${stateFile}`,
  ];
}

const byCategory = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) =>
  one < other ? -1 : 1;

const groupsOf = new Map<Category, readonly string[]>(
  eventTypes.map((type) => [catalogue[type].category, catalogue[type].groups.map(({ id }) => id)]),
);

/** What the policy says of a category, whatever the condition: each record has what its own conditions allow. */
function policyOf(policy: Policy, category: Category) {
  const conditions = [
    {},
    { marketingOptIn: true },
    ...(['session', 'feature', 'analytics'] as const).map((cookieKind) => ({ cookieKind })),
  ];
  const purposes = new Set<string>();
  const retention = new Map<string, Labels>();
  for (const group of groupsOf.get(category) ?? []) {
    for (const condition of conditions) {
      for (const purpose of purposesOf(policy, group, condition)) purposes.add(purpose);
      const rule = retentionOf(policy, group, condition);
      if (rule !== undefined) retention.set(rule.id, rule.label);
    }
  }
  return {
    label: policy.rules.categories[category].label,
    purposes: [...purposes],
    retention: [...retention.values()],
  };
}
