import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import type { Labels } from './policy/labels.ts';
import {
  acknowledgementOf,
  acknowledgeReasons,
  readerKinds,
  readerStates,
  type AcknowledgementDocument,
  type AcknowledgeReason,
  type ReaderDocument,
} from './readers.ts';
import { noteSchema } from './request-api.ts';

/** What can be asked and said about who reads personal data. */

const instant = z.iso.datetime();

/** `acknowledged`: undeclared still, and an operator knows. */
export const shownReaderStates = [...readerStates, 'acknowledged'] as const;
export type ShownReaderState = (typeof shownReaderStates)[number];

const acknowledgementSchema = z.strictObject({
  by: z.string(),
  at: instant,
  reason: z.enum(acknowledgeReasons),
  note: z.string().optional(),
});

export const readerViewSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(readerKinds),
  name: z.string(),
  state: z.enum(shownReaderStates),
  firstSeen: instant,
  lastSeen: instant,
  /** Topics or tables; empty where they can't be told. */
  reads: z.array(z.string()),
  /** By topic; null where it has committed nothing there. */
  lag: z.record(z.string(), z.int().min(0).nullable()).optional(),
  members: z.array(z.strictObject({ client: z.string(), host: z.string() })).optional(),
  holder: holderIdSchema.optional(),
  database: z.string().optional(),
  connected: z.int().min(0).optional(),
  superuser: z.boolean().optional(),
  history: z.array(z.strictObject({ at: instant, state: z.enum(readerStates) })),
  acknowledged: acknowledgementSchema.optional(),
});
export type ReaderView = z.infer<typeof readerViewSchema>;

/** `GET /v1/readers?all=`: those that are undeclared, newest first; with `all=true` every reader that was ever seen. */
export const readersAnswerSchema = z.strictObject({
  asOf: instant,
  /** Undeclared and not acknowledged. */
  undeclared: z.int().min(0),
  readers: z.array(readerViewSchema),
});
export type ReadersAnswer = z.infer<typeof readersAnswerSchema>;

/** `POST /v1/readers/:id/acknowledge` */
export const acknowledgeSchema = z.strictObject({
  reason: z.enum(acknowledgeReasons),
  /** The operator's own reference of the case. No free text: it might name somebody. */
  note: noteSchema.optional(),
});
export type Acknowledge = z.infer<typeof acknowledgeSchema>;

/** As a person sees it. Pure. */
export function readerView(reader: ReaderDocument, all: readonly AcknowledgementDocument[]): ReaderView {
  const { _id: id, firstSeen, lastSeen, reads, members, history, lag, ...rest } = reader;
  const known = acknowledgementOf(reader, all);
  return {
    ...rest,
    id,
    state: reader.state === 'undeclared' && known !== undefined ? 'acknowledged' : reader.state,
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    reads: [...reads],
    ...(lag === undefined ? {} : { lag: { ...lag } }),
    ...(members === undefined ? {} : { members: members.map((member) => ({ ...member })) }),
    history: history.map(({ at, state }) => ({ at: at.toISOString(), state })),
    ...(known === undefined
      ? {}
      : {
          acknowledged: {
            by: known.by,
            at: known.at.toISOString(),
            reason: known.reason,
            ...(known.note === undefined ? {} : { note: known.note }),
          },
        }),
  };
}

const words = (ja: string, en: string): Labels => ({ ja, en });

export const readerStateLabels: Readonly<Record<ShownReaderState, Labels>> = {
  undeclared: words('未登録', 'undeclared'),
  acknowledged: words('未登録（確認済み）', 'undeclared, acknowledged'),
  declared: words('登録済み', 'declared'),
  gone: words('消滅', 'gone'),
};

export const acknowledgeReasonLabels: Readonly<Record<AcknowledgeReason, Labels>> = {
  'registration-under-way': words('登録手続中', 'its holder is being registered'),
  operations: words('運用作業', 'work on the system itself'),
  'being-stopped': words('停止手続中', 'it is being stopped'),
  test: words('試験', 'a test'),
};
