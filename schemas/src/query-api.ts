import { z } from 'zod';
import { consentUses } from './consents.ts';
import { holderIdSchema } from './custody.ts';
import { categories, identifierKinds, type IdentifierKind } from './events/index.ts';
import { sensitiveKinds } from './events/sensitive.ts';
import { consentMeans, factKinds } from './facts.ts';
import { holderKinds } from './holders.ts';
import { importedSchema } from './imports.ts';
import { labelsSchema } from './policy/labels.ts';
import { quarantineReasons, quarantineStates } from './quarantine.ts';
import { lifeSchema, refKinds, refSchema } from './refs.ts';
import { keptGroupSchema, requestViewSchema } from './request-api.ts';
import { scopeSchema } from './wire.ts';

/**
 * What compliance can ask the query service, and what it answers. Instants are RFC 3339 in UTC. No answer holds
 * a personal value: a person is named by blind refs only. Every answer states its moment (`asOf`, A1).
 */

const instant = z.iso.datetime();
const count = z.int().min(0);
const counts = z.record(z.string(), count);

const identifierValue = z.string().min(1).max(320).optional();

/** Exactly one identifier, in a body and never in a path, beside what else may be said. */
export const oneIdentifier = <T extends z.ZodRawShape>(more: T) =>
  z
    .strictObject({
      member: identifierValue,
      email: identifierValue,
      phone: identifierValue,
      payer: identifierValue,
      cookie: identifierValue,
      device: identifierValue,
      ...more,
    })
    .superRefine((body, context) => {
      const named: readonly (IdentifierKind | 'ref')[] =
        'ref' in more ? [...identifierKinds, 'ref'] : identifierKinds;
      const given = named.filter((kind) => (body as OneIdentifier)[kind] !== undefined);
      if (given.length === 1) return;
      const message = `exactly one of ${identifierKinds.join(', ')} is wanted`;
      // One finding per identifier too many, or one for the body when there is none.
      for (const path of given.length === 0 ? [[]] : given.slice(1).map((kind) => [kind])) {
        context.addIssue({ code: 'custom', path, message });
      }
    });
export type OneIdentifier = Partial<Record<IdentifierKind | 'ref', string | undefined>>;

export const lineageSearchSchema = oneIdentifier({
  /** In place of an identifier: of an erased person nothing else may be left (R4). */
  ref: refSchema.optional(),
  /** Records per page, newest first. */
  limit: z.int().min(1).max(2000).default(200),
  /** `page.next` of the answer before. */
  cursor: z.string().max(512).optional(),
});
export type LineageSearch = z.infer<typeof lineageSearchSchema>;

/**
 * `hidden`: a deletion is under way. `erasing`: its keys are gone, and not every holder has proven that nothing is
 * left. `erased`: every holder has, but those that can only be told, which the copies list. `shared`: several members have it, so it is nobody's own.
 */
export const refStates = ['live', 'suspended', 'hidden', 'erasing', 'erased', 'shared'] as const;
export type RefState = (typeof refStates)[number];

/**
 * `erasing`: a deletion covers it and the holder has not proven it gone. `erased`: the holder's probe found nothing.
 * `told`: the holder has taken the deletion and nobody can look whether it was done (told, no control).
 * `kept`: erased but for what a law makes the holder keep, proven; `until` says how long (R4).
 * `withheld`: the data plane kept it from the holder (R5).
 */
export const copyStates = ['held', 'withheld', 'removed', 'erasing', 'erased', 'told', 'kept'] as const;
export type CopyState = (typeof copyStates)[number];

const copySchema = z.strictObject({
  holder: holderIdSchema,
  state: z.enum(copyStates),
  /** Since when the state is so. */
  at: instant,
  purpose: z.string().optional(),
  groups: z.array(z.string()).optional(),
  /** The deletion that ended it or is ending it. */
  request: z.string().optional(),
  /** A custody report later than the probe: the holder has it again. */
  afterErasure: z.boolean().optional(),
  /** G1: not reported for this record, but sent by the browser's own tag as the record says. */
  byTag: z.literal(true).optional(),
  /** A snapshot's own end, for a copy that is derived from one; of one that is `kept` the end of what keeps it. */
  until: instant.optional(),
  /** T3: not reported for this record, but part of what the snapshot took from the store. */
  derivedFrom: z
    .strictObject({ store: holderIdSchema, snapshot: z.string(), watermark: instant, mutable: z.boolean() })
    .optional(),
});
export type LineageCopy = z.infer<typeof copySchema>;

