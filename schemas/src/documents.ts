import type { Remains } from './changes.ts';
import type { CopyReport, SnapshotReport } from './custody.ts';
import type { Category, EventType } from './events/index.ts';
import type { Segment } from './evidence/segment.ts';
import type { Consent, FactKind } from './facts.ts';
import type { KeptGroup } from './kept.ts';
import type { Imported } from './imports.ts';
import type { CutReason } from './links-api.ts';
import type { Change, Publication, PurposeId } from './policy/index.ts';
import type { DiscardReason, Quarantined } from './quarantine.ts';
import type { Life, Ref } from './refs.ts';
import type { requestGrounds } from './request-api.ts';
import type { RequestEvent, RequestState, RequestType } from './request-events.ts';
import type { RetentionOf } from './retention.ts';
import type { Standing } from './rights.ts';
import type { Sensitive } from './sensitive.ts';
import type { Scope } from './wire.ts';

/** The documents of the lineage store, as their owners write them. None holds a personal value. */

/** Why a group of fields is held, and until when. `end` is absent while its start is open. */
export interface GroupTag {
  readonly group: string;
  readonly purposes: readonly string[];
  /** Id of the retention rule in the policy. */
  readonly rule: string;
  /** What the period runs from. */
  readonly start: string;
  readonly startAt?: Date;
  /** Computed from start and period; absent while the start is open, then the cap stands. */
  readonly end?: Date;
  /** Latest end, whatever happens: no group is without one. */
  readonly cap?: Date;
  /** A law that makes us keep it: named, with its own end where that is known. */
  readonly floor?: { readonly law: string; readonly until?: Date };
}

/** `records`, owner `tag`: one collected event as lineage knows it. */
export interface RecordDocument {
  /** Record id: see `recordId`. */
  readonly _id: string;
  /** Primary ref. */
  readonly ref: Ref;
  readonly generation: number;
  readonly refs: readonly Life[];
  readonly type: EventType;
  readonly category: Category;
  readonly groups: readonly GroupTag[];
  /** Names of the personal fields that were collected. */
  readonly present: readonly string[];
  readonly scope: Scope;
  /** APPI 2(3): that it holds such data, and why that is in order. */
  readonly sensitive?: Sensitive;
  readonly site: string;
  readonly source: string;
  /** Version of the policy under which it was collected (V1). */
  readonly policy: string;
  /** When it was collected: the event's own time. */
  readonly time: Date;
  /** Absent: it came as an event. */
  readonly imported?: Imported;
  readonly taggedAt: Date;
  readonly position: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly digest: string;
  /**
   * Its person is erased, and a floor keeps what is left of it (R4): groups and fields are those alone, without a
   * purpose. `request`: the deletion that left it.
   */
  readonly kept?: { readonly request: string; readonly at: Date };
}

/** `facts`, owner `tag`: what happened to a person later, or what the person allowed. Insert-only. */
export interface FactDocument {
  /** As a record's id: see `recordId`. */
  readonly _id: string;
  /** Primary ref. */
  readonly ref: Ref;
  readonly generation: number;
  readonly refs: readonly Life[];
  readonly kind: FactKind;
  /** Digest of the event that it concerns; absent: all that the person has. */
  readonly about?: string;
  readonly consent?: Consent;
  readonly site: string;
  readonly source: string;
  readonly policy: string;
  /** When it happened: the fact's own time. */
  readonly time: Date;
  readonly takenAt: Date;
  readonly position: RecordDocument['position'];
  readonly digest: string;
}

/** `links`, owner `tag`: two refs were in one event. Stored both ways, never removed by a later event. */
export interface LinkDocument {
  /** `<from>|<to>` */
  readonly _id: string;
  readonly from: Ref;
  readonly to: Ref;
  /** The record that showed it first. */
  readonly record: string;
  readonly at: Date;
}

/**
 * `cuts`, owner `request`: an operator decided that two refs are not of one person, or took that back. A link is what
 * events showed; a cut is what somebody answers for, so it stands in a collection of its own, whose owner writes no
 * links. Append-only, one per decision: undoing is a further one, and nothing is lost. Stored both ways as links are,
 * in one transaction with the audit entry, so that one look-up by `from` finds it whichever ref is at hand.
 */
