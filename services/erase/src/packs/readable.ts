import type { PrintedBlock, PrintedDocument } from '@keiro/runtime/printed/document';
import { dayInJapan, type Labels, type PackConcern, type PackData } from '@keiro/schemas';

export type PackLanguage = 'ja' | 'en';

/** Rows of one holder that are printed; all of them are in `data.json`. */
const printedItems = 200;
/** Provisions that are printed. */
const printedProvisions = 500;

/** What a person reads. Pure. */
export function readable(data: PackData, lang: PackLanguage): PrintedDocument {
  const text = texts[lang];
  const { labels } = data.lineage;
  const say = (from: Readonly<Record<string, Labels>>, id: string) => from[id]?.[lang] ?? id;
  const day = (at: string) => dayInJapan(new Date(at));
  const until = ({ until: end, cap, floor }: PackConcern) =>
    [
      end === undefined ? (cap === undefined ? text.open : `${text.latest} ${day(cap)}`) : day(end),
      ...(floor === undefined ? [] : [floor]),
    ].join(' / ');
  const purposes = ({ purposes: ids }: PackConcern) =>
    ids.map((id) => say(labels.purposes, id)).join(text.comma);

  const items = data.holders.flatMap((holder): PrintedBlock[] => {
    const shown = holder.items.slice(0, printedItems);
    const rows = shown.map((item) => [
      item.place,
      flat(item.fields, item.names)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
      [...new Set(item.concerns.map(purposes))].join('\n'),
      [...new Set(item.concerns.map(until))].join('\n'),
    ]);
    const state =
      holder.answeredAt === undefined ? text.notAnswered : `${text.answered} ${holder.answeredAt}`;
    return [
      { kind: 'heading', text: holder.name[lang] },
      {
        kind: 'paragraph',
        text: [state, ...(holder.unanswered === undefined ? [] : [holder.unanswered])].join(' / '),
      },
      ...(rows.length === 0
        ? [{ kind: 'paragraph' as const, text: text.nothing }]
        : [{ kind: 'table' as const, head: text.itemHead, rows }]),
      ...(holder.items.length > printedItems
        ? [{ kind: 'paragraph' as const, text: text.more(holder.items.length - printedItems) }]
        : []),
    ];
  });
  const records = data.lineage.records.flatMap((record) =>
    record.groups.map((group) => [
      `${say(labels.categories, record.category)} ${record.time}`,
      say(labels.groups, group.group),
      group.purposes.map((id) => say(labels.purposes, id)).join(text.comma),
      group.end === undefined
        ? group.cap === undefined
          ? text.open
          : `${text.latest} ${day(group.cap)}`
        : day(group.end),
      record.copies.map(({ holder }) => holder).join(text.comma),
    ]),
  );
  const provisions = data.provisions
    .slice(0, printedProvisions)
    .map((one) => [
      day(one.at),
      text.directions[one.direction],
      one.party.name[lang],
      one.groups.map((id) => say(labels.groups, id)).join(text.comma),
    ]);
  return {
    title: text.title,
    lang,
    at: new Date(data.asOf),
    blocks: [
      {
        kind: 'facts',
        facts: [
          [text.request, data.request],
          [text.asOf, data.asOf],
        ],
      },
      ...data.notes.map((note): PrintedBlock => ({ kind: 'paragraph', text: note[lang] })),
      ...items,
      { kind: 'heading', text: text.records },
      ...(records.length === 0
        ? [{ kind: 'paragraph' as const, text: text.nothing }]
        : [{ kind: 'table' as const, head: text.recordHead, rows: records.slice(0, printedProvisions) }]),
      { kind: 'heading', text: text.provisions },
      ...(provisions.length === 0
        ? [{ kind: 'paragraph' as const, text: text.nothing }]
        : [{ kind: 'table' as const, head: text.provisionHead, rows: provisions }]),
    ],
  };
}

/** Names, by the policy where the holder has said so, and values of a row. */
function flat(fields: object, names: Readonly<Record<string, string>> = {}, path = ''): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]): [string, string][] => {
    const at = path === '' ? name : `${path}.${name}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return flat(value, names, at);
    if (value === null) return [];
    return [[names[at] ?? at, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}

const texts = {
  ja: {
    title: '保有個人データの開示',
    request: '請求番号',
    asOf: '時点',
    comma: '、',
    open: '起算前',
    latest: '遅くとも',
    answered: '回答日時',
    notAnswered: '未回答',
    nothing: 'なし',
    records: '収集の記録・利用目的・保存期間',
    provisions: '第三者提供の記録',
    itemHead: ['場所', '内容', '利用目的', '保存期限'],
    recordHead: ['区分・収集日時', '項目', '利用目的', '保存期限', '保有先'],
    provisionHead: ['日付', '種別', '相手方', '項目'],
    directions: { provided: '提供', received: '受領' },
    more: (n: number) => `ほか${String(n)}件は data.json にあります。`,
  },
  en: {
    title: 'What is held about you',
    request: 'Request',
    asOf: 'As of',
    comma: ', ',
    open: 'not begun',
    latest: 'at the latest',
    answered: 'answered',
    notAnswered: 'not answered',
    nothing: 'none',
    records: 'What was collected, why, and until when',
    provisions: 'Records of provision',
    itemHead: ['place', 'what is held', 'purposes', 'kept until'],
    recordHead: ['category, collected', 'items', 'purposes', 'kept until', 'held by'],
    provisionHead: ['date', 'kind', 'other party', 'items'],
    directions: { provided: 'provided', received: 'received' },
    more: (n: number) => `${String(n)} more are in data.json.`,
  },
} as const;
