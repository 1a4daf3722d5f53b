import { z } from 'zod';
import { declaredTagSchema } from './analytics/declared.ts';
import {
  erasureSchema,
  fieldColumns,
  fieldNameSchema,
  identifierColumns,
  keyPattern,
  rowsSchema,
} from './connector-rows.ts';
import { holderIdSchema } from './custody.ts';
import { identifierKinds } from './events/identifier-kinds.ts';
import { holderLimitsSchema } from './holder-limits.ts';
import { basesAbroad } from './policy/schema-duties.ts';
import { declaredReadersSchema } from './readers.ts';

const labels = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
/** A setting that is read from the environment of the worker, because it holds an address or a secret. */
const fromEnv = z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]*$/) });

const hostName = z
  .string()
  .regex(/^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i);

/** How a worker reaches one store or processor. */
const single = [
  z.strictObject({
    kind: z.literal('mongodb'),
    url: fromEnv,
    database: z.string(),
    collections: z.array(rowsSchema),
  }),
  z.strictObject({
    kind: z.literal('postgresql'),
    url: fromEnv,
    database: z.string(),
    /** `name` may carry a schema: `accounting.payments`. Identifier and locator columns are compared as text. */
    tables: z.array(rowsSchema),
  }),
  z.strictObject({
    kind: z.literal('redis'),
    url: fromEnv,
    /** Keys of the person. A locator is a key by its full name. */
    keys: z.array(keyPattern),
    /** Sets that list further keys of the person, e.g. `sessions-of:{member}`: what they list goes before them. */
    indexes: z.array(keyPattern).default([]),
    /** Fields of its hashes; a hash that lacks one is left alone. */
    fields: fieldColumns.optional(),
    /** Of hashes that sets list or locators name. A key that says by its name whose it is always goes whole. */
    erase: erasureSchema.optional(),
  }),
  /** A bucket of S3, or of whatever speaks its protocol, with or without versions. */
  z.strictObject({
    kind: z.literal('s3'),
    /** Of the service, without the bucket: `https://s3.ap-northeast-1.amazonaws.com`. */
    url: fromEnv,
    region: z.string().min(1),
    bucket: z.string().min(3).max(63),
    /** Absent: those that the AWS SDK finds by itself, e.g. the role of the machine. */
    accessKey: fromEnv.optional(),
    secretKey: fromEnv.optional(),
    sessionToken: fromEnv.optional(),
    /** The bucket is part of the host's name; of the path unless said. */
    virtualHosts: z.boolean().optional(),
    /**
     * Keys of the person: every object under a pattern that ends in `/`, e.g. `exports/{member}/`, else the one with
     * that key. A locator is a key by its full name, with `?versionId=` where one version is meant.
     */
    keys: z
      .array(
        keyPattern.safeExtend({
          /** Fields of the policy that the objects hold: where a floor keeps one of them, they stay, each as a whole. */
          holds: z.array(fieldNameSchema).min(1).optional(),
        }),
      )
      .min(1),
    /** How identifiers are written in keys: `url` as encodeURIComponent does; as they are unless said. */
    encoding: z.enum(['raw', 'url']).optional(),
    /** Tag of objects that is set to the list of suspended purposes; absent: it can't say so. */
    suspended: z.string().min(1).max(128).optional(),
  }),
  /** A processor that speaks OpenDSR 3.0 (or 2.0, as its discovery says); a locator means nothing to it. */
  z.strictObject({
    kind: z.literal('http'),
    /** With the major version at its end: `https://opendsr.processor.example/v3`. */
    url: fromEnv,
    token: fromEnv.optional(),
    /** How the token is given: `basic` wants `key:secret` in it. Bearer unless said. */
    scheme: z.enum(['bearer', 'basic']).optional(),
    /**
     * The processor's own names for kinds of identifiers, e.g. `controller_customer_id`; others are not sent. One of
     * a processor's extension is written `<domain>/<type>`.
     */
    identities: identifierColumns.optional(),
    /** What the request rests on in the processor's eyes; `appi` unless said. Some know `gdpr` and `ccpa` only. */
    regulation: z.enum(['appi', 'gdpr', 'ccpa']).optional(),
    /** Further elements of a request, by domain of the processor that knows them. Never an identifier. */
    extensions: z.record(hostName, z.record(z.string(), z.json())).optional(),
    /**
     * The name that the processor's certificate is issued to. With it every answer has to be signed, and its callbacks
     * are taken; without it its word is unsigned, and no callback is asked for.
     */
    domain: hostName.optional(),
    /** SHA-256 fingerprints: of the certificate itself or of one that vouches for it. */
    pins: z
      .array(z.string().regex(/^(?:[0-9a-f]{2}:?){32}$/i))
      .min(1)
      .optional(),
    /** Path of a PEM file of authorities that are trusted in place of the public ones. */
    authorities: fromEnv.optional(),
    /** Where the certificate is, if not at the processor's own host. */
    certificateHost: hostName.optional(),
  }),
] as const;

