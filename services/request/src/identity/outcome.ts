import { ProblemError } from '@keiro/runtime';
import type { AuditEntry, IdentityAnswer, CheckMethod, IdentityView } from '@keiro/schemas';
import { nextCodeAt, type Check, type CheckOutcome } from './check.ts';
import { limits } from './limits.ts';

/** What was decided, in the words of the interface and of the audit. Pure. */

/** The entry of one decision: how it went, what is left, and what an operator says of it; no personal value. */
export function entryOf(
  check: Check,
  decided: {
    readonly outcome: CheckOutcome;
    readonly asked: { readonly method: CheckMethod; readonly detail?: AuditEntry['detail'] };
    readonly by: string;
    readonly version: number;
    readonly at: Date;
  },
): AuditEntry {
  const { outcome, asked, by, version, at } = decided;
  const { end } = check;
  return {
    _id: `${check.request}/identity/${String(version)}`,
    at,
    by,
    action: `identity.${outcome}`,
    request: check.request,
    detail: {
      ...(end?.state === 'failed' && end.reason === 'expired' ? {} : { method: asked.method }),
      ...(end?.state === 'failed' ? { reason: end.reason, missing: end.missing } : {}),
      tries: check.tries,
      codes: check.codesMade,
      ...asked.detail,
    },
  };
}

/** Why nothing was done; undefined where something was. */
export function problemOf(outcome: CheckOutcome, check: Check, now: Date): ProblemError | undefined {
  switch (outcome) {
    case 'over':
      return new ProblemError(409, 'check-over', 'this check of identity has ended');
    case 'no-codes-left':
      return new ProblemError(
        409,
        'no-codes-left',
        `${String(limits.codesPerRequest)} codes were made for this request: no more are; another method can confirm it`,
      );
    case 'too-soon': {
      const at = nextCodeAt(check, now) ?? now;
      return new ProblemError(
        409,
        'too-soon',
        `a code was made a moment ago; the next one from ${at.toISOString()}`,
      );
    }
    default:
      return undefined;
  }
}

export function answerOf(outcome: CheckOutcome, view: IdentityView): IdentityAnswer {
  switch (outcome) {
    case 'over':
    case 'too-soon':
    case 'no-codes-left':
    case 'nothing':
      throw new RangeError(`${outcome} is no answer`);
    default:
      return { outcome, ...view };
  }
}
