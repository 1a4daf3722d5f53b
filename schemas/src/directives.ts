import { z } from 'zod';
import { exportedItemSchema, fieldChangesSchema, remainsSchema } from './changes.ts';
import { fieldNameSchema } from './connector-rows.ts';
import { holderIdSchema } from './custody.ts';
import { lifeSchema } from './refs.ts';

/*
 * What a holder that owns its store is told to do (R4, R5), and what it answers. Both travel in Kafka, so whom a
 * directive is about is sealed under a key that only this holder and the erase workers get, and only while the
 * request is carried out.
 */

export const directiveTopic = 'rights.directives';
export const answerTopic = 'rights.answers';

/** `probe` only looks: how much of these lives is there. `export` asks for one page of what is there. */
export const directiveKinds = ['erase', 'suspend', 'resume', 'correct', 'export', 'probe'] as const;
export type DirectiveKind = (typeof directiveKinds)[number];

/** Whom a directive is about, in clear for the holder alone. */
export const directiveSubjectSchema = z.strictObject({
  lives: z.array(z.strictObject({ ...lifeSchema.shape, kind: z.string(), value: z.string() })),
  /** Where the holder said that it keeps copies, in its own words. */
  locators: z.array(z.string()),
  /** Rows of a later generation are of a person who has registered anew, and stay. */
  newestGeneration: z.int().min(0),
  /** Of a correction (R2, R3). */
  changes: fieldChangesSchema.optional(),
  /** Of an erasure, and its probe, that a floor narrows: fields of the policy that stay; `subject` for the identifiers. */
  keep: z.array(fieldNameSchema).max(100).optional(),
  /** Of an export: goes on after the page whose `next` this was; from the beginning when absent. */
  after: z.string().max(10_000).optional(),
});
export type DirectiveSubject = z.infer<typeof directiveSubjectSchema>;

/** `rights.directives`, keyed by holder, so that what one holder is told keeps its order. */
export const directiveSchema = z.strictObject({
  /** The same when an attempt is carried on after a crash, another one for the next attempt. */
  id: z.string().min(1).max(400),
  request: z.string().max(64),
  holder: holderIdSchema,
  kind: z.enum(directiveKinds),
  /** Purposes that are suspended now; none after a whole resume. */
  purposes: z.array(z.string().max(64)).max(32),
  /** {@link DirectiveSubject} as JSON, sealed: see `directiveAssociated`. */
  sealed: z.base64(),
  at: z.iso.datetime(),
});
export type DirectiveMessage = z.infer<typeof directiveSchema>;

/**
 * `rights.answers`, keyed by holder. `unsupported`: the store cannot do this at all, and says so. `failed`: it could
 * not this time. `reason` is a code, never a text that might quote a row.
 */
export const directiveAnswerSchema = z.strictObject({
  id: z.string().min(1).max(400),
  holder: holderIdSchema,
  outcome: z.enum(['done', 'unsupported', 'failed']),
  /** Rows, keys or messages that were removed or flagged, by place. */
  affected: z.record(z.string().max(128), z.int().min(0)),
  /** Of a probe. */
  found: z.int().min(0).optional(),
  /** Of a correction, read back: rows that still hold something else. */
  differing: z.int().min(0).optional(),
  /** Of a correction: fields that this store has no place for. */
  missing: z.array(fieldNameSchema).max(100).optional(),
  /** Of an erasure that a floor narrows. */
  remains: z.array(remainsSchema).max(100).optional(),
  /** Of an export: {@link exportPageSchema} as JSON, sealed under the directive's key: see `answerAssociated`. */
  sealed: z.base64().max(1_000_000).optional(),
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .optional(),
  at: z.iso.datetime(),
  /** HMAC-SHA256 over all of the above under the directive's key: only the holder itself can answer. */
  proof: z.string().max(64),
});
export type DirectiveAnswer = z.infer<typeof directiveAnswerSchema>;

/** A page of what a store has of the person; `next` only where there is more. */
export const exportPageSchema = z.strictObject({
  items: z.array(exportedItemSchema),
  next: z.string().max(10_000).optional(),
});
export type ExportPage = z.infer<typeof exportPageSchema>;

/** Binds what is sealed in an answer to the directive that it answers. */
export const answerAssociated = ({ id, holder }: Pick<DirectiveAnswer, 'id' | 'holder'>) =>
  `answer\n${id}\n${holder}`;

/** Binds what is sealed to its directive, so that it does not open in another. */
export const directiveAssociated = ({ id, holder, kind }: Pick<DirectiveMessage, 'id' | 'holder' | 'kind'>) =>
  `directive\n${id}\n${holder}\n${kind}`;