/**
 * A service that owns its store: it is told by `rights.directives` and answers on `rights.answers`, so that nobody
 * else needs its address or its credentials.
 */
const directiveConnector = z.strictObject({
  kind: z.literal('directive'),
  /** How long one attempt waits for its answer. */
  patienceSeconds: z.int().min(1).max(3600).default(60),
});

/**
 * G1: an Analytics property, told by the Admin API whose data end. It knows one identifier of a person, its client id,
 * and answers no question about what is left.
 */
const googleAnalyticsConnector = z.strictObject({
  kind: z.literal('google-analytics'),
  /** Of the Admin API, without a version. */
  url: fromEnv,
  /** OAuth 2.0 access token with the scope `analytics.edit`. */
  token: fromEnv,
  /** The property's number, as in `properties/123456789`. */
  property: z.string().regex(/^\d{1,20}$/),
  /** Which kind of identifier the tag sends as its client id. */
  identifier: z.enum(identifierKinds),
});

/** A holder that no program can ask: each task there is a person's from the start, who closes it with evidence. */
const byHandConnector = z.strictObject({
  kind: z.literal('by-hand'),
  /** What has to be done, and where: told to whoever has the task. */
  instructions: labels,
});

/** How a worker reaches the holder: data, so that a new store of a known kind needs no code. */
export const connectorSchema = z.discriminatedUnion('kind', [
  ...single,
  directiveConnector,
  byHandConnector,
  googleAnalyticsConnector,
  /**
   * One holder over several stores, as a DR site is. A part named as one of the stores that replicate to it is
   * swept by that store's locators too.
   */
  z.strictObject({
    kind: z.literal('composite'),
    parts: z
      .array(z.strictObject({ name: z.string(), connector: z.discriminatedUnion('kind', single) }))
      .min(1),
  }),
]);
export type ConnectorConfig = z.infer<typeof connectorSchema>;

/** Whether the holder can be told about one copy. A locator of a recovery site is one of another store. Pure. */
export function knowsLocators(config: ConnectorConfig): boolean {
  switch (config.kind) {
    case 'mongodb':
      return config.collections.some(({ locator }) => locator !== undefined);
    case 'postgresql':
      return config.tables.some(({ locator }) => locator !== undefined);
    case 'redis':
    case 's3':
    case 'directive':
      return true;
    case 'http':
    case 'google-analytics':
    case 'composite':
    case 'by-hand':
      return false;
  }
}

const day = z.iso.date();
const qualificationSchema = z.strictObject({
  checkedAt: day,
  /** Role, not a person's name. */
  by: z.string().min(1),
  result: z.enum(['passed', 'failed']),
  nextDue: day,
});
const contractSchema = z.strictObject({
  from: day,
  /** Absent: until it is ended. */
  until: day.optional(),
  safetyClauses: z.boolean(),
  subProcessing: z.enum(['none', 'with-approval', 'free']),
});
const announcementSchema = z.strictObject({
  publishedAt: day,
  purpose: labels,
  partner: labels,
  items: labels,
  administrator: labels,
  'fact-of-joint-use': labels,
  'range-of-users': labels,
  'address-of-administrator': labels,
  representative: labels,
});
const abroadSchema = z.strictObject({
  basis: z.enum(basesAbroad),
  /** When somebody last looked whether it still holds. */
  reviewedAt: day,
  nextReview: day,
  /** Of an equivalent system: what the recipient does that amounts to it, told to a person who asks (28(3)). */
  measures: labels.optional(),
});

