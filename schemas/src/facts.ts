import { hash } from 'node:crypto';
import { z } from 'zod';
import { holderIdSchema } from './custody.ts';
import { envelopeShape } from './events/envelope.ts';
import { subjectSchema } from './events/identifiers.ts';
import { purposeIds } from './policy/schema.ts';
import { eventDigest } from './records.ts';
import { lifeSchema } from './refs.ts';

/**
 * What may happen to a person after data were collected. The first five let a retention period begin or move its
 * cap; the consents say what the person allows; `unlinked` is only recorded: who is who, an operator cuts.
 */
export const factKinds = [
  'account-closed',
  'contract-ended',
  'draw-or-delivery',
  'inquiry-closed',
  /** Last use: the person was active. */
  'used',
  'consent-given',
  'consent-withdrawn',
  'unlinked',
] as const;
export type FactKind = (typeof factKinds)[number];

export const factType = 'fact';
export const factTopic = 'collection.facts';
export const factSubject = 'collection.facts-value';

/** How a person said so. `implied-by-use` is what §7 of the policy says of analytics: it is recorded, no more. */
export const consentMeans = ['form', 'banner', 'contract', 'implied-by-use'] as const;

/** APPI 28(2): what a person must have been told before a consent to a recipient abroad. */
export const abroadInformation = ['system-of-country', 'measures-of-recipient'] as const;

export const consentSchema = z.strictObject({
  purposes: z.array(z.enum(purposeIds)).min(1).max(purposeIds.length).optional(),
  /** Ids of holders. */
  recipients: z.array(holderIdSchema).min(1).max(32).optional(),
  /** Version of the text that the person saw: a word, never the text. */
  wording: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  means: z.enum(consentMeans),
  abroad: z
    .strictObject({
      /** ISO 3166-1 alpha-2. */
      country: z.string().regex(/^[A-Z]{2}$/),
      informedOf: z.array(z.enum(abroadInformation)).max(abroadInformation.length),
    })
    .optional(),
});
export type Consent = z.infer<typeof consentSchema>;

/**
 * The contract `fact`, CloudEvents 1.0: what happened to a person, with nothing personal in it but the
 * identifiers, of which at least one is there. What depends on the kind is checked by `parseMessage` alone.
 */
export const factSchema = z.strictObject({
  ...envelopeShape,
  type: z.literal(factType),
  data: z
    .strictObject({
      subject: subjectSchema,
      site: z.hostname().max(253),
      kind: z.enum(factKinds),
      /** The event that it concerns: a campaign entry, an inquiry, a contract. Absent: all that the person has. */
      about: z.strictObject({ source: envelopeShape.source, id: envelopeShape.id }).optional(),
      /** Of a consent, and of nothing else. */
      consent: consentSchema.optional(),
    })
    .superRefine(({ subject, kind, consent }, context) => {
      const refuse = (path: string[], code: string) =>
        context.addIssue({ code: 'custom', path, params: { code } });
      if (Object.keys(subject).length === 0) refuse(['subject'], 'required');
      if (!isConsentKind(kind)) {
        if (consent !== undefined) refuse(['consent'], 'unknown_field');
      } else if (consent === undefined) refuse(['consent'], 'required');
      else if (consent.purposes === undefined && consent.recipients === undefined)
        refuse(['consent', 'purposes'], 'required');
    }),
});
export type Fact = z.infer<typeof factSchema>;

export function isConsentKind(kind: FactKind): kind is 'consent-given' | 'consent-withdrawn' {
  return kind === 'consent-given' || kind === 'consent-withdrawn';
}

/** What travels in `collection.facts`: identifiers have become refs, so nothing is left to seal. */
export const factWireSchema = z.strictObject({
  /** The first is the primary ref. */
  refs: z.array(lifeSchema).min(1).max(8),
  /** `erased`: the person's life had ended when the fact was sent; it is counted and not kept. */
  state: z.enum(['live', 'erased']),
  site: z.hostname().max(253),
  kind: z.enum(factKinds),
  /** Of the event that it concerns: see `eventDigest`, with which that event's record id ends. */
  about: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .optional(),
  consent: consentSchema.optional(),
});
export type FactWire = z.infer<typeof factWireSchema>;

/** A fact as Kafka gets it, its value not yet in the registry's format. `lives`: the primary first. Pure. */
export function toFactWire(fact: Fact, lives: FactWire['refs'], state: FactWire['state']): FactWire {
  const { site, kind, about, consent } = fact.data;
  return {
    refs: lives,
    state,
    site: site.toLowerCase(),
    kind,
    ...(about === undefined ? {} : { about: eventDigest(about.source, about.id) }),
    ...(consent === undefined ? {} : { consent }),
  };
}

/** Tells a retry from the same id with other content: of all that a producer gave, whatever the generation. Pure. */
export function factDigest(time: string, policyversion: string, wire: FactWire): string {
  const { refs, site, kind, about, consent } = wire;
  const given = [
    new Date(time).getTime(),
    policyversion,
    refs.map(({ ref }) => ref),
    site,
    kind,
    about ?? null,
    consent === undefined ? null : consentText(consent),
  ];
  return hash('sha256', JSON.stringify(given), 'base64url').slice(0, 22);
}

const consentText = ({ purposes = [], recipients = [], wording, means, abroad }: Consent) => [
  purposes.toSorted(),
  recipients.toSorted(),
  wording,
  means,
  abroad === undefined ? null : [abroad.country, abroad.informedOf.toSorted()],
];