export interface CutDocument {
  /** `<from>|<to>|<number>` */
  readonly _id: string;
  readonly from: Ref;
  readonly to: Ref;
  /** Counts the decisions about this pair from 1; the last one stands. Two operators can't both make the same. */
  readonly number: number;
  readonly decision: 'cut' | 'withdrawn';
  readonly by: string;
  /** Of a cut. */
  readonly reason?: CutReason;
  /** The operator's own reference for the case. No free text: it might name somebody. */
  readonly note?: string;
  readonly at: Date;
}

/** `copies`, owner `transfer`: append-only facts, one per record, holder and action. */
export interface CopyDocument extends Omit<CopyReport, 'at'> {
  /** `<record>|<holder>|<action>` */
  readonly _id: string;
  readonly at: Date;
  readonly reportedAt: Date;
}

/** `snapshots`, owner `transfer`. */
export interface SnapshotDocument extends Omit<SnapshotReport, 'watermark' | 'takenAt' | 'expiresAt'> {
  /** `<holder>|<store>|<snapshot>` */
  readonly _id: string;
  readonly watermark: Date;
  readonly takenAt: Date;
  readonly expiresAt?: Date;
  readonly reportedAt: Date;
}

/**
 * `quarantine`, owner `tag`. Held until it is settled; an entry that was released in vain stays held, with the reason
 * that applies now. It never goes: an entry that is read from its topic again must not come back to life.
 */
export interface QuarantineDocument extends Omit<Quarantined, 'at' | 'sealed'> {
  /** `<by>|<topic>/<partition>/<offset>` */
  readonly _id: string;
  readonly at: Date;
  /** Absent once it is settled: a record needs no second copy, and what is discarded is destroyed. */
  readonly sealed?: string;
  /** A release has begun, by this id, and has not ended: until one does, nobody may discard it. */
  readonly releasing?: string;
  readonly settled?: Settlement;
  /** What was decided about it and is not in the audit yet: it gets there next, whoever was killed in between. */
  readonly audit?: readonly AuditEntry[];
}

/** How an entry left quarantine. */
export type Settlement = { readonly at: Date; readonly by: string } & (
  | {
      readonly state: 'released';
      /** `repetition`: the event was a record already, by another message. */
      readonly became: 'record' | 'repetition';
      readonly record: string;
    }
  | {
      readonly state: 'discarded';
      readonly reason: DiscardReason;
      /** The operator's own reference of the case. No free text: it might name somebody. */
      readonly note?: string;
    }
  | { readonly state: 'expired' }
);

/** `standing`, owner `request`. */
export interface StandingDocument extends Standing {
  /** The ref. */
  readonly _id: Ref;
}

/** What granted it: a law's article, the policy's own promise, or what the person said of a consent (TA). */
export type RequestGround = (typeof requestGrounds)[number];

