import type { Labels } from './policy/labels.ts';

/*
 * What happens to a request, from its arrival to its end. The events of a request are numbered from 1, only ever
 * added to, and its state is what they add up to.
 */

/** What a person may ask (R1 to R6, Q1), as the interface takes it. */
export const requestTypes = [
  'disclosure',
  'provision-disclosure',
  'overseas-measures',
  'purpose-notice',
  'correction',
  'addition',
  'deletion',
  'suspension',
  'resume',
  'third-party-denial',
  'question',
] as const;
export type AskedType = (typeof requestTypes)[number];

/**
 * Made by the software itself: `return` of a copy that a holder has without a basis (T0), `retention` of what has
 * reached its end (APPI 22). Nobody may ask for them.
 */
export const ownRequestTypes = ['return', 'retention'] as const;
export type RequestType = AskedType | (typeof ownRequestTypes)[number];

/** Before it is accepted: nothing is carried out yet. */
export const pendingStates = [
  'received',
  'checking-identity',
  /** Identity, or who is meant, could not be confirmed: it can still be completed. */
  'incomplete',
  'in-review',
  'awaiting-fee',
] as const;
/** Accepted and not done: the driver carries it on. */
export const carriedStates = [
  'accepted',
  'hiding',
  /** Hidden everywhere; nothing is erased until the period in which the person may take it back is over. */
  'undo-window',
  /** Hidden everywhere; a legal hold keeps it from being erased. */
  'on-hold',
  'shredding',
  'carrying-out',
  'waiting-for-holder',
  'waiting-for-operator',
] as const;
export const finalStates = ['done', 'refused', 'lapsed', 'withdrawn'] as const;
export const requestStates = [...pendingStates, ...carriedStates, ...finalStates] as const;
export type RequestState = (typeof requestStates)[number];

/** Everything that a person is told about a request; each has a text in Japanese and English. */
export const noticeKinds = [
  'accepted',
  'completed',
  'answered',
  'nothing-held',
  'refused',
  'refused-in-part',
  'incomplete',
  'fee',
  'lapsed',
  'withdrawn',
  'held',
  /** What a floor had kept of an erased person is gone too. */
  'rest-erased',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** `vouched`: the client that sent the request answers for who asks. */
export type IdentityMethod = 'vouched' | 'code' | 'session' | 'operator' | 'agent';

/** Why a request ended without being carried out by itself. */
export type ClosedBecause = 'nothing-held' | 'same' | 'deletion-under-way';

export type RequestHappening =
  | {
      readonly type: 'received';
      readonly identity: 'vouched' | 'required';
      /** The caller's own reference for the case. */
      readonly note?: string;
      /** Somebody wants to look at it first, although its type does not ask for that. */
      readonly review?: true;
      /** Of a question. */
      readonly about?: 'question' | 'complaint';
    }
  | { readonly type: 'identity-asked' }
  | { readonly type: 'identity-confirmed'; readonly method: IdentityMethod; readonly evidence?: string }
  | { readonly type: 'identity-failed'; readonly reason: string; readonly missing: readonly string[] }
  | { readonly type: 'review-asked' }
  /** `parts`: what of it; none: all of it. */
  | {
      readonly type: 'refused';
      readonly ground: string;
      readonly reason: Labels;
      readonly parts: readonly string[];
    }
  | { readonly type: 'fee-asked'; readonly yen: number; readonly until: Date }
  | { readonly type: 'fee-paid'; readonly yen: number; readonly reference: string }
  | { readonly type: 'lapsed' }
  | { readonly type: 'withdrawn' }
  | { readonly type: 'accepted' }
  /** The execution took it there. */
  | { readonly type: 'moved'; readonly to: RequestState }
  | { readonly type: 'answered'; readonly evidence?: string; readonly digest?: string }
  | { readonly type: 'closed'; readonly because: ClosedBecause; readonly other?: string }
  /** So many days before it is due (R7), each once. */
  | { readonly type: 'warned'; readonly days: number }
  /** It is overdue. */
  | { readonly type: 'escalated' }
  /** The last of what floors had kept is proven gone. */
  | { readonly type: 'rest-erased' }
  | { readonly type: 'notice-due'; readonly notice: NoticeKind }
  /** `notice`: number of the event that made it due. */
  | { readonly type: 'notice-sent'; readonly notice: number; readonly reference?: string };

export type RequestEvent = RequestHappening & {
  /** Counts from 1. */
  readonly n: number;
  readonly at: Date;
  /** The client, or the service that found it. */
  readonly by: string;
};
