import { z } from 'zod';
import { remainsSchema } from './changes.ts';
import { holderIdSchema } from './custody.ts';
import { subjectSchema } from './events/identifiers.ts';
import { purposeIds } from './policy/index.ts';
import { lifeSchema, refSchema } from './refs.ts';

/** The HTTP contract of the request service (R4, R5, R7). Instants are RFC 3339 in UTC. */

export const requestTypes = ['deletion', 'suspension', 'resume'] as const;
/** With what nobody may ask for: see `RequestType`. */
const shownTypes = [...requestTypes, 'return'] as const;
export const requestGrounds = ['law', 'policy', 'consent-withdrawn', 'consent-given'] as const;
export const requestStates = [
  'accepted',
  'hiding',
  'shredding',
  'carrying-out',
  'waiting-for-operator',
  'done',
] as const;
export const taskStates = ['pending', 'running', 'done', 'failed'] as const;

/** The caller's own reference for the case. No free text: it is kept in clear with the audit entry. */
export const noteSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'a reference of letters, digits, - and _, beginning with a letter');

/**
 * What a person asks, sent by compliance. Identifiers travel in the body only; several of them must lead to one
 * and the same person. `purposes` belong to a suspension or a resume; `all`, the default, binds every purpose.
 */
export const createRequestSchema = z
  .strictObject({
    type: z.enum(requestTypes),
    subject: subjectSchema.refine((subject) => Object.keys(subject).length > 0, {
      error: 'names nobody: give at least one identifier',
    }),
    purposes: z
      .array(z.enum(['all', ...purposeIds]))
      .min(1)
      .max(purposeIds.length + 1)
      .optional(),
    note: noteSchema.optional(),
  })
  .refine((body) => body.type !== 'deletion' || body.purposes === undefined, {
    path: ['purposes'],
    error: 'belong to a suspension or a resume: a deletion is whole',
  });
export type CreateRequest = z.infer<typeof createRequestSchema>;

export const acceptedSchema = z.strictObject({
  id: z.string(),
  state: z.enum(requestStates),
  /** End of the 14th calendar day after arrival, Asia/Tokyo (R7). */
  due: z.iso.datetime(),
  /** Number of holders that must act. */
  tasks: z.int(),
  /** Refs that several members share: left alone, for review. */
  ambiguous: z.int(),
});
export type Accepted = z.infer<typeof acceptedSchema>;

export const receiptSchema = z.strictObject({
  affected: z.int(),
  detail: z.record(z.string(), z.int()),
  sweptAt: z.iso.datetime().optional(),
  probe: z.strictObject({ at: z.iso.datetime(), found: z.int() }).optional(),
  /** Told, no control: in place of a probe where nobody can look. */
  told: z.strictObject({ at: z.iso.datetime(), identifiers: z.int() }).optional(),
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
  unsupported: z.string().optional(),
  /** What an erasure left on purpose: for a floor, or under a pseudonym. */
  remains: z.array(remainsSchema).optional(),
});

export const taskViewSchema = z.strictObject({
  id: z.string(),
  request: z.string(),
  holder: holderIdSchema,
  directive: z.enum(['erase', 'suspend', 'resume']),
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
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const requestSummarySchema = z.strictObject({
  id: z.string(),
  type: z.enum(shownTypes),
  state: z.enum(requestStates),
  purposes: z.array(z.string()),
  receivedAt: z.iso.datetime(),
  due: z.iso.datetime(),
  doneAt: z.iso.datetime().optional(),
  /** Of a return: the copy without a basis that it answers. */
  violation: z.string().optional(),
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

export const requestViewSchema = z.strictObject({
  ...requestSummarySchema.shape,
  ground: z.enum(requestGrounds),
  lives: z.array(lifeSchema),
  ambiguous: z.array(refSchema),
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