/** `requests`, owner `request`. */
export interface RequestDocument {
  readonly _id: string;
  readonly type: RequestType;
  /** The person as the request knows it; the first is the one from which the others were found. */
  readonly lives: readonly Life[];
  /** Refs that several members share: left alone, for review. */
  readonly ambiguous: readonly Ref[];
  /** Of a suspension or resume; `all` for every purpose. */
  readonly purposes: readonly string[];
  /** Of a denial of third parties' use (R6), or of its end: holders; `all` for every one, those to come too. */
  readonly recipients?: readonly string[];
  /** Of a correction or an addition: the fields it sets. What they are set to is with the request's own key, in `keys`. */
  readonly fields?: readonly string[];
  /** What was asked by. The lives stay empty until it is known who asks. */
  readonly asked?: readonly Ref[];
  /** Of a return: what it answers. */
  readonly returns?: { readonly violation: string; readonly record: string; readonly holder: string };
  /** Of a retention, whose `lives` are with its batch: they are many, and nobody asked. */
  readonly retention?: RetentionOf;
  readonly ground: RequestGround;
  readonly state: RequestState;
  readonly receivedAt: Date;
  /** 14 calendar days after arrival, Asia/Tokyo (R7, APPI 39). */
  readonly dueAt: Date;
  readonly doneAt?: Date;
  /** Of a deletion that somebody asked for: until then it can be taken back, and nothing is erased. */
  readonly notBefore?: Date;
  /** Offset in `rights.standing` that every reader must have passed. */
  readonly standingOffset?: string;
  /** End offsets that must be consumed before the plan is closed: topic → partition → offset. */
  readonly plan?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly steps: readonly RequestStep[];
  /**
   * What happened to it, numbered and only ever added to: `state` is what they add up to. Absent where nobody asked:
   * what consents, links and the register make of themselves is accepted as it comes, and told to nobody.
   */
  readonly events?: readonly RequestEvent[];
  /** Numbers of the events that made a notice due which nobody has marked sent. */
  readonly unsent?: readonly number[];
  readonly by: string;
  /**
   * Of a deletion that a late link made necessary: the deletion that it completes. It is about its own lives alone,
   * whoever its person has become meanwhile.
   */
  readonly follows?: string;
  /**
   * Of a deletion: what floors keep of the person (R4). Decided when its keys are about to be destroyed; until then empty
   * where there may be something, absent where there is nothing to look for.
   */
  readonly kept?: readonly KeptGroup[];
  /** What holders did since with what was kept: one of each, added up over the years. */
  readonly rest?: readonly RestReceipt[];
  /** When the last of it was gone, proven. */
  readonly restErasedAt?: Date;
}

/** One holder's answers about what a floor had kept there, when that had ended. */
export interface RestReceipt extends Pick<Receipt, 'affected' | 'detail' | 'sweptAt' | 'probe' | 'told'> {
  readonly holder: string;
  readonly attempts: number;
  readonly doneAt: Date;
}

