import { hash } from 'node:crypto';
import { z } from 'zod';
import { recordWantedSchema } from './holders-api.ts';
import { labelsSchema, type Labels } from './policy/labels.ts';
import { noteSchema } from './request-api.ts';
import { lifeKey, lifeSchema, type Life, type Ref } from './refs.ts';
import { groupSchema, institutionSchema, transferSchema } from './transfers/transfer.ts';
import type { RecordWanted } from './transfers/provision.ts';

/* APPI 29 to 31: what was handed over and what was received is written down, or why the law wants nothing written. */

/** How the Rules have a record kept (mark S): each has an end of its own, see `provisionEnd`. */
export const keepings = ['single', 'batch', 'contract'] as const;
export type Keeping = (typeof keepings)[number];

/**
 * `contract`: a contract serves as the record. `batch`: one record of provisions that go on or come again. Both are
 * named by the operator's own reference, and end some time after the last provision under it.
 */
const keepingSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('single') }),
    z.strictObject({ kind: z.literal('batch'), reference: noteSchema }),
    z.strictObject({ kind: z.literal('contract'), reference: noteSchema }),
  ])
  .default({ kind: 'single' });

const act = {
  /** The caller's own id of the handing over: again for the same person and party it is the same provision. */
  id: noteSchema,
  /** When it was handed over; see {@link lateForMs}. */
  at: z.iso.datetime({ offset: true }),
  keeping: keepingSchema,
};
const items = z.array(groupSchema).min(1).max(32);

/** APPI 30: how the party that gave it had acquired it. */
export const acquisitions = ['from-the-person', 'from-another-party', 'published'] as const;
export type Acquisition = (typeof acquisitions)[number];
export const acquisitionLabels = {
  'from-the-person': { ja: '本人から取得', en: 'from the person' },
  'from-another-party': { ja: '第三者から取得', en: 'from another party' },
  published: { ja: '公開情報から取得', en: 'from what was published' },
} as const satisfies Record<Acquisition, Labels>;

export const provisionSchema = z.discriminatedUnion('direction', [
  z.strictObject({
    direction: z.literal('provided'),
    ...act,
    /** As `authorise` takes it, for one person: it is judged again when it is recorded. */
    transfer: transferSchema.extend({ subject: lifeSchema, groups: items }),
  }),
  z.strictObject({
    direction: z.literal('received'),
    ...act,
    /** Who gave it: an institution's name. */
    from: institutionSchema,
    acquired: z.enum(acquisitions),
    subject: lifeSchema,
    groups: items,
  }),
]);
export type Provision = z.infer<typeof provisionSchema>;

/** `POST /v1/provisions`. Right `transfers:record`. */
export const recordProvisionsSchema = z.strictObject({
  provisions: z.array(provisionSchema).min(1).max(500),
});
export type ProvisionInput = z.input<typeof provisionSchema>;

/** How much later than the handing over it may be recorded: what waited longer is a case for a person. */
export const lateForMs = 7 * 86_400_000;

/** The Rules' record is made promptly; a caller's clock may be ahead of ours by this. */
export const aheadForMs = 300_000;

export const recordedSchema = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('recorded'),
    provision: z.string(),
    /** `none`: the law wants no record; that, and why, is what was kept. */
    record: recordWantedSchema,
    /** It had been recorded before, with the same content. */
    repeated: z.boolean(),
  }),
  /** As `authorise` refuses, and `unknown-person` where `keys` knows no such life. */
  z.strictObject({
    state: z.literal('refused'),
    reason: z.string(),
    row: z.string(),
    articles: z.array(z.string()),
    message: labelsSchema,
    missing: z.array(z.string()).optional(),
  }),
  /** The id was used for something else with this person and party: the first one stands. */
  z.strictObject({ state: z.literal('conflict'), provision: z.string() }),
]);
export type Recorded = z.infer<typeof recordedSchema>;
/** In the order asked. */
export const recordedAnswerSchema = z.strictObject({ results: z.array(recordedSchema) });

/** `provisions`, owner `transfer`: insert-only; goes at its end. It outlives the erasure of its person. */
export interface ProvisionDocument {
  /** See {@link provisionId}. */
  readonly _id: string;
  readonly direction: Provision['direction'];
  /** The caller's id of the handing over. */
  readonly act: string;
  /** The other side as the register named it on that day. */
  readonly party: { readonly id?: string; readonly name: Labels; readonly country?: string };
  readonly purpose?: string;
  readonly subject: Life;
  /** By which the person is found: the subject's ref and strong ones of the same person. */
  readonly refs: readonly Ref[];
  readonly groups: readonly string[];
  readonly at: Date;
  readonly recordedAt: Date;
  readonly by: string;
  /** Of what was provided. */
  readonly basis?: string;
  /** TB: what carried it in truth. */
  readonly beside?: string;
  readonly side?: 'home' | 'abroad';
  readonly articles: readonly string[];
  readonly record: RecordWanted;
  /** The consent that carried it, so that it is known when the fact itself is gone. */
  readonly consent?: { readonly wording: string; readonly means: string; readonly at: Date };
  readonly acquired?: Acquisition;
  readonly keeping: Provision['keeping'];
  /** All under one contract or batch: see {@link seriesOf}. */
  readonly series?: string;
  /** SHA-256 (base64url) of what the caller sent. */
  readonly digest: string;
  /** Who the person is, sealed under a provision key of its own (`keys`). Absent where the law wants no record. */
  readonly identity?: { readonly key: string; readonly sealed: string };
}

/** `provisionSeries`, owner `transfer`: when something was last handed over under a contract or batch. */
export interface ProvisionSeriesDocument {
  readonly _id: string;
  readonly kind: Exclude<Keeping, 'single'>;
  readonly lastAt: Date;
}

const digestOf = (...parts: readonly string[]) =>
  hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);

/** Whom it is about, and with whom. */
export const subjectOf = (one: Provision): Life =>
  one.direction === 'provided' ? one.transfer.subject : one.subject;
const partyOf = (one: Provision): string => (one.direction === 'provided' ? one.transfer.holder : one.from);

/** Follows from the act, the person's ref and life, and the party. */
export const provisionId = (one: Provision): string =>
  `p-${digestOf(one.direction, one.id, lifeKey(subjectOf(one)), partyOf(one))}`;

/** Of what the caller sent: the same act with other content is told from a repetition. */
export const provisionDigest = (one: Provision): string => hash('sha256', JSON.stringify(one), 'base64url');

/** Undefined for a record that stands alone. */
export function seriesOf(one: Provision): string | undefined {
  if (one.keeping.kind === 'single') return undefined;
  return `s-${digestOf(one.direction, one.keeping.kind, one.keeping.reference, partyOf(one))}`;
}