const groupSchema = z.strictObject({
  group: z.string(),
  purposes: z.array(z.string()),
  rule: z.string(),
  /** Purposes that a consent, given apart from the event and standing now, adds (PM). */
  byConsent: z.array(z.string()).optional(),
  start: z.string(),
  /** At the moment of the answer; see `End`. */
  state: z.enum(['open', 'review', 'running', 'ended']),
  startAt: instant.optional(),
  /** Absent while the start is open: then `cap` is the latest end. */
  end: instant.optional(),
  cap: instant.optional(),
  /** Id of the fact with which the period began. */
  closedBy: z.string().optional(),
  floor: z.strictObject({ law: z.string(), until: instant.optional() }).optional(),
});
export type LineageGroup = z.infer<typeof groupSchema>;

const recordSchema = z.strictObject({
  id: z.string(),
  ...lifeSchema.shape,
  /**
   * Of the ref and generation that it is sealed under. `kept`: that is erased, and what is left here is what a law makes us
   * keep: these groups and fields, for no purpose of ours.
   */
  state: z.enum([...refStates, 'kept']),
  type: z.string(),
  category: z.string(),
  time: instant,
  /** Held by this holder before Keiro came; where it is unknown when it was collected, `time` is the import's. */
  imported: importedSchema.optional(),
  taggedAt: instant,
  /** Version of the policy under which it was collected (V1). */
  policy: z.string(),
  source: z.string(),
  site: z.string(),
  scope: scopeSchema,
  /** APPI 2(3). */
  sensitive: z
    .strictObject({
      kinds: z.array(z.enum(sensitiveKinds)),
      given: z.enum(['by-person', 'by-other']),
      consent: z.string().optional(),
    })
    .optional(),
  /** Names of the personal fields that were collected. */
  present: z.array(z.string()),
  groups: z.array(groupSchema),
  position: z.strictObject({ topic: z.string(), partition: z.int(), offset: z.string() }),
  copies: z.array(copySchema),
});
export type LineageRecord = z.infer<typeof recordSchema>;

const factSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(factKinds),
  ...lifeSchema.shape,
  at: instant,
  /** Digest of source and id of the event that it concerns; absent: all that the person has. */
  about: z.string().optional(),
  source: z.string(),
  policy: z.string(),
});
export type LineageFact = z.infer<typeof factSchema>;

const marked = z.strictObject({ at: instant, fact: z.string() }).optional();
/** One consent about one purpose or one recipient: TA, APPI 28 and 31. */
const consentEntrySchema = z.strictObject({
  to: z.enum(['purpose', 'recipient']),
  id: z.string(),
  wording: z.string(),
  means: z.enum(consentMeans),
  given: marked,
  withdrawn: marked,
  /** What it counts as consent for; empty for use that implies it (§7). */
  countsFor: z.array(z.enum(consentUses)),
});
export type LineageConsent = z.infer<typeof consentEntrySchema>;

/** As the request service shows it; the person's refs are those of the answer. */
const requestSchema = requestViewSchema.omit({ lives: true, ambiguous: true, waitingFor: true });
export type LineageRequest = z.infer<typeof requestSchema>;

/** One kind of transfer of this person's records out of our own stores, with why it is lawful (T0). */
const transferSchema = z.strictObject({
  holder: holderIdSchema,
  basis: z.string(),
  country: z.string(),
  records: count,
  first: instant,
  last: instant,
});
export type LineageTransfer = z.infer<typeof transferSchema>;

