import type { IdentityFailure, CheckMethod, IdentityMissing } from '@keiro/schemas';
import { codeDigest, sameDigest } from './code.ts';
import { limits, minuteMs } from './limits.ts';

/**
 * The check of who sent a request (R9, APPI 37), as a pure decider: what is known of the check, a command and the moment in;
 * events and an outcome out. It knows no person, so that it can't behave otherwise for one who does not exist.
 */
export interface Check {
  readonly request: string;
  readonly openedAt: Date;
  /** From then on nothing confirms any more. */
  readonly until: Date;
  readonly codesMade: number;
  readonly lastCodeAt?: Date;
  /** The code that is taken now; a new one takes its place. */
  readonly code?: LiveCode;
  readonly tries: number;
  readonly end?: CheckEnd;
}

export interface LiveCode {
  readonly id: string;
  /** See `codeDigest`. */
  readonly digest: string;
  readonly until: Date;
  readonly tries: number;
}

export type CheckEnd =
  | {
      readonly state: 'confirmed';
      readonly at: Date;
      readonly by: string;
      readonly method: CheckMethod;
      /** The operator's reference of the case. */
      readonly evidence?: string;
    }
  | {
      readonly state: 'failed';
      readonly at: Date;
      readonly by: string;
      readonly reason: IdentityFailure;
      readonly missing: readonly IdentityMissing[];
      readonly method?: CheckMethod;
    };

/** `by`: the client in whose name it comes, or the service. */
export type CheckCommand = { readonly by: string } & (
  | { readonly do: 'send-code'; readonly id: string; readonly digest: string }
  | {
      readonly do: 'answer-code';
      readonly code: string;
      readonly key: Buffer;
      /** False where the code was sent to nobody, or its contact was tried too often by whatever request: no answer is right. */
      readonly contactOpen: boolean;
    }
  | { readonly do: 'present-session'; readonly verdict: 'matching' | 'not-matching' | 'invalid' }
  | { readonly do: 'confirm'; readonly method: 'operator' | 'agent'; readonly evidence: string }
  | {
      readonly do: 'fail';
      readonly method: 'operator' | 'agent';
      readonly reason: 'not-matching' | 'incomplete';
      readonly missing: readonly IdentityMissing[];
    }
  /** Nothing is asked: has its time run out? */
  | { readonly do: 'look' }
);

export type CheckEvent =
  | { readonly type: 'code-made'; readonly at: Date; readonly id: string; readonly digest: string }
  | { readonly type: 'tried'; readonly at: Date; readonly method: 'code' | 'session' }
  | { readonly type: 'ended'; readonly end: CheckEnd };

export type CheckOutcome =
  | 'code-made'
  | 'confirmed'
  | 'not-matching'
  | 'no-code'
  | 'invalid-token'
  | 'failed'
  | 'over'
  | 'too-soon'
  | 'no-codes-left'
  | 'nothing';

export interface CheckDecision {
  readonly outcome: CheckOutcome;
  readonly events: readonly CheckEvent[];
}

export function newCheck(request: string, openedAt: Date, until: Date): Check {
  return { request, openedAt, until, codesMade: 0, tries: 0 };
}

/** Decides one command. Every moment that is an end is the first at which it is over. Pure. */
export function decideCheck(check: Check, command: CheckCommand, now: Date): CheckDecision {
  if (check.end?.state === 'confirmed') return { outcome: 'over', events: [] };
  // What an operator has seen counts after a failure too: a request that was left incomplete can still be completed.
  if (command.do === 'confirm') {
    const { by, method, evidence } = command;
    return confirmed({ at: now, by, method, evidence });
  }
  if (command.do === 'fail') {
    const { by, method, reason, missing } = command;
    return failed({ at: now, by, method, reason, missing });
  }
  if (check.end !== undefined) return { outcome: 'over', events: [] };
  if (now >= check.until) {
    return failed({ at: now, by: 'request', reason: 'expired', missing: ['confirmation'] });
  }
  switch (command.do) {
    case 'look':
      return { outcome: 'nothing', events: [] };
    case 'send-code':
      return decideSend(check, command, now);
    case 'answer-code': {
      const { code } = check;
      if (!isTaken(code, now)) return { outcome: 'no-code', events: [] };
      const digest = codeDigest(command.key, check.request, code.id, command.code);
      // Compared in any case, so that a contact that is closed takes no other time.
      const matches = sameDigest(digest, code.digest) && command.contactOpen;
      return decideTry(check, { method: 'code', matches, miss: 'not-matching', by: command.by }, now);
    }
    case 'present-session': {
      const { verdict, by } = command;
      const miss = verdict === 'invalid' ? 'invalid-token' : 'not-matching';
      return decideTry(check, { method: 'session', matches: verdict === 'matching', miss, by }, now);
    }
  }
}

