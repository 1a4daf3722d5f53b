import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { lifeSchema } from './refs.ts';

/*
 * What a holder that owns its store is told to do (R4, R5), and what it answers. Both travel in Kafka, so whom a
 * directive is about is sealed under a key that only this holder and the erase workers get, and only while the
 * request is carried out.
 */

export const directiveTopic = 'rights.directives';
export const answerTopic = 'rights.answers';

/** `probe` only looks: how much of these lives is there. */
export const directiveKinds = ['erase', 'suspend', 'resume', 'probe'] as const;
export type DirectiveKind = (typeof directiveKinds)[number];

/** Whom a directive is about, in clear for the holder alone. */
export const directiveSubjectSchema = z.strictObject({
  lives: z.array(z.strictObject({ ...lifeSchema.shape, kind: z.string(), value: z.string() })),
  /** Where the holder said that it keeps copies, in its own words. */
  locators: z.array(z.string()),
  /** Rows of a later generation are of a person who has registered anew, and stay. */
  newestGeneration: z.int().min(0),
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
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .optional(),
  at: z.iso.datetime(),
  /** HMAC-SHA256 over all of the above under the directive's key: only the holder itself can answer. */
  proof: z.string().max(64),
});
export type DirectiveAnswer = z.infer<typeof directiveAnswerSchema>;

/** Binds what is sealed to its directive, so that it does not open in another. */
export const directiveAssociated = ({ id, holder, kind }: Pick<DirectiveMessage, 'id' | 'holder' | 'kind'>) =>
  `directive\n${id}\n${holder}\n${kind}`;