export const noteCodes = [
  'nothing-held',
  'no-records',
  'shared-identifier',
  'ambiguous-refs',
  'tag-behind',
  'transfer-behind',
  'progress-unknown',
  'holders-pending',
  'tasks-failed',
  'copies-after-erasure',
  'snapshots-until',
  'holders-unregistered',
  'quarantined',
  'past-end',
  'provisions-kept',
  'kept-by-law',
  'more-records',
  'older-snapshots-left-out',
  'unattributed',
] as const;
const noteSchema = z.strictObject({ code: z.enum(noteCodes), ja: z.string(), en: z.string() });
export type LineageNote = z.infer<typeof noteSchema>;

export const lineageHolderSchema = z.strictObject({
  id: holderIdSchema,
  /** Absent when it reports copies but is not registered. */
  kind: z.enum(holderKinds).optional(),
  name: labelsSchema,
  /** ISO 3166-1 alpha-2. */
  country: z.string(),
  /** `own`, or a basis of the policy. */
  basis: z.string(),
});
export type LineageHolder = z.infer<typeof lineageHolderSchema>;

/** How many messages a service has still to read; null when Kafka did not say. */
const progressSchema = z.strictObject({ tag: count.nullable(), transfer: count.nullable() });
export type PipelineProgress = z.infer<typeof progressSchema>;

export const lineageAnswerSchema = z.strictObject({
  asOf: instant,
  person: z.strictObject({
    refs: z.array(
      z.strictObject({
        ref: refSchema,
        kind: z.enum(refKinds),
        generation: z.int(),
        state: z.enum(refStates),
        /** Generations up to this one are gone. */
        erasedThrough: count,
        /** Purposes for which use is suspended (R5). */
        suspended: z.array(z.string()),
      }),
    ),
    member: refSchema.optional(),
    /** Shared by several members: left out of all that follows, for review. */
    ambiguous: z.array(refSchema),
  }),
  /** Each of `person.ambiguous` that several could have: for an operator to say whose it is. */
  review: z.array(
    z.strictObject({
      ref: refSchema,
      kind: z.enum(refKinds),
      /** How many members could have it, and how many who are no members. */
      members: count,
      others: count,
      /** When the second of them was first seen with it. */
      since: instant,
      /** One ref of each; only for a reader with the right `links:manage`. */
      claimants: z.array(refSchema).optional(),
    }),
  ),
  /** Of the person as a whole: the state that all refs share, else that of the member. */
  standing: z.strictObject({
    state: z.enum(['unknown', ...refStates]),
    suspended: z.array(z.string()),
    /** Purposes for which the person withdrew consent, and holders towards whom. */
    withdrawn: z.array(z.string()),
    denied: z.array(z.string()),
    request: z.string().optional(),
    at: instant.optional(),
    erasedAt: instant.optional(),
    /** Erased but for this, which a law makes us keep, and until when. */
    kept: z
      .array(keptGroupSchema.extend({ request: z.string() }))
      .min(1)
      .optional(),
  }),
  /** All records of the person by category, whatever the page. */
  categories: z.array(
    z.strictObject({ category: z.string(), records: count, first: instant, last: instant }),
  ),
  /** One page, newest first. */
  records: z.array(recordSchema),
  page: z.strictObject({ total: count, shown: count, next: z.string().optional() }),
  /** Newest first, 200 at most. */
  facts: z.strictObject({ total: count, shown: z.array(factSchema) }),
  /** Oldest first. */
  consents: z.array(consentEntrySchema),
  transfers: z.array(transferSchema),
  requests: z.array(requestSchema),
  quarantined: z.strictObject({ total: count, byReason: counts }),
  holders: z.array(lineageHolderSchema),
  /** Names of the ids above in Japanese and English (L2). */
  labels: z.strictObject({
    categories: z.record(z.string(), labelsSchema),
    groups: z.record(z.string(), labelsSchema),
    purposes: z.record(z.string(), labelsSchema),
    bases: z.record(z.string(), labelsSchema),
    starts: z.record(z.string(), labelsSchema),
    rules: z.record(z.string(), labelsSchema),
    sensitive: z.record(z.string(), labelsSchema),
  }),
  progress: progressSchema,
  notes: z.array(noteSchema),
});
export type LineageAnswer = z.infer<typeof lineageAnswerSchema>;

