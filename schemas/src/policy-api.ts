import { z } from 'zod';
import { purposeIds } from './policy/index.ts';

/** The HTTP contract of publishing a revision of the policy (V1). Days are `YYYY-MM-DD` in Asia/Tokyo. */

export const publishPolicySchema = z.strictObject({
  /** The policy file (YAML); its newest version is the one to publish. */
  policy: z.string().max(200_000),
  /** The operator's authoritative Japanese text of that version, as it is published (L2). */
  japanese: z.string().max(100_000),
  /** The day on which date and text were made public. */
  announced: z.iso.date(),
});
export type PublishPolicy = z.infer<typeof publishPolicySchema>;

const changeSchema = z.strictObject({
  kind: z.enum([
    'purpose-added',
    'purpose-changed',
    'purpose-removed',
    'end-earlier',
    'end-later',
    'end-moved',
    'floor-added',
    'floor-removed',
  ]),
  group: z.string(),
  purpose: z.enum(purposeIds).optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  needs: z.enum(['announcement', 'notice', 'consent', 'decision']),
  atLeast: z.int(),
  atMost: z.int(),
});

const decisionSchema = z.strictObject({
  purpose: z.enum(purposeIds),
  needs: z.enum(['notice', 'consent']),
  decidedBy: z.string(),
  on: z.iso.date(),
});

/** What publishing a version means, before it is done or after. */
export const publicationSchema = z.strictObject({
  version: z.string(),
  /** The version before it, with which it is compared. */
  before: z.string(),
  established: z.iso.date(),
  announced: z.iso.date(),
  effective: z.iso.date(),
  digest: z.string(),
  japaneseDigest: z.string(),
  changes: z.array(changeSchema),
  records: z.int(),
  notCompared: z.int(),
  underEarlier: z.array(z.strictObject({ version: z.string(), records: z.int() })),
  decisions: z.array(decisionSchema),
});
export type PolicyPublication = z.infer<typeof publicationSchema>;

/** `same`: it had been published before, with the same content; what was recorded then is the answer. */
export const publishedSchema = z.strictObject({
  outcome: z.enum(['published', 'same']),
  ...publicationSchema.shape,
  publishedAt: z.iso.datetime(),
  by: z.string(),
});
export type PolicyPublished = z.infer<typeof publishedSchema>;

/** `possible`: nothing was written. */
export const publishCheckSchema = z.strictObject({
  outcome: z.enum(['possible', 'same']),
  ...publicationSchema.shape,
});
export type PublishCheck = z.infer<typeof publishCheckSchema>;

export const versionStates = ['past', 'in-force', 'announced'] as const;

const versionSchema = z.strictObject({
  version: z.string(),
  established: z.string(),
  /** A day, or `unknown`. */
  announced: z.string(),
  effective: z.string(),
  text: z.enum(['known', 'unknown']),
  state: z.enum(versionStates),
  /** `file`: of KEIRO_POLICY_FILE. */
  origin: z.enum(['file', 'published']),
  published: z
    .strictObject({
      at: z.iso.datetime(),
      by: z.string(),
      digest: z.string(),
      japaneseDigest: z.string(),
      decisions: z.array(decisionSchema),
    })
    .optional(),
});
export type PolicyVersionView = z.infer<typeof versionSchema>;

/** `GET /v1/policy/versions`: every version, oldest first. */
export const versionsAnswerSchema = z.strictObject({
  asOf: z.iso.datetime(),
  versions: z.array(versionSchema),
});
export type VersionsAnswer = z.infer<typeof versionsAnswerSchema>;

/** `GET /v1/policy/versions/:version`: one that was published, with its texts. */
export const versionAnswerSchema = z.strictObject({
  ...publishedSchema.omit({ outcome: true }).shape,
  policy: z.string(),
  japanese: z.string(),
});
export type VersionAnswer = z.infer<typeof versionAnswerSchema>;

/** A message of `policy.versions`: JSON, key is the version. */
export const publicationMessageSchema = z.strictObject({
  version: z.iso.date(),
  file: z.string(),
  before: z.strictObject({ version: z.string(), essence: z.string() }),
});
