import { z } from 'zod';
import { fieldChangesSchema } from './changes.ts';
import { holderIdSchema } from './custody.ts';
import { eventTypes, identifierKinds } from './events/index.ts';
import { factType } from './facts.ts';
import { importType } from './imports.ts';
import { lifeSchema, refSchema } from './refs.ts';

/**
 * The contract of the keys service. Every key is 32 bytes in base64. Seal, open, destroy and sweep are
 * separate rights; nobody ever gets a data key.
 */

const key = z.string();
/** How many requests of people are served in one call. */
export const keysBatch = 200;
const requestId = z.string().max(64);
/** All that one person’s events of a batch need: every group of a policy, at most. */
const groupIds = z.array(z.string().max(64)).max(64);

export const identifierSchema = z.strictObject({
  kind: z.enum([...identifierKinds, 'unattributed']),
  value: z.string().min(1).max(320),
});
export type Identifier = z.infer<typeof identifierSchema>;

/** Right `keys:seal`. Refs are created for identifiers never seen; `groups` only for the primary ref. */
export const sealRequestSchema = z.strictObject({
  /** Producers get keys that open only what this source sealed. */
  source: z.string().max(64),
  identifiers: z
    .array(
      z.strictObject({
        ...identifierSchema.shape,
        groups: groupIds,
        /** Of the event that asks: decides whether an erased person starts a new generation. */
        type: z.enum([...eventTypes, factType, importType]),
        time: z.iso.datetime({ offset: true }),
      }),
    )
    .min(1)
    .max(1000),
});
export type SealRequest = z.infer<typeof sealRequestSchema>;

export const sealResponseSchema = z.strictObject({
  results: z.array(
    z.strictObject({
      ...lifeSchema.shape,
      /** `erased`: the person is gone; seal under the quarantine key that comes with it. */
      state: z.enum(['live', 'erased']),
      keys: z.record(z.string(), key),
    }),
  ),
  /** Present when any result is erased. */
  quarantine: z.strictObject({ day: z.string(), key }).optional(),
});
export type SealResponse = z.infer<typeof sealResponseSchema>;

/** Right `keys:open`, bound to the caller's holder and purposes. */
export const releaseRequestSchema = z.strictObject({
  holder: holderIdSchema,
  purpose: z.string().max(64),
  groups: groupIds,
  lives: z.array(lifeSchema).min(1).max(1000),
});
export type ReleaseRequest = z.infer<typeof releaseRequestSchema>;

/** `lapsed`: the register does not carry the holder now, whoever the person is (T0 to T4). */
export const refusals = ['erased', 'hidden', 'suspended', 'lapsed', 'unknown'] as const;
export type ReleaseRefusal = (typeof refusals)[number];

export const releaseResponseSchema = z.strictObject({
  /** In the order asked. Keys by group, plus `custody` for sealing locators. */
  results: z.array(
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('released'), keys: z.record(z.string(), key) }),
      z.strictObject({ state: z.literal('refused'), reason: z.enum(refusals) }),
    ]),
  ),
  /** Seconds for which the caller may keep them. */
  ttlSeconds: z.int(),
});
export type ReleaseResponse = z.infer<typeof releaseResponseSchema>;

/**
 * Right `keys:lookup`: the current lives of identifiers and of refs, creating nothing. Results come in that
 * order, identifiers first; unknown ones are `null`.
 */
export const lookupRequestSchema = z.strictObject({
  identifiers: z.array(identifierSchema).max(1000).optional(),
  refs: z.array(refSchema).max(1000).optional(),
});
export const lookupResponseSchema = z.strictObject({
  results: z.array(
    z
      .strictObject({
        ...lifeSchema.shape,
        erasedThrough: z.int(),
        /** When the last of them was erased. */
        erasedAt: z.iso.datetime().optional(),
      })
      .nullable(),
  ),
});
export type LookupResponse = z.infer<typeof lookupResponseSchema>;