/**
 * `GET /v1/quarantine?limit=&reason=&state=`: what was set aside, without its sealed content. `total`, `byReason` and
 * `oldest` speak of all that is held, `settled` counts the others by state; `items` are those that were asked for.
 */
export const quarantineAnswerSchema = z.strictObject({
  asOf: instant,
  total: count,
  settled: z.partialRecord(z.enum(quarantineStates), count),
  byReason: z.partialRecord(z.enum(quarantineReasons), count),
  oldest: instant.optional(),
  /** Held, and ending within 14 days or overdue; nobody has decided about them yet. */
  endingSoon: count,
  /** Newest first. */
  items: z.array(
    z.strictObject({
      /** See `quarantineAddress`. */
      id: z.string(),
      state: z.enum(quarantineStates),
      by: z.string(),
      reason: z.enum(quarantineReasons),
      detail: z.string(),
      topic: z.string(),
      partition: z.int(),
      offset: z.string(),
      type: z.string().optional(),
      ref: z.string().optional(),
      record: z.string().optional(),
      at: instant,
      /** While it is held. */
      endsAt: instant.optional(),
    }),
  ),
});
export type QuarantineAnswer = z.infer<typeof quarantineAnswerSchema>;

/** `GET /v1/totals`: everything counted, for reconciling with what producers sent. */
export const totalsAnswerSchema = z.strictObject({
  asOf: instant,
  records: z.strictObject({
    total: count,
    byCategory: counts,
    byPolicy: counts,
    bySource: counts,
    /** Without any identifier: no person's search finds them. */
    unattributed: count,
  }),
  facts: z.strictObject({ total: count, byKind: counts }),
  /**
   * All that was set aside, but for what became a record on release: so sent = recorded + quarantined by `tag` holds
   * after release and discard. `byWhom` tells events that were never recorded (`tag`) from records that a holder
   * could not open; `released` in `byState` are those that only repeat a record.
   */
  quarantined: z.strictObject({ total: count, byReason: counts, byWhom: counts, byState: counts }),
  /** Facts reported, by holder and action. */
  copies: z.record(z.string(), counts),
  requests: counts,
  tasks: counts,
});
export type TotalsAnswer = z.infer<typeof totalsAnswerSchema>;

/** `GET /v1/policy/holdings`: all that is held, counted by how it is tagged. */
export const holdingsAnswerSchema = z.strictObject({
  asOf: instant,
  holdings: z.array(
    z.strictObject({
      category: z.enum(categories),
      policy: z.string(),
      groups: z.array(z.strictObject({ group: z.string(), purposes: z.array(z.string()), rule: z.string() })),
      records: count,
    }),
  ),
});
export type HoldingsAnswer = z.infer<typeof holdingsAnswerSchema>;

/** `GET /v1/holders`: the register of all that can hold a copy. */
export const holdersAnswerSchema = z.strictObject({
  asOf: instant,
  holders: z.array(
    z.strictObject({
      ...lineageHolderSchema.shape,
      kind: z.enum(holderKinds),
      categories: z.array(z.string()),
      purposes: z.array(z.string()),
      replicates: z.array(holderIdSchema).optional(),
      /** How workers reach it; addresses stay in their environment. */
      connector: z.string(),
      registeredAt: instant,
    }),
  ),
});
export type HoldersAnswer = z.infer<typeof holdersAnswerSchema>;

/** `GET /v1/status`: how far the pipeline is; counts are estimates that cost nothing. */
export const queryStatusSchema = z.strictObject({
  asOf: instant,
  progress: progressSchema,
  stored: z.strictObject({ records: count, copies: count, quarantine: count, requests: count, tasks: count }),
  /** Readers of personal data that nobody registered and no operator has acknowledged. */
  readersUndeclared: count,
});
export type QueryStatus = z.infer<typeof queryStatusSchema>;
