import {
  categoriesWith,
  catalogue,
  dayInJapan,
  type ExportedItem,
  type HolderDocument,
  type Labels,
  type LineageAnswer,
  type PackConcern,
  type PackData,
  type PackHolder,
  type ProvisionSearchAnswer,
  type TaskDocument,
} from '@keiro/schemas';
import { withoutOthers } from './redact.ts';

export interface Gathered {
  readonly request: string;
  readonly lineage: LineageAnswer;
  readonly provisions: ProvisionSearchAnswer['provisions'];
  readonly tasks: readonly TaskDocument[];
  readonly holders: readonly Pick<HolderDocument, '_id' | 'name' | 'categories'>[];
  readonly items: ReadonlyMap<string, readonly ExportedItem[]>;
}

/** All that is told, from what was gathered. Pure. */
export function packData(gathered: Gathered): PackData {
  const { request, lineage, provisions, tasks } = gathered;
  const concerns = concernsOf(lineage);
  const holders = tasks
    .toSorted((a, b) => (a.holder < b.holder ? -1 : 1))
    .map((task) => holderOf(task, gathered, concerns));
  const { review: _review, requests: _requests, progress: _progress, ...told } = lineage;
  return {
    request,
    asOf: lineage.asOf,
    notes: notesOf(lineage, holders),
    holders,
    lineage: told,
    provisions,
  };
}

function holderOf(task: TaskDocument, gathered: Gathered, concerns: readonly PackConcern[]): PackHolder {
  const known = gathered.holders.find(({ _id }) => _id === task.holder);
  const { byHand, unsupported } = task.receipt ?? {};
  const told = (gathered.items.get(task.holder) ?? []).map(withoutOthers);
  const hasSaid = byHand === undefined && task.doneAt !== undefined && task.receipt?.exported !== undefined;
  return {
    id: task.holder,
    name: known?.name ?? { ja: task.holder, en: task.holder },
    ...(hasSaid ? { answeredAt: task.doneAt.toISOString() } : {}),
    ...(unsupported === undefined ? {} : { unanswered: unsupported }),
    ...(byHand === undefined ? {} : { byHand: byHand.reference }),
    items: told.map(({ item }) => ({
      ...item,
      concerns: concerningItem(item, known?.categories ?? [], concerns),
    })),
    leftOut: told.reduce((sum, { leftOut }) => sum + leftOut, 0),
  };
}

/** One for each group of fields and retention rule under which anything is held. */
function concernsOf({ records }: LineageAnswer): PackConcern[] {
  const found = new Map<string, PackConcern>();
  for (const { groups } of records) {
    for (const { group, rule, purposes, byConsent = [], end, cap, floor } of groups) {
      const before = found.get(`${group}\n${rule}`);
      const until = latest(before?.until, end);
      const last = latest(before?.cap, cap);
      const law =
        floor === undefined
          ? before?.floor
          : `${floor.law}${floor.until === undefined ? '' : `, ${dayInJapan(new Date(floor.until))}`}`;
      found.set(`${group}\n${rule}`, {
        group,
        rule,
        purposes: [...new Set([...(before?.purposes ?? []), ...purposes, ...byConsent])].sort(),
        ...(until === undefined ? {} : { until }),
        ...(last === undefined ? {} : { cap: last }),
        ...(law === undefined ? {} : { floor: law }),
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}

const latest = (one: string | undefined, other: string | undefined): string | undefined =>
  [one, other]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);

/** By the policy's names of what is in it; where the holder gave none, all that it is registered for. */
function concerningItem(
  { names = {} }: ExportedItem,
  categories: readonly string[],
  concerns: readonly PackConcern[],
): PackConcern[] {
  const fields = [...new Set(Object.values(names))].filter((field) => categoriesWith([field]).length > 0);
  const groups = new Set(
    Object.values(catalogue)
      .filter(({ category }) => categories.includes(category))
      .flatMap((one) => one.groups)
      .filter((group) => fields.length === 0 || group.fields.some((field) => fields.includes(field)))
      .map(({ id }) => id),
  );
  return concerns.filter(({ group }) => groups.has(group));
}

function notesOf(lineage: LineageAnswer, holders: readonly PackHolder[]): Labels[] {
  const silent = holders.filter(
    ({ answeredAt, unanswered }) => answeredAt === undefined || unanswered !== undefined,
  );
  const leftOut = holders.reduce((sum, one) => sum + one.leftOut, 0);
  return [
    ...lineage.notes.map(({ ja, en }) => ({ ja, en })),
    ...silent.map(({ name, unanswered, byHand }) => {
      const by =
        byHand === undefined
          ? { ja: '', en: '' }
          : { ja: `（担当者が確認：${byHand}）`, en: ` (a person has looked: ${byHand})` };
      return {
        ja: `${name.ja}は、保有する内容をこの資料では示せませんでした${unanswered === undefined ? '' : `：${unanswered}`}${by.ja}`,
        en: `${name.en} could not say for this pack all that it has${unanswered === undefined ? '' : `: ${unanswered}`}${by.en}`,
      };
    }),
    ...(lineage.person.ambiguous.length === 0
      ? []
      : [
          {
            ja: `複数の会員が共有する識別子${String(lineage.person.ambiguous.length)}件に関する記録は含まれません。`,
            en: `Records under ${String(lineage.person.ambiguous.length)} identifiers that several members share are not part of this.`,
          },
        ]),
    ...(leftOut === 0
      ? []
      : [
          {
            ja: `第三者に関する値${String(leftOut)}件は除いてあります（個人情報保護法33条2項1号）。`,
            en: `${String(leftOut)} values about other people were left out (APPI 33(2)(i)).`,
          },
        ]),
  ];
}
