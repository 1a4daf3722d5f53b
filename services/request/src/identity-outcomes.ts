import type { Acts } from './acts.ts';

/**
 * What a check of who is asking tells the life-cycle of a request (R9, APPI 37): however it was made (a code, a
 * session, an operator's look at a document, an agent's power of attorney), it ends in one of these two. Both can be
 * told again: what is known already changes nothing. Errors are problems: 404 `unknown-request`, 409 where the request is
 * at an end.
 */
export interface IdentityOutcomes {
  /** The person asked. `evidence`: the checker's own reference, no personal value. */
  confirmed(request: string, confirmation: IdentityConfirmation): Promise<void>;
  /**
   * It can't be confirmed: that refuses a disclosure on the policy's ground (4) and leaves any other request incomplete,
   * with what is `missing` (names of what would complete it), until it is confirmed after all.
   */
  failed(request: string, failure: IdentityFailure): Promise<void>;
}

export interface IdentityConfirmation {
  readonly method: 'code' | 'session' | 'operator' | 'agent';
  readonly by: string;
  readonly at: Date;
  readonly evidence?: string;
}

export interface IdentityFailure {
  readonly reason: 'too-many-tries' | 'expired' | 'not-matching' | 'incomplete';
  readonly missing: readonly string[];
  readonly by: string;
  readonly at: Date;
}

/** Both are decided like every other command; `at` is the checker's own moment and goes no further than its evidence. */
export function createIdentityOutcomes(acts: Acts): IdentityOutcomes {
  return {
    async confirmed(request, { method, by, evidence }) {
      const command = { type: 'confirm-identity' as const, method };
      await acts.act(request, evidence === undefined ? command : { ...command, evidence }, by);
    },
    async failed(request, { reason, missing, by }) {
      await acts.act(request, { type: 'fail-identity', reason, missing }, by);
    },
  };
}
