import { z } from 'zod';
import { exportedItemSchema } from './changes.ts';
import { holderIdSchema } from './custody.ts';
import { labelsSchema } from './policy/labels.ts';
import { lineageAnswerSchema } from './query-api.ts';
import { provisionSearchAnswerSchema } from './provisions-api.ts';

/* The pack with which a disclosure is answered (R1, APPI 33): everything held of a person, at one moment. */

const instant = z.iso.datetime();

/** Why something is held and until when, as the policy has it. */
const concernSchema = z.strictObject({
  group: z.string(),
  purposes: z.array(z.string()),
  rule: z.string(),
  /** Absent while its start is open: then `cap`, where there is one, is the latest. */
  until: instant.optional(),
  cap: instant.optional(),
  /** The law that has it kept. */
  floor: z.string().optional(),
});
export type PackConcern = z.infer<typeof concernSchema>;

const heldItemSchema = z.strictObject({ ...exportedItemSchema.shape, concerns: z.array(concernSchema) });
export type PackItem = z.infer<typeof heldItemSchema>;

const holderSchema = z.strictObject({
  id: holderIdSchema,
  name: labelsSchema,
  /** When it said what it has; absent where it has not. */
  answeredAt: instant.optional(),
  /** Of what it, or a part of it, could not say. */
  unanswered: z.string().optional(),
  /** Told by a person in its place, with the reference of the case. */
  byHand: z.string().optional(),
  items: z.array(heldItemSchema),
  /** Values left out because they are of somebody else. */
  leftOut: z.int().min(0),
});
export type PackHolder = z.infer<typeof holderSchema>;

/** `data.json` of a pack. Everything in it is in clear: a pack is sealed as a whole. */
export const packDataSchema = z.strictObject({
  request: z.string(),
  asOf: instant,
  /** What it can't say, and why (A1). */
  notes: z.array(labelsSchema),
  holders: z.array(holderSchema),
  lineage: lineageAnswerSchema.omit({ review: true, requests: true, progress: true }),
  provisions: provisionSearchAnswerSchema.shape.provisions,
});
export type PackData = z.infer<typeof packDataSchema>;

export const packLanguages = ['ja', 'en'] as const;

/** `POST /v1/packs`: makes the pack of a disclosure that every holder has answered. Once. */
export const makePackSchema = z.strictObject({
  request: z.string().max(64),
  language: z.enum(packLanguages).default('ja'),
});
/** Key and token are told this once and kept by nobody here: of the token there is a digest, of the key nothing. */
export const madePackSchema = z.strictObject({
  request: z.string(),
  /** AES-256-GCM, 32 bytes in base64url. */
  key: z.string(),
  token: z.string(),
  expiresAt: instant,
  downloads: z.int(),
});
export type MadePack = z.infer<typeof madePackSchema>;

/** `POST /v1/packs/download`. The token travels in the body only. */
export const downloadPackSchema = z.strictObject({ token: z.string().max(128) });
export const downloadedPackSchema = z.strictObject({
  request: z.string(),
  /** Base64 of iv, ciphertext and tag; see `packAssociated`. */
  sealed: z.base64(),
  left: z.int(),
});

/** What a sealed pack is bound to. */
export const packAssociated = (request: string): string => `keiro/pack/${request}`;

/** What is inside: gzipped JSON. */
export const packFilesSchema = z.strictObject({
  files: z.array(
    z.strictObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/), base64: z.base64() }),
  ),
});
export type PackFile = z.infer<typeof packFilesSchema>['files'][number];

/** `exports`, owner `erase`: what a holder has of a person, sealed under the request's own key until the pack is made. */
export interface ExportDocument {
  /** `<task>/<token of the lease>/<number>` */
  readonly _id: string;
  readonly request: string;
  readonly task: string;
  /** Of the attempt that wrote it: what an attempt that was cut off left does not count. */
  readonly token: number;
  readonly items: number;
  readonly sealed: string;
  readonly at: Date;
}

/** `packs`, owner `erase`: that a pack was made, and while it can be had, how. Outlives it as evidence. */
export interface PackDocument {
  /** The request's. */
  readonly _id: string;
  /** SHA-256 (hex); absent when it is gone. */
  readonly tokenSha256?: string;
  /** SHA-256 (hex) of the sealed pack. */
  readonly sha256: string;
  readonly bytes: number;
  readonly items: number;
  readonly holders: number;
  readonly madeAt: Date;
  readonly by: string;
  readonly expiresAt: Date;
  /** Downloads that are left. */
  readonly left: number;
  readonly removedAt?: Date;
}

/** `packParts`, owner `erase`: the sealed pack, cut. */
export interface PackPartDocument {
  /** `<pack>/<number>` */
  readonly _id: string;
  readonly request: string;
  /** Its SHA-256: two that are made at once do not mix. */
  readonly pack: string;
  readonly n: number;
  /** Base64. */
  readonly bytes: string;
}