export interface RequestStep {
  readonly step: string;
  readonly at: Date;
  /** Counts and positions that prove it. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type Directive = 'erase' | 'suspend' | 'resume' | 'correct' | 'export';
/** `by-hand`: no program can do it; it waits for the operator who closes it with evidence. */
export type TaskState = 'pending' | 'running' | 'by-hand' | 'done' | 'failed';

/**
 * `tasks`: written by `request` in the transaction that decides them, then by `erase`, which holds them under a
 * lease. Only one that waits for an operator is changed by `request`, on that operator's word: put back, handed over, or
 * closed by hand; one that is done is put back where its holder has again what was erased; and those of a request that is overtaken are ended by it: a suspension by a deletion, a return by the end of its violation too.
 */
export interface TaskDocument {
  /** See `taskId`. */
  readonly _id: string;
  readonly request: string;
  readonly holder: string;
  readonly directive: Directive;
  readonly purposes: readonly string[];
  /** Only where the holder keeps these records; absent: all that it has of the person. */
  readonly records?: readonly string[];
  /**
   * Of a retention. `alone`: the holder has nothing else of these persons, so that no row can be shared. `whole`: lives of
   * which everything that the holder has is over: it is told about the person.
   */
  readonly retention?: {
    readonly alone: boolean;
    readonly whole: readonly Life[];
    /** The deletion whose floors have ended: what it kept at this holder goes, and nothing else is looked at. */
    readonly rest?: { readonly deletion: string; readonly last: boolean };
  };
  /** Of a deletion: what this holder leaves for floors (R4), by the policy's names. */
  readonly keep?: TaskKeep;
  /** Rows that it leaves and had reported no place of, so that they are found again: sealed, by part of a site. */
  readonly found?: readonly FoundRow[];
  /** Of a deletion that was reopened: the holder reported that it has these records again, whose person is erased. */
  readonly again?: { readonly since: Date; readonly records: readonly string[] };
  readonly state: TaskState;
  /** Number of the current attempt, from 1; the queue's job is `<task>-<attempt>`. */
  readonly attempt: number;
  readonly notBefore?: Date;
  /** The token grows with every claim and stays when the lease ends: a worker that lost it writes nothing. */
  readonly lease?: { readonly worker: string; readonly token: number; readonly until: Date };
  readonly receipt?: Receipt;
  /** Written before anything is erased, by whoever holds the lease. */
  readonly foreseen?: Foreseen;
  /** The attempt that first asked what the current one asks again, if it is not the first: what was asked before is over. */
  readonly round?: number;
  /** What the holder was asked and has not answered: it is at it, or cannot do it before a certain day. */
  readonly waiting?: Waiting;
  /** Attempts that ended in waiting: they are no failures. */
  readonly waits?: number;
  readonly errors: readonly { readonly at: Date; readonly attempt: number; readonly message: string }[];
  readonly createdAt: Date;
  readonly doneAt?: Date;
  /** A worker has done it, and nobody else has ended it. */
  readonly settledBy?: 'erase';
  /** Who looks after it, where it waits for a person, and since when. */
  readonly desk?: { readonly who: string; readonly since: Date; readonly by: string };
  /** What was settled about it and is not in the audit yet: it gets there next, whoever was killed in between. */
  readonly audit?: readonly AuditEntry[];
}

export interface TaskKeep {
  readonly groups: readonly string[];
  /** Fields of these groups; `subject` for the identifiers themselves. */
  readonly fields: readonly string[];
  readonly laws: readonly string[];
  /** Of a recovery site: the stores whose part of it leaves them; absent: every place that it has. */
  readonly in?: readonly string[];
  /** When the last of it ends; absent where that is open. */
  readonly until?: Date;
}

export interface FoundRow {
  /** Of a site over several stores: which of them. */
  readonly part?: string;
  /** The locator, as a reported copy of the first of the lives would have it. */
  readonly locator: string;
}

/**
 * Told, no control (G1): a holder that takes a deletion, and at which nobody can look whether it was done. That is no
 * erasure that was proven, and nobody calls it one.
 */
export interface Told {
  /** Until when data end there, by the holder's own word: the earliest of its answers. */
  readonly at: Date;
  /** How many identifiers it was told; 0 where none is known by which it could know the person. */
  readonly identifiers: number;
}

/** What a try was about to erase: should its answer be lost, the next one knows what went. By place. */
export interface Foreseen {
  /** Which page of the places that was, from 0. */
  readonly page: number;
  /** Counted before it began. */
  readonly rows: Readonly<Record<string, number>>;
  /** Found by tries before it and gone since, with no answer that counted them, and in no receipt yet. */
  readonly gone: Readonly<Record<string, number>>;
}

/** A task that waits for its holder. */
export interface Waiting {
  /** The attempt that asked; later ones look after the same. */
  readonly attempt: number;
  /** What is left to do: the erasure itself, or the look whether anything is left. */
  readonly step: 'erase' | 'probe';
  readonly since: Date;
  /** When the holder first said that it would be done. */
  readonly expected?: Date;
  /** In words, without a value. */
  readonly says: string;
}

/**
 * A processor's own word that it has erased (OpenDSR 8): less than a probe, so it makes nothing `erased`, and more than
 * having been told.
 */
export interface Confirmed {
  readonly at: Date;
  /** Name that its certificate is issued to; absent: its signature is not asked for. */
  readonly by?: string;
  /** SHA-256 fingerprint of that certificate. */
  readonly certificate?: string;
  readonly requests: number;
  readonly identifiers: number;
  /** How many items it says it found, where it says. */
  readonly results?: number;
  /** The first of its answers as they were signed. They hold no identifier. */
  readonly words: readonly { readonly body: string; readonly signature: string }[];
}

/** The holder's answer with evidence. Counts add up over all attempts. */
export interface Receipt {
  /** Rows, keys or messages removed or flagged, over all attempts. */
  readonly affected: number;
  /** Of these, those that nobody heard the store count: found before a try whose answer was lost, and gone after. */
  readonly unanswered?: number;
  /** Per table, collection or key pattern. */
  readonly detail: Readonly<Record<string, number>>;
  readonly sweptAt?: Date;
  readonly probe?: { readonly at: Date; readonly found: number };
  /** In place of a probe, by a holder at which nobody can look: see `Told`. */
  readonly told?: Told;
  /**
   * Closed by a person, with evidence. That is no probe that found nothing (invariant 5), and nobody calls it one. Of a
   * file only the SHA-256 (hex) is kept: what it says may name the person.
   */
  readonly byHand?: {
    readonly at: Date;
    readonly by: string;
    readonly reference: string;
    readonly sha256?: string;
    /** Id of the file, where it is kept here, sealed. */
    readonly evidence?: string;
  };
  /** Of a retention: records that stay for now, being in one row with what has not ended or of a person erased since. */
  readonly kept?: readonly string[];
  readonly confirmed?: Confirmed;
  /** Of a correction: read again after it, how many rows hold something else. Only 0 is an answer. */
  readonly readBack?: { readonly at: Date; readonly differing: number };
  /** Of an export: rows, documents or keys that were handed over. */
  readonly exported?: number;
  /** Said by a holder that can't do what was asked (e.g. flag a suspension); shown, never hidden. */
  readonly unsupported?: string;
  /** What an erasure left there on purpose; none of it counts as erased. */
  readonly remains?: readonly Remains[];
}

/** `outbox`, owner `request`: what must reach Kafka, written in the transaction that decided it. */
export interface OutboxDocument {
  readonly _id: string;
  readonly topic: string;
  readonly key: string;
  /** JSON; null for a tombstone. */
  readonly value: string | null;
  /** The request that waits for Kafka to have it; none waits for a policy version. */
  readonly request?: string;
  readonly at: Date;
}

/** `policies`, owner `request`: a version of the policy as it was published (V1). Insert-only. */
export interface PolicyDocument extends Publication {
  /** The number: two operators can't both publish the next one. */
  readonly _id: string;
  /** Counts what was published, from 1. */
  readonly number: number;
  /** Days, `YYYY-MM-DD` in Asia/Tokyo. */
  readonly established: string;
  readonly announced: string;
  readonly effective: string;
  /** SHA-256 of the file (base64url). */
  readonly digest: string;
  /** The operator's authoritative Japanese text (L2), and its SHA-256 (base64url). */
  readonly japanese: string;
  readonly japaneseDigest: string;
  readonly publishedAt: Date;
  readonly by: string;
  /** What it changed for what was held on that day, compared with the version before. */
  readonly changes: readonly Change[];
  /** Records under the version before, and how many of them could not be compared. */
  readonly records: number;
  readonly notCompared: number;
  /** Records under versions before that one: not compared, they stay as their own version says. */
  readonly underEarlier: readonly { readonly version: string; readonly records: number }[];
  /** What a person decided of each purpose that changed. */
  readonly decisions: readonly PurposeDecision[];
}

export interface PurposeDecision {
  readonly purpose: PurposeId;
  readonly needs: 'notice' | 'consent';
  /** As the file says it: an office rather than a person. */
  readonly decidedBy: string;
  readonly on: string;
}

/**
 * What was decided about a person's data (S1). It outlives erasure, so nothing in it may be a personal value: `about`
 * and `request` hold ids, and of people none but refs; `detail` holds counts, names that the code knows, and the
 * operator's own reference of a case, which must name nobody.
 */
export interface AuditEntry {
  /** Made of the id of what it is about, so that the same decision is not entered twice. */
  readonly _id: string;
  readonly at: Date;
  /** The client who decided, or the service. */
  readonly by: string;
  readonly action: string;
  readonly about?: readonly string[];
  readonly request?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * `audit`, several writers: appended by each service in the transaction of what it is about, never changed. The sealer
 * in `request` stamps it with the number of the segment of the signed chain that holds it.
 */
export interface AuditDocument extends Omit<AuditEntry, 'detail'> {
  /** Absent when it has ended (`ownRecords.auditDetails`). */
  readonly detail?: AuditEntry['detail'];
  /** SHA-256 of the detail (base64url): stays when a detail has to go. Entries from before it have none. */
  readonly detailDigest: string;
  /** Absent: not sealed yet. */
  readonly segment?: number;
}

/** `segments`, owner `request`: the audit chain, insert-only. That its number is the id keeps two sealers apart. */
export interface SegmentDocument extends Segment {
  readonly _id: number;
}

/** `certificates`, owner `request`; insert-only but for `closesOn`. */
export interface CertificateDocument {
  /** See `certificateId`. */
  readonly _id: string;
  readonly request: string;
  readonly issuedAt: Date;
  /** Day (Japan) on which the last of its snapshots ends; goes when a second certificate says so. */
  readonly closesOn?: string;
  /** JSON of a `Certificate`, as it was issued. */
  readonly text: string;
}