/** Whether a code is taken at a moment; one that was replaced, or tried too often, is there no more. */
export function isTaken(code: LiveCode | undefined, now: Date): code is LiveCode {
  return code !== undefined && now < code.until;
}

/** When the next code can be made, where that is later than now. */
export function nextCodeAt({ lastCodeAt }: Check, now: Date): Date | undefined {
  if (lastCodeAt === undefined) return undefined;
  const at = new Date(lastCodeAt.getTime() + limits.secondsBetweenCodes * 1000);
  return at > now ? at : undefined;
}

function decideSend(
  check: Check,
  { id, digest }: { readonly id: string; readonly digest: string },
  now: Date,
): CheckDecision {
  if (check.codesMade >= limits.codesPerRequest) return { outcome: 'no-codes-left', events: [] };
  if (nextCodeAt(check, now) !== undefined) return { outcome: 'too-soon', events: [] };
  return { outcome: 'code-made', events: [{ type: 'code-made', at: now, id, digest }] };
}

/** A try counts whatever comes of it, before anybody hears what that was. */
function decideTry(
  check: Check,
  attempt: {
    readonly method: 'code' | 'session';
    readonly matches: boolean;
    readonly miss: 'not-matching' | 'invalid-token';
    readonly by: string;
  },
  now: Date,
): CheckDecision {
  const { method, by } = attempt;
  const tried: CheckEvent = { type: 'tried', at: now, method };
  const last = check.tries + 1 >= limits.triesPerRequest;
  const next: CheckDecision = attempt.matches
    ? confirmed({ at: now, by, method })
    : last
      ? failed({ at: now, by, method, reason: 'too-many-tries', missing: ['confirmation'] })
      : { outcome: attempt.miss, events: [] };
  return { outcome: next.outcome, events: [tried, ...next.events] };
}

const confirmed = (end: Omit<CheckEnd & { state: 'confirmed' }, 'state'>): CheckDecision => ({
  outcome: 'confirmed',
  events: [{ type: 'ended', end: { state: 'confirmed', ...end } }],
});

const failed = (end: Omit<CheckEnd & { state: 'failed' }, 'state'>): CheckDecision => ({
  outcome: 'failed',
  events: [{ type: 'ended', end: { state: 'failed', ...end } }],
});

/** What a check is after an event. Of a code that is over nothing stays, not even its digest. Pure. */
export function evolveCheck(check: Check, event: CheckEvent): Check {
  const { code, ...rest } = check;
  switch (event.type) {
    case 'code-made': {
      const { at, id, digest } = event;
      const until = new Date(at.getTime() + limits.codeMinutes * minuteMs);
      return {
        ...rest,
        codesMade: check.codesMade + 1,
        lastCodeAt: at,
        code: { id, digest, until, tries: 0 },
      };
    }
    case 'tried': {
      const counted = { ...rest, tries: check.tries + 1 };
      if (event.method === 'session' || code === undefined)
        return { ...counted, ...(code === undefined ? {} : { code }) };
      const tries = code.tries + 1;
      return tries >= limits.triesPerCode ? counted : { ...counted, code: { ...code, tries } };
    }
    case 'ended':
      return { ...rest, end: event.end };
  }
}
