import { hash } from 'node:crypto';
import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import type { TaskDocument } from './documents.ts';
import { noteSchema, receiptSchema, taskStates } from './request-api.ts';
import type { Labels } from './policy/labels.ts';
import { labelsSchema } from './policy/labels.ts';
import { receiptView, returnId, taskId } from './tasks.ts';
import { transferRefusals, type TransferRefusal } from './transfers/index.ts';
import type { Ref } from './refs.ts';

/* T0: a copy that a holder says it has, and may not have: found and reported after the fact. */

/** How an operator ends one. */
export const violationClosings = ['returned-or-erased', 'basis-recorded-since', 'reported-in-error'] as const;
export type ViolationClosing = (typeof violationClosings)[number];

export const violationClosingLabels = {
  'returned-or-erased': { ja: '返還または消去された', en: 'returned or erased' },
  'basis-recorded-since': { ja: '根拠があり、後から記録された', en: 'there was a basis, recorded since' },
  'reported-in-error': { ja: '誤った報告だった', en: 'reported in error' },
} as const satisfies Record<ViolationClosing, Labels>;

/** `violations`, owner `transfer`: one per record, or day of a store's snapshots, and holder. Inserted, then closed. */
export interface ViolationDocument {
  /** See {@link violationId}. */
  readonly _id: string;
  readonly holder: string;
  /** The copy; absent where a recovery site has all of a store. */
  readonly copy?: {
    readonly record: string;
    /** Primary ref of the record. */
    readonly ref: Ref;
    readonly generation: number;
    readonly purpose: string;
    readonly category: string;
  };
  /** T3: the first snapshot of that day. */
  readonly snapshot?: { readonly store: string; readonly snapshot: string };
  /** The deletion that it reopens, where the person of the copy is erased (invariant 6). */
  readonly reopens?: string;
  readonly reason: TransferRefusal;
  readonly row: string;
  readonly articles: readonly string[];
  /** When the holder got it, by its own word. */
  readonly at: Date;
  readonly foundAt: Date;
  readonly closed?: {
    readonly at: Date;
    readonly by: string;
    readonly reason: ViolationClosing;
    readonly note?: string;
  };
}

/** Of a record or of a store and day, and a holder. Fits into an address, which a record id does not. */
export function violationId(what: string, holder: string): string {
  return `v-${hash('sha256', `${what}|${holder}`, 'base64url').slice(0, 22)}`;
}

export const violationStates = ['open', 'closed'] as const;
/** Id of the task that has the copy go: of a return of its own, or of the deletion that it reopens. Pure. */
export const directiveTaskOf = ({ _id, holder, reopens }: ViolationDocument): string =>
  taskId(reopens ?? returnId(_id), holder);

const instant = z.iso.datetime();
const reasons = Object.keys(transferRefusals) as [TransferRefusal];

export const violationViewSchema = z.strictObject({
  id: z.string(),
  state: z.enum(violationStates),
  holder: holderIdSchema,
  copy: z
    .strictObject({ record: z.string(), ref: z.string(), purpose: z.string(), category: z.string() })
    .optional(),
  snapshot: z.strictObject({ store: holderIdSchema, snapshot: z.string() }).optional(),
  /** The deletion that it reopened: its person is erased. */
  reopens: z.string().optional(),
  reason: z.enum(reasons),
  row: z.string(),
  articles: z.array(z.string()),
  message: labelsSchema,
  at: instant,
  foundAt: instant,
  /** "Stop and return"; absent for a snapshot, and until `request` has issued it. */
  directive: z
    .strictObject({
      request: z.string(),
      task: z.string(),
      state: z.enum(taskStates),
      receipt: receiptSchema.optional(),
      /** Why the last attempt failed. */
      error: z.string().optional(),
    })
    .optional(),
  closed: z
    .strictObject({
      at: instant,
      by: z.string(),
      reason: z.enum(violationClosings),
      note: z.string().optional(),
    })
    .optional(),
});
export type ViolationView = z.infer<typeof violationViewSchema>;

/** `GET /v1/violations`: newest first. */
export const violationsAnswerSchema = z.strictObject({
  asOf: instant,
  /** All that are open, listed or not. */
  open: z.int(),
  violations: z.array(violationViewSchema),
});
export type ViolationsAnswer = z.infer<typeof violationsAnswerSchema>;

/** `POST /v1/violations/{id}/close`. Right `violations:manage`. */
export const closeViolationSchema = z.strictObject({
  reason: z.enum(violationClosings),
  note: noteSchema.optional(),
});

/** Whether its directive is done, and a second look found nothing of the copy (invariant 5). */
export function isReturned(task: Pick<TaskDocument, 'state' | 'receipt'> | undefined): boolean {
  return task?.state === 'done' && task.receipt?.probe?.found === 0;
}

/** `task`: the one of its return, where there is one. Pure. */
export function violationView(document: ViolationDocument, task?: TaskDocument): ViolationView {
  const { _id, at, foundAt, closed, articles, copy, ...rest } = document;
  const { ja, en } = transferRefusals[document.reason];
  return {
    id: _id,
    state: closed === undefined ? 'open' : 'closed',
    ...rest,
    ...(copy === undefined
      ? {}
      : {
          copy: { record: copy.record, ref: copy.ref, purpose: copy.purpose, category: copy.category },
        }),
    articles: [...articles],
    message: { ja, en },
    at: at.toISOString(),
    foundAt: foundAt.toISOString(),
    ...(task === undefined ? {} : { directive: directiveView(task) }),
    ...(closed === undefined ? {} : { closed: { ...closed, at: closed.at.toISOString() } }),
  };
}

function directiveView({ _id, request, state, receipt, errors }: TaskDocument): ViolationView['directive'] {
  const error = state === 'done' ? undefined : errors.at(-1)?.message;
  return {
    request,
    task: _id,
    state,
    ...(receipt === undefined ? {} : { receipt: receiptView(receipt) }),
    ...(error === undefined ? {} : { error }),
  };
}
