import { z } from 'zod';
import { fieldChangesSchema, remainsSchema } from './changes.ts';
import { holderIdSchema } from './custody.ts';
import { subjectSchema } from './events/identifiers.ts';
import { purposeIds } from './policy/index.ts';
import { labelsSchema } from './policy/labels.ts';
import { lifeSchema, refSchema } from './refs.ts';
import { noticeKinds, ownRequestTypes, requestStates, requestTypes } from './request-events.ts';

/** The HTTP contract of the request service (R1 to R9, Q1). Instants are RFC 3339 in UTC. */

/** With what nobody may ask for: see `ownRequestTypes`. */
const shownTypes = [...requestTypes, ...ownRequestTypes] as const;
export const requestGrounds = ['law', 'policy', 'consent-withdrawn', 'consent-given'] as const;
export const taskStates = ['pending', 'running', 'by-hand', 'done', 'failed'] as const;

/** The caller's own reference for the case. No free text: it is kept in clear with the audit entry. */
export const noteSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'a reference of letters, digits, - and _, beginning with a letter');

const purposeTypes: readonly string[] = ['suspension', 'resume'];
const correctionTypes: readonly string[] = ['correction', 'addition'];
const recipientTypes: readonly string[] = ['third-party-denial', 'resume'];

/**
 * What a person asks, sent by compliance. Identifiers travel in the body only; several of them must lead to one
 * and the same person. `purposes` belong to a suspension or a resume; `all`, the default, binds every purpose.
 * `recipients` belong to a denial of third parties' use (R6) or to the resume that takes one back.
 */
export const createRequestSchema = z
  .strictObject({
    type: z.enum(requestTypes),
    /** Only a question or a complaint may be of somebody who is not named (Q1). */
    subject: subjectSchema
      .refine((subject) => Object.keys(subject).length > 0, {
        error: 'names nobody: give at least one identifier',
      })
      .optional(),
    purposes: z
      .array(z.enum(['all', ...purposeIds]))
      .min(1)
      .max(purposeIds.length + 1)
      .optional(),
    recipients: z
      .array(z.union([z.literal('all'), holderIdSchema]))
      .min(1)
      .max(64)
      .optional(),
    /**
     * `vouched`, the default: the caller answers for who asks. `required`: it waits for a check, and the answer is the
     * same whether or not anybody is known by these identifiers.
     */
    identity: z.enum(['vouched', 'required']).optional(),
    /** Somebody looks at it before it is carried out, although its type does not ask for that. */
    review: z.literal(true).optional(),
    /** Of a question: which of the two it is. */
    about: z.enum(['question', 'complaint']).optional(),
    /**
     * R2, R3: what fields have to be. In clear in this body alone: sealed under the request's own key at once, so that
     * only who carries it out can open it. Without it somebody corrects by hand and answers.
     */
    changes: fieldChangesSchema.optional(),
    note: noteSchema.optional(),
  })
  .refine((body) => body.purposes === undefined || purposeTypes.includes(body.type), {
    path: ['purposes'],
    error: 'belong to a suspension or a resume',
  })
  .refine((body) => body.recipients === undefined || recipientTypes.includes(body.type), {
    path: ['recipients'],
    error: 'belong to a third-party-denial, or to the resume that takes it back',
  })
  .refine((body) => body.recipients === undefined || body.purposes === undefined, {
    path: ['purposes'],
    error: 'are one thing and recipients another: take them back in a request each',
  })
  .refine((body) => body.about === undefined || body.type === 'question', {
    path: ['about'],
    error: 'belongs to a question',
  })
  .refine((body) => body.changes === undefined || correctionTypes.includes(body.type), {
    path: ['changes'],
    error: 'belong to a correction or an addition',
  })
  .refine((body) => body.subject !== undefined || body.type === 'question', {
    path: ['subject'],
    error: 'is wanted: give at least one identifier',
  });
export type CreateRequest = z.infer<typeof createRequestSchema>;