/**
 * Right `keys:custody`: the keys under which the locators of one holder are sealed, and no others. They open what
 * this holder reported, so the right is for who sees the holder's rows anyway.
 */
export const custodyKeysRequestSchema = z.strictObject({
  holder: holderIdSchema,
  lives: z.array(lifeSchema).min(1).max(1000),
});
export const custodyKeysResponseSchema = z.strictObject({
  /** In the order asked. */
  results: z.array(
    z.discriminatedUnion('state', [
      z.strictObject({ state: z.literal('live'), key }),
      z.strictObject({ state: z.literal('refused'), reason: z.enum(['erased', 'unknown']) }),
    ]),
  ),
});
export type CustodyKeysRequest = z.infer<typeof custodyKeysRequestSchema>;
export type CustodyKeysResponse = z.infer<typeof custodyKeysResponseSchema>;

/** Right `keys:quarantine`: the key of a day, for sealing what is set aside. 410 once it was destroyed. */
export const quarantineKeyRequestSchema = z.strictObject({ day: z.iso.date() });
export const quarantineKeyResponseSchema = z.strictObject({ day: z.string(), key });

/** Right `keys:quarantine-destroy`: days up to `through` that have a key. */
export const quarantineDaysRequestSchema = z.strictObject({ through: z.iso.date() });
export const quarantineDaysResponseSchema = z.strictObject({ days: z.array(z.string()) });

/**
 * Right `keys:quarantine-destroy`: the keys of these days are gone for good. 409 where one of them has not ended by the
 * policy; whether something of it is still held is for the caller to know. Idempotent.
 */
export const quarantineDestroyRequestSchema = z.strictObject({
  days: z.array(z.iso.date()).min(1).max(1000),
});
export const quarantineDestroyResponseSchema = z.strictObject({ destroyed: z.int(), alreadyGone: z.int() });

/**
 * Right `keys:sweep-prepare`: before keys are destroyed, what the sweep needs (the identifiers, and the keys
 * of the locators) is sealed again under a key of the request's own.
 */
export const sweepPrepareRequestSchema = z.strictObject({
  sweeps: z
    .array(
      z.strictObject({
        request: requestId,
        lives: z.array(lifeSchema).max(1000),
        /** R2, R3: what fields have to be; in place of what was kept of that before. */
        changes: fieldChangesSchema.optional(),
      }),
    )
    .min(1)
    .max(keysBatch),
});
export type SweepPrepare = z.infer<typeof sweepPrepareRequestSchema>['sweeps'][number];
/** How many lives are kept for each in all, in the order asked. */
export const sweepPrepareResponseSchema = z.strictObject({ prepared: z.array(z.int()) });

/**
 * Right `keys:sweep-prepare`: the keys of these groups are wrapped by themselves, with what finds their copies again, so
 * that they outlive the data keys (R4). `identifiers`: the floor keeps who it is, too.
 */
export const floorsKeepSchema = z.strictObject({
  request: requestId,
  lives: z.array(lifeSchema).min(1).max(1000),
  groups: groupIds.min(1),
  identifiers: z.boolean(),
  /** When the last of it ends; absent while that is open. */
  until: z.iso.datetime().optional(),
});
export type FloorsKeep = z.infer<typeof floorsKeepSchema>;
export const floorsKeptSchema = z.strictObject({ lives: z.int() });

/** Right `keys:destroy`: what floors kept of these lives is over. */
export const floorsEndSchema = z.strictObject({ lives: z.array(lifeSchema).min(1).max(1000) });
export const floorsEndedSchema = z.strictObject({ destroyed: z.int() });

