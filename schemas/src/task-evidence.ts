import { z } from 'zod';
import { fieldChangesSchema } from './changes.ts';
import { holderIdSchema } from './custody.ts';
import { labelsSchema } from './policy/labels.ts';
import { noteSchema } from './request-api.ts';

/* What a person who does a task by hand needs to know, and what shows that it was done. */

/** Bytes of one file. */
export const evidenceLimit = 4 * 1024 * 1024;
/** What it may be: by its own bytes, whatever it is called. */
export const evidenceTypes = ['application/pdf', 'image/png', 'image/jpeg', 'text/plain'] as const;
export type EvidenceType = (typeof evidenceTypes)[number];

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 hex digits');
const keySchema = z.string().regex(/^[\w-]{43}$/, 'is no key');
const evidenceIdSchema = z.string().regex(/^ev-[0-9a-f]{24}$/, 'is no id of evidence');

/** `taskEvidence`, owner `request`: one file, sealed under a key that was told once and that nobody here keeps. */
export interface TaskEvidenceDocument {
  readonly _id: string;
  readonly request: string;
  readonly task: string;
  /** Of the file itself, in hex. */
  readonly sha256: string;
  readonly size: number;
  readonly type: EvidenceType;
  readonly sealed: string;
  readonly at: Date;
  readonly by: string;
}

/** `POST /v1/tasks/{id}/evidence`: base64 of the file. Its name stays where it is: it may name somebody. */
export const keepEvidenceSchema = z.strictObject({ content: z.base64().min(4) });
export const keptEvidenceSchema = z.strictObject({
  id: evidenceIdSchema,
  sha256: sha256Schema,
  size: z.int(),
  type: z.enum(evidenceTypes),
  /** Told once: without it nobody can open the file again. */
  key: keySchema,
});

/** `POST /v1/tasks/{id}/evidence/open` */
export const openEvidenceSchema = z.strictObject({ id: evidenceIdSchema, key: keySchema });
export const openedEvidenceSchema = z.strictObject({
  sha256: sha256Schema,
  type: z.enum(evidenceTypes),
  content: z.base64(),
});

/**
 * `POST /v1/tasks/{id}/close`: a person has done it, or seen that it is done. `reference` is where the evidence lies;
 * `evidence` a file that was kept before; of one that is kept elsewhere only its SHA-256 travels.
 */
export const closeTaskRequestSchema = z
  .strictObject({
    reference: noteSchema,
    sha256: sha256Schema.optional(),
    evidence: evidenceIdSchema.optional(),
  })
  .refine(({ sha256, evidence }) => sha256 === undefined || evidence === undefined, {
    path: ['sha256'],
    error: 'is known of the evidence that is named',
  });
export type CloseTaskRequest = z.infer<typeof closeTaskRequestSchema>;

/** `POST /v1/tasks/{id}/subject`: the case for which somebody looks. Part of the erase service. */
export const taskSubjectRequestSchema = z.strictObject({ reference: noteSchema });
/** Whom a task is about and what is to be done, for as long as it waits for a person. */
export const taskSubjectSchema = z.strictObject({
  task: z.string(),
  holder: holderIdSchema,
  directive: z.enum(['erase', 'suspend', 'resume', 'correct', 'export']),
  purposes: z.array(z.string()),
  /** Of a holder that no program can ask. */
  instructions: labelsSchema.optional(),
  /** None where the task is about single copies. */
  identifiers: z.array(z.strictObject({ kind: z.string(), value: z.string() })),
  /** Of a correction. */
  changes: fieldChangesSchema.optional(),
  /** Where the holder said that it keeps copies, in its own words; the first of them. */
  locators: z.array(z.string()),
  /** How many there are in all. */
  locatorsTotal: z.int(),
});
export type TaskSubject = z.infer<typeof taskSubjectSchema>;