export const acceptedSchema = z.strictObject({
  id: z.string(),
  state: z.enum(requestStates),
  /** End of the 14th calendar day after arrival, Asia/Tokyo (R7). */
  due: z.iso.datetime(),
  /** Number of holders that must act; 0 until it is accepted. */
  tasks: z.int(),
  /** Refs that several members share: left alone, for review. 0 until it is known who asks. */
  ambiguous: z.int(),
});
export type Accepted = z.infer<typeof acceptedSchema>;

export const receiptSchema = z.strictObject({
  affected: z.int(),
  /** Of these, found before a try whose answer was lost, and gone after. */
  unanswered: z.int().optional(),
  detail: z.record(z.string(), z.int()),
  sweptAt: z.iso.datetime().optional(),
  probe: z.strictObject({ at: z.iso.datetime(), found: z.int() }).optional(),
  /** Told, no control: in place of a probe where nobody can look. */
  told: z.strictObject({ at: z.iso.datetime(), identifiers: z.int() }).optional(),
  /** Closed by a person, with evidence: no probe has looked. */
  byHand: z
    .strictObject({
      at: z.iso.datetime(),
      by: z.string(),
      reference: z.string(),
      sha256: z.string().optional(),
      evidence: z.string().optional(),
    })
    .optional(),
  /** A processor's own word, which is no probe: nothing is `erased` by it. */
  confirmed: z
    .strictObject({
      at: z.iso.datetime(),
      by: z.string().optional(),
      certificate: z.string().optional(),
      requests: z.int(),
      identifiers: z.int(),
      results: z.int().optional(),
      signed: z.boolean(),
    })
    .optional(),
  /** Of a correction: rows that held something else when they were read again. */
  readBack: z.strictObject({ at: z.iso.datetime(), differing: z.int() }).optional(),
  /** Of an export: rows, documents or keys that were handed over. */
  exported: z.int().optional(),
  unsupported: z.string().optional(),
  /** What an erasure left on purpose: for a floor, or under a pseudonym. */
  remains: z.array(remainsSchema).optional(),
});

/** R4: what of an erased person a law makes us keep, and where; without `until` its period has not begun. */
export const keptGroupSchema = z.strictObject({
  group: z.string(),
  label: labelsSchema,
  why: labelsSchema,
  law: z.string(),
  records: z.int(),
  until: z.iso.datetime().optional(),
  /** What the period waits for. */
  start: z.string().optional(),
  holders: z.array(holderIdSchema),
});
export type KeptGroupView = z.infer<typeof keptGroupSchema>;