/** Right `keys:sweep`: what was prepared, in clear, for the worker that sweeps. Kept in memory only. */
export const sweepRequestSchema = z.strictObject({
  sweeps: z
    .array(
      z.strictObject({
        request: requestId,
        /** Whose directive key is wanted besides. */
        holder: holderIdSchema.optional(),
        /** The key is wanted, too, under which what holders have of the person is kept until it is handed over (R1). */
        exports: z.literal(true).optional(),
      }),
    )
    .min(1)
    .max(keysBatch),
});
export type SweepAsked = z.infer<typeof sweepRequestSchema>['sweeps'][number];
const sweepSchema = z.strictObject({
  /** Seals what this holder is told of the request: see `rights.directives`. */
  directiveKey: key.optional(),
  exportKey: key.optional(),
  changes: fieldChangesSchema.optional(),
  lives: z.array(
    z.strictObject({
      ...lifeSchema.shape,
      kind: z.string(),
      /** Normalised; empty where only places are left to go by: what a floor keeps of an erased person. */
      value: z.string(),
      custodyKey: key,
    }),
  ),
});
export type SweepResponse = z.infer<typeof sweepSchema>;
/** In the order asked; null where nothing is kept. */
export const sweepResponseSchema = z.strictObject({ sweeps: z.array(sweepSchema.nullable()) });

/**
 * Right `keys:directive`, bound to the caller's holder: the key under which the directives of a request are sealed for
 * it. It opens nothing else, and is gone when the request's last probe has passed.
 */
export const directiveKeyRequestSchema = z.strictObject({
  request: z.string().max(64),
  holder: holderIdSchema,
});
export const directiveKeyResponseSchema = z.strictObject({ key });

/** Right `custody:report`, bound to the caller's holder: the key with which it proves its custody reports. */
export const reportKeyRequestSchema = z.strictObject({ holder: holderIdSchema });
export const reportKeyResponseSchema = z.strictObject({ key });

/** Right `keys:reporters`: those keys of any holder, for who verifies reports or makes them for a holder. */
export const reportKeysRequestSchema = z.strictObject({ holders: z.array(holderIdSchema).min(1).max(100) });
/** In the order asked. */
export const reportKeysResponseSchema = z.strictObject({ keys: z.array(key) });

/** Right `keys:destroy`: data keys of these generations are gone for good. Idempotent. */
export const destroyRequestSchema = z.strictObject({
  erasures: z
    .array(
      z.strictObject({
        request: requestId,
        lives: z.array(lifeSchema).min(1).max(1000),
        at: z.iso.datetime(),
      }),
    )
    .min(1)
    .max(keysBatch),
});
export type KeyErasure = z.infer<typeof destroyRequestSchema>['erasures'][number];
const destroyedSchema = z.strictObject({
  destroyed: z.int(),
  alreadyGone: z.int(),
  /** When backups of the keys database can no longer be opened; absent where the rotation that ends them is overdue. */
  backupsEnd: z.iso.datetime().optional(),
});
export type DestroyResponse = z.infer<typeof destroyedSchema>;
/** In the order asked. */
export const destroyResponseSchema = z.strictObject({ results: z.array(destroyedSchema) });

/**
 * Right `keys:destroy`: ends the keys of lives of which retention has left no record. `mark`: they are to go, unless
 * somebody seals under them before; `destroy`: those that are marked still, for good; `release`: they stay. The same
 * once more is the same.
 */
export const retireRequestSchema = z.strictObject({
  /** Who marked them: only that can destroy or release. */
  round: z.string().regex(/^[\w-]{1,64}$/),
  step: z.enum(['mark', 'destroy', 'release']),
  lives: z.array(lifeSchema).min(1).max(1000),
});
export type RetireRequest = z.infer<typeof retireRequestSchema>;
/** Those of the lives of which it is so now. */
export const retireResponseSchema = z.strictObject({ lives: z.array(lifeSchema) });

/** Right `keys:destroy`: the request's own key goes when its last probe has passed. */
export const sweepForgetRequestSchema = z.strictObject({
  requests: z.array(requestId).min(1).max(keysBatch),
});