/** T3: who runs a recovery site; that decides whether APPI 28 sees a third party there. */
export const siteOperators = ['own-branch', 'affiliate', 'cloud'] as const;

export const holderKinds = [
  'store',
  'processor',
  /** T2: a company of our group: a third party as any other, under the duties of a processor. */
  'affiliate',
  'dr-site',
  'third-party',
  'joint-user',
  'analytics',
] as const;

/** Anything that can hold a copy. `_id` in MongoDB is the id. */
export const holderSchema = z.strictObject({
  id: holderIdSchema,
  kind: z.enum(holderKinds),
  name: labels,
  /** ISO 3166-1 alpha-2; decides whether APPI 28 applies. */
  country: z.string().regex(/^[A-Z]{2}$/),
  categories: z.array(z.string().regex(/^C[1-7]$/)).min(1),
  purposes: z.array(z.string()).min(1),
  /**
   * Why data may go there: `own` for a store of ours and for a site of our own branch, or on a cloud whose operator
   * does not handle the data; otherwise a basis of the policy.
   */
  basis: z.string(),
  /** The desk that answers for the data there: no person's name. */
  contact: labels.optional(),
  /** What keeps the data safe there (APPI 23), where abroad with regard to that country. */
  safetyMeasures: labels.optional(),
  /** Of a holder abroad: that country's system for personal data, in brief (APPI 28(2)). */
  countrySystem: labels.optional(),
  /** Of a DR site. */
  operator: z.enum(siteOperators).optional(),
  /** T1, T2: who found a processor fit, and until when that counts. */
  qualification: qualificationSchema.optional(),
  /** T1, T2: what a processor has promised. */
  contract: contractSchema.optional(),
  /** T4: what was published before joint use began. */
  announcement: announcementSchema.optional(),
  /** APPI 28, T3: why data may be abroad, where the basis alone does not carry that. */
  abroad: abroadSchema.optional(),
  /** For a DR site: the stores that replicate to it. */
  replicates: z.array(holderIdSchema).optional(),
  /**
   * Groups of fields that it keeps where a law asks for that (R4), e.g. `C5.books`; none: it keeps nothing. Absent: see
   * `keepersOf`.
   */
  keepsForLaw: z.array(z.string().regex(/^C[1-7]\.[a-z]+$/)).optional(),
  /** Who else reads for it: others are undeclared. */
  readers: declaredReadersSchema.optional(),
  /** G1: all that the browser's tag may send there. */
  tag: declaredTagSchema.optional(),
  /** How much it may be asked at a time, and when it is left alone. */
  limits: holderLimitsSchema.optional(),
  connector: connectorSchema,
});
export type Holder = z.infer<typeof holderSchema>;

/** `holders`, owner `transfer`: the newest version of each holder. */
export type HolderDocument = Holder & {
  readonly _id: string;
  readonly registeredAt: Date;
  /** Absent in documents from before versions were kept. */
  readonly version?: number;
  readonly changedAt?: Date;
};

/** `holderVersions`, owner `transfer`: what the register said of a holder from a change on. Insert-only. */
export interface HolderVersionDocument {
  /** `<holder>|<version>` */
  readonly _id: string;
  readonly holder: string;
  /** Counts from 1. */
  readonly version: number;
  readonly at: Date;
  /** The client, or `transfer` for the file it was given. */
  readonly by: string;
  /** SHA-256 (base64url) of the content, whatever the order of its keys. */
  readonly digest: string;
  /** Names of what differs from the version before. */
  readonly changed: readonly string[];
  readonly content: Holder;
}

/** What the data plane knows of a holder: how workers reach it is none of its business. */
export type RegisteredHolder = Omit<Holder, 'connector'>;
export const registeredHolderSchema = holderSchema.omit({ connector: true });

/** A message of `custody.holders`. */
export const holderStateSchema = registeredHolderSchema.extend({ version: z.int().min(1) });
export type HolderState = z.infer<typeof holderStateSchema>;