export const taskViewSchema = z.strictObject({
  id: z.string(),
  request: z.string(),
  holder: holderIdSchema,
  directive: z.enum(['erase', 'suspend', 'resume', 'correct', 'export']),
  state: z.enum(taskStates),
  attempt: z.int(),
  notBefore: z.iso.datetime().optional(),
  receipt: receiptSchema.optional(),
  /** What it waits for; absent when the holder owes no answer. */
  waiting: z
    .strictObject({
      step: z.enum(['erase', 'probe']),
      since: z.iso.datetime(),
      expected: z.iso.datetime().optional(),
      says: z.string(),
    })
    .optional(),
  errors: z.array(z.strictObject({ at: z.iso.datetime(), attempt: z.int(), message: z.string() })),
  createdAt: z.iso.datetime(),
  doneAt: z.iso.datetime().optional(),
  /** What it leaves for floors (R4): fields of the policy. */
  keep: z
    .strictObject({
      groups: z.array(z.string()),
      fields: z.array(z.string()),
      laws: z.array(z.string()),
      until: z.iso.datetime().optional(),
    })
    .optional(),
  /** Who looks after it, where it waits for a person. */
  desk: z.strictObject({ who: z.string(), since: z.iso.datetime(), by: z.string() }).optional(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

/** Who may act next in a state; the clock of the whole request (R7) runs on whoever it is. */
export const nextActors = ['person', 'compliance', 'operator', 'system', 'holder'] as const;
const nextSchema = z.strictObject({ actor: z.enum(nextActors), by: z.iso.datetime() });

/** What a request rests on: an article, or the policy's own promise, in which row. */
export const restsOnSchema = z.strictObject({
  on: z.enum(['law', 'policy']),
  row: z.string(),
  articles: z.array(z.string()),
});
export type RestsOn = z.infer<typeof restsOnSchema>;

export const noticeViewSchema = z.strictObject({
  request: z.string(),
  type: z.enum(shownTypes),
  /** Number of the event that made it due. */
  n: z.int(),
  kind: z.enum(noticeKinds),
  dueSince: z.iso.datetime(),
  sentAt: z.iso.datetime().optional(),
  /** What to send: it names nobody and nothing that is held. */
  subject: labelsSchema,
  text: labelsSchema,
});
export type NoticeView = z.infer<typeof noticeViewSchema>;

export const refusalSchema = z.strictObject({
  /** Id and label of the ground in the policy (R9). */
  ground: z.string(),
  label: labelsSchema,
  reason: labelsSchema,
  /** What was refused; none: all of it. */
  parts: z.array(z.string()),
  at: z.iso.datetime(),
});

export const requestSummarySchema = z.strictObject({
  id: z.string(),
  type: z.enum(shownTypes),
  state: z.enum(requestStates),
  purposes: z.array(z.string()),
  recipients: z.array(z.string()).optional(),
  /** Of a correction or an addition: names of the fields, never what they are set to. */
  fields: z.array(z.string()).optional(),
  receivedAt: z.iso.datetime(),
  due: z.iso.datetime(),
  doneAt: z.iso.datetime().optional(),
  /** Of a deletion: until then it can be withdrawn, all being hidden and nothing erased. */
  undoUntil: z.iso.datetime().optional(),
  /** Who brings it on, and by when. Absent at its end. */
  next: nextSchema.optional(),
  /** It was due and is not done. */
  overdue: z.literal(true).optional(),
  /** Of a return: the copy without a basis that it answers. */
  violation: z.string().optional(),
  /** Of a deletion: what it has not erased, because a law keeps it. */
  kept: z.array(keptGroupSchema).optional(),
  /** When that was erased too. */
  restErasedAt: z.iso.datetime().optional(),
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

export const requestViewSchema = z.strictObject({
  ...requestSummarySchema.shape,
  ground: z.enum(requestGrounds),
  lives: z.array(lifeSchema),
  ambiguous: z.array(refSchema),
  rests: restsOnSchema.optional(),
  /** What is missing of one that is incomplete. */
  missing: z.array(z.string()).optional(),
  refusals: z.array(refusalSchema).optional(),
  fee: z
    .strictObject({ yen: z.int(), until: z.iso.datetime(), paidAt: z.iso.datetime().optional() })
    .optional(),
  /** All that happened to it, in order. */
  events: z
    .array(
      z.strictObject({
        n: z.int(),
        at: z.iso.datetime(),
        by: z.string(),
        event: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
  steps: z.array(
    z.strictObject({ step: z.string(), at: z.iso.datetime(), evidence: z.record(z.string(), z.unknown()) }),
  ),
  /** What it waits for now; absent when it is done. */
  waitingFor: z.string().optional(),
  tasks: z.array(taskViewSchema),
});
export type RequestView = z.infer<typeof requestViewSchema>;

export const requestListSchema = z.strictObject({ requests: z.array(requestSummarySchema) });
export const taskListSchema = z.strictObject({ tasks: z.array(taskViewSchema) });
export const retriedSchema = z.strictObject({ id: z.string(), state: z.enum(taskStates), attempt: z.int() });

export const requestStatusSchema = z.strictObject({
  asOf: z.iso.datetime(),
  requests: z.record(z.enum(requestStates), z.int()),
  tasks: z.record(z.enum(taskStates), z.int()),
  /** Requests that are not done after their due time. */
  overdue: z.int(),
  /** Changes of standing, and policy versions, that Kafka does not have yet. */
  unpublished: z.int(),
  /** Live readers of rights.standing, and the offset before which each has applied everything. */
  readers: z.array(z.strictObject({ reader: z.string(), instance: z.string(), applied: z.string() })),
});
export type RequestStatus = z.infer<typeof requestStatusSchema>;
