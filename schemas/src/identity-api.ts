import { z } from 'zod';
import { toNfkc } from './events/normalise.ts';
import {
  authorityDocuments,
  identityDocuments,
  identityMissing,
  representations,
  type AuthorityDocument,
  type IdentityDocument,
  type IdentityMissing,
  type Representation,
} from './identity-words.ts';
import { noteSchema } from './request-api.ts';

/**
 * The check of who asks (R9, APPI 37), part of the HTTP contract of the request service. Codes and tokens are in bodies
 * only. Every answer is the same whether or not the person exists and has an address. Instants are RFC 3339 in UTC.
 */

export const identityMethods = ['code', 'session', 'operator', 'agent'] as const;
export type CheckMethod = (typeof identityMethods)[number];

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as [K, ...K[]];
const documentKind = z.enum(keysOf<IdentityDocument>(identityDocuments));
const missingKind = z.enum(keysOf<IdentityMissing>(identityMissing));

/** As people type or paste it: full-width digits, spaces and hyphens are taken. */
export const identityCodeSchema = z
  .string()
  .max(64)
  .overwrite((text) => toNfkc(text).replace(/[\s\u2010-\u2015\u2212\u30fc-]/g, ''))
  .regex(/^\d{8}$/, 'wants the eight digits of the code');

export const sendCodeSchema = z.strictObject({});
export const answerCodeSchema = z.strictObject({ code: identityCodeSchema });
/** A signed token of the company's own service (JWS, compact). */
export const sessionTokenSchema = z.strictObject({ token: z.string().min(1).max(8192) });

const seen = {
  /** `not-matching`: what was seen does not agree with what is registered. `incomplete`: more is wanted, see `missing`. */
  result: z.enum(['confirmed', 'not-matching', 'incomplete']),
  /** Kinds of what was seen; their numbers and contents stay outside. */
  documents: z
    .array(documentKind)
    .max(8)
    .overwrite((kinds) => [...new Set(kinds)]),
  /** Where the company's own file of the case is. */
  case: noteSchema,
  /** Of `incomplete`: what the person must still bring. */
  missing: z.array(missingKind).max(8).optional(),
};
const onlyIncompleteLacks = {
  when: (body: { result: string; missing?: unknown }) =>
    (body.result === 'incomplete') === (body.missing !== undefined),
  told: { path: ['missing'], error: 'belongs to `incomplete`, which names what is missing' },
};

/** Right `identity:confirm`: an operator has seen documents of the person. */
export const seenDocumentsSchema = z
  .strictObject(seen)
  .refine(onlyIncompleteLacks.when, onlyIncompleteLacks.told);
export type SeenDocuments = z.infer<typeof seenDocumentsSchema>;

/** Right `identity:confirm`: somebody asks in the person's name; `documents` are the agent's own. */
export const seenAuthoritySchema = z
  .strictObject({
    ...seen,
    representation: z.enum(keysOf<Representation>(representations)),
    authority: z
      .array(z.enum(keysOf<AuthorityDocument>(authorityDocuments)))
      .max(8)
      .overwrite((kinds) => [...new Set(kinds)]),
  })
  .refine(onlyIncompleteLacks.when, onlyIncompleteLacks.told)
  .refine(
    ({ representation, authority }) =>
      authority.every((kind) => representations[representation].proofs.some((proof) => proof === kind)),
    { path: ['authority'], error: 'has a document that proves another kind of representation' },
  );
export type SeenAuthority = z.infer<typeof seenAuthoritySchema>;

export const identityFailures = ['too-many-tries', 'expired', 'not-matching', 'incomplete'] as const;
export type IdentityFailure = (typeof identityFailures)[number];

/** How far the check of one request is. */
const identityView = {
  request: z.string(),
  state: z.enum(['open', 'confirmed', 'failed']),
  /** Of a check that has ended. */
  method: z.enum(identityMethods).optional(),
  reason: z.enum(identityFailures).optional(),
  missing: z.array(missingKind),
  /** Until when it can be confirmed. */
  until: z.iso.datetime(),
  methods: z.array(
    z.strictObject({
      method: z.enum(identityMethods),
      open: z.boolean(),
      /** Why it is not. */
      why: z.enum(['not-configured', 'no-codes-left', 'check-over']).optional(),
    }),
  ),
  triesLeft: z.int(),
  codesLeft: z.int(),
  /** Before this no further code is made. */
  nextCodeAt: z.iso.datetime().optional(),
  /** Until when the code that was made last is taken. */
  codeUntil: z.iso.datetime().optional(),
};
export const identityViewSchema = z.strictObject(identityView);
export type IdentityView = z.infer<typeof identityViewSchema>;

export const identityOutcomes = [
  /** If a contact is registered, a code is on its way to it; whether one is, nobody is told. */
  'code-made',
  'confirmed',
  'not-matching',
  /** None was made, or the last one has expired, been tried too often or been used: ask for another. */
  'no-code',
  'invalid-token',
  'failed',
] as const;
export type IdentityOutcome = (typeof identityOutcomes)[number];

export const identityAnswerSchema = z.strictObject({
  outcome: z.enum(identityOutcomes),
  ...identityView,
});
export type IdentityAnswer = z.infer<typeof identityAnswerSchema>;
