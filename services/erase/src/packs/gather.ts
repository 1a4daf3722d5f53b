import { callJson, ProblemError } from '@keiro/runtime';
import {
  identifierKinds,
  lineageAnswerSchema,
  provisionSearchAnswerSchema,
  type ExportedItem,
  type HolderDocument,
  type LineageAnswer,
  type SweepResponse,
  type TaskDocument,
} from '@keiro/schemas';
import type { Gathered } from './data.ts';
import type { ExportStore } from './export-store.ts';

/** Records on one page of the lineage. */
const pageSize = 2000;

/** All that a pack is made of: what lineage knows, and what each holder has handed over. */
export async function gather(
  of: {
    readonly request: string;
    readonly lives: SweepResponse['lives'];
    readonly key: Buffer;
    readonly tasks: readonly TaskDocument[];
    readonly holders: readonly HolderDocument[];
  },
  deps: { readonly exports: ExportStore; readonly query: { url: string; token: string } },
): Promise<Gathered> {
  const { request, lives, tasks, holders } = of;
  // The strongest identifier: the whole person is found by it.
  const named = lives.filter(({ value }) => value !== '');
  const [first] = (named.length > 0 ? named : [...lives]).toSorted((a, b) => rank(a.kind) - rank(b.kind));
  if (first === undefined)
    throw new ProblemError(409, 'nothing-kept', 'nothing is left by which this person can be looked up');
  // Of who was erased no identifier is left.
  const body = first.value === '' ? { ref: first.ref } : { [first.kind]: first.value };
  const query = { ...deps.query, timeoutMs: 60_000 };
  const [lineage, { provisions }] = await Promise.all([
    wholeLineage(query, body),
    callJson(query, { path: '/v1/provisions/search', body }, provisionSearchAnswerSchema),
  ]);
  const items = new Map<string, ExportedItem[]>();
  for (const task of tasks) {
    const exportOf = { request, task: task._id, token: task.lease?.token ?? 0 };
    const found = await deps.exports.read(exportOf, of.key);
    // Less than the holder handed over may not be called everything.
    if (found.length !== (task.receipt?.exported ?? 0))
      throw new ProblemError(
        409,
        'incomplete',
        `what ${task.holder} handed over is not all there: try its task again`,
      );
    items.set(task.holder, found);
  }
  return { request, lineage, provisions, tasks, holders, items };
}

async function wholeLineage(
  query: { url: string; token: string; timeoutMs: number },
  identifier: Readonly<Record<string, string>>,
): Promise<LineageAnswer> {
  let whole: LineageAnswer | undefined;
  for (let cursor: string | undefined; ;) {
    const body = { ...identifier, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const page = await callJson(query, { path: '/v1/lineage/search', body }, lineageAnswerSchema);
    whole =
      whole === undefined
        ? page
        : {
            ...whole,
            records: [...whole.records, ...page.records],
            page: { ...whole.page, shown: whole.page.shown + page.page.shown },
          };
    cursor = page.page.next;
    if (cursor === undefined) {
      const { next: _next, ...last } = whole.page;
      return { ...whole, page: last, notes: whole.notes.filter(({ code }) => code !== 'more-records') };
    }
  }
}

const rank = (kind: string): number => {
  const at = identifierKinds.findIndex((one) => one === kind);
  return at < 0 ? identifierKinds.length : at;
};
