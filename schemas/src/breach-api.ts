import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { catalogue, eventTypes } from './events/index.ts';
import { holderKinds } from './holders.ts';
import type { Labels } from './policy/labels.ts';
import { labelsSchema } from './policy/labels.ts';
import { refKinds, refSchema } from './refs.ts';

/** The HTTP contract of a breach's assessment (APPI 26, Rules 7 and 8): counts and blind refs, no personal value. */

const instant = z.iso.datetime();
const count = z.int().min(0);

/** How it came about. `improper` in {@link breachCauseLabels} says which count as an improper purpose (Rule 7(3)). */
export const breachCauses = [
  'unauthorised-access',
  'improper-purpose',
  'theft',
  'loss',
  'misdelivery',
  'misconfiguration',
] as const;
export type BreachCause = (typeof breachCauses)[number];

/** Topics that hold what was collected, sealed. */
export const breachTopics: readonly string[] = eventTypes.map((type) => catalogue[type].topic);

/** `POST /v1/breaches/assess` */
export const breachAssessSchema = z
  .strictObject({
    holders: z.array(holderIdSchema).max(100).default([]),
    topics: z.array(z.enum(breachTopics)).max(100).default([]),
    /** The window in which the data were exposed, both ends included. */
    from: instant,
    to: instant,
    /** When we came to know: the deadlines run from it. */
    knownAt: instant,
    cause: z.enum(breachCauses),
    /** Whether the keys, which are in another database, were touched too; `unknown` excludes nothing. */
    keys: z.enum(['untouched', 'touched', 'unknown']).default('unknown'),
    /** Persons to tell on one page, in order of ref. */
    limit: z.int().min(0).max(10_000).default(200),
    /** `page.next` of the answer before. */
    after: refSchema.optional(),
  })
  .superRefine(({ holders, topics, from, to, knownAt }, context) => {
    const find = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (holders.length + topics.length === 0) find('holders', 'at least one holder or topic is wanted');
    if (Date.parse(from) > Date.parse(to)) find('to', 'is before from');
    if (Date.parse(knownAt) < Date.parse(from)) find('knownAt', 'is before from');
  });
export type BreachAssess = z.infer<typeof breachAssessSchema>;

/** `atLeast` counts refs that several could have for nobody, unless no claimant is counted yet; `atMost` for all of them. */
const personsSchema = z.strictObject({ atLeast: count, atMost: count });

const tallySchema = z.strictObject({
  persons: personsSchema,
  records: count,
  /** Records with data of APPI 2(3). */
  sensitive: count,
  /** Without any identifier: whose they are nobody can say. Part of `records`, not of `persons`. */
  unattributed: count,
  categories: z.record(z.string(), count),
  /** Records by field group. */
  groups: z.record(z.string(), count),
});
export type BreachTally = z.infer<typeof tallySchema>;

export const breachClassIds = ['sensitive', 'property-damage', 'improper-purpose', 'more-than-1000'] as const;
export type BreachClassId = (typeof breachClassIds)[number];

/** `possible`: it depends on what only a person can find out. */
export const breachVerdicts = ['yes', 'possible', 'no'] as const;
export type BreachVerdict = (typeof breachVerdicts)[number];

const classSchema = z.strictObject({
  id: z.enum(breachClassIds),
  /** Item of Rule 7. */
  item: z.int().min(1).max(4),
  applies: z.enum(breachVerdicts),
  why: labelsSchema,
});
export type BreachClass = z.infer<typeof classSchema>;

/** The end of a day in Asia/Tokyo. */
const deadlineSchema = z.strictObject({ clock: z.string(), by: instant, mark: z.enum(['V', 'S', 'U']) });

export const contactKinds = ['email', 'phone'] as const;

export const breachAnswerSchema = z.strictObject({
  asOf: instant,
  window: z.strictObject({ from: instant, to: instant }),
  cause: z.enum(breachCauses),
  reportable: z.enum(breachVerdicts),
  classes: z.array(classSchema),
  deadlines: z.strictObject({
    /** Promptly; `from` and `by` are the three to five days that this is taken to mean. */
    preliminary: deadlineSchema.extend({ from: instant }),
    final: deadlineSchema,
  }),
  /** Ours, readable by whoever had it: what the classes are judged by. */
  exposed: tallySchema,
  /** Under encryption whose keys were not touched, a tenant's too: excluded (Rule 7). */
  excluded: tallySchema,
  /** Of users whom a customer controls: that customer is told, and so we need not report them (26(1) proviso). */
  tenants: z.array(z.strictObject({ tenant: z.string(), ...tallySchema.shape })),
  /** What was asked about, each with how its data lie there. */
  places: z.array(
    z.strictObject({
      kind: z.enum(['holder', 'topic']),
      id: z.string(),
      holderKind: z.enum(holderKinds).optional(),
      name: labelsSchema.optional(),
      country: z.string().optional(),
      encryption: z.enum(['plaintext', 'sealed-keys-apart', 'sealed-keys-touched', 'sealed-keys-unknown']),
      isExcluded: z.boolean(),
      records: count,
    }),
  ),
  countries: z.array(z.string()),
  /** T3: snapshots that were at a DR site in the window, and hold records of this breach. */
  snapshots: z.array(
    z.strictObject({
      holder: holderIdSchema,
      country: z.string().optional(),
      store: holderIdSchema,
      snapshot: z.string(),
      takenAt: instant,
      expiresAt: instant.optional(),
      mutable: z.boolean(),
      records: count,
    }),
  ),
  /** Persons to tell, by ref, with how they could be reached: never the address itself. */
  persons: z.array(
    z.strictObject({
      ref: refSchema,
      kind: z.enum(refKinds),
      records: count,
      contacts: z.array(z.enum(contactKinds)),
    }),
  ),
  page: z.strictObject({ total: count, shown: count, next: refSchema.optional() }),
  /** Refs that several persons could have: for review (see `keiro links review`), the first thousand. */
  ambiguous: z.strictObject({ total: count, shown: z.array(refSchema) }),
  labels: z.strictObject({
    categories: z.record(z.string(), labelsSchema),
    groups: z.record(z.string(), labelsSchema),
  }),
  notes: z.array(z.strictObject({ code: z.string(), ...labelsSchema.shape })),
});
export type BreachAnswer = z.infer<typeof breachAnswerSchema>;

const words = (ja: string, en: string): Labels => ({ ja, en });

/** `improper`: taken for done with an improper purpose, also before that is known (Rule 7(3)). */
export const breachCauseLabels: Readonly<Record<BreachCause, Labels & { readonly improper: boolean }>> = {
  'unauthorised-access': { ...words('不正アクセス', 'unauthorised access'), improper: true },
  'improper-purpose': {
    ...words('不正の目的による持出し・利用', 'taken or used for an improper purpose'),
    improper: true,
  },
  theft: { ...words('盗難', 'theft'), improper: true },
  loss: { ...words('紛失・滅失', 'loss'), improper: false },
  misdelivery: { ...words('誤送付・誤配信', 'sent to the wrong recipient'), improper: false },
  misconfiguration: { ...words('設定の誤り', 'wrong configuration'), improper: false },
};
