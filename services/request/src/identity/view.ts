import { identityMethods, type CheckMethod, type IdentityView } from '@keiro/schemas';
import { isTaken, nextCodeAt, type Check } from './check.ts';
import { limits } from './limits.ts';

/**
 * A check as the interface shows it. It is made of the check alone, so that it is the same for somebody who does not
 * exist. Pure.
 */
export function viewOfCheck(
  check: Check,
  known: { readonly waits: boolean; readonly configured: ReadonlySet<CheckMethod> },
  now: Date,
): IdentityView {
  const { end } = check;
  const codesLeft = Math.max(0, limits.codesPerRequest - check.codesMade);
  const isOver = !known.waits || end?.state === 'confirmed';
  /** An operator can still confirm what has failed: see `decideCheck`. */
  const isSelfOver = isOver || end !== undefined || now >= check.until;
  const whyNot = (method: CheckMethod): NonNullable<IdentityView['methods'][number]['why']> | undefined => {
    if (!known.configured.has(method)) return 'not-configured';
    if (method === 'code' || method === 'session') {
      if (isSelfOver) return 'check-over';
      return method === 'code' && codesLeft === 0 && !isTaken(check.code, now) ? 'no-codes-left' : undefined;
    }
    return isOver ? 'check-over' : undefined;
  };
  const next = isSelfOver || codesLeft === 0 ? undefined : nextCodeAt(check, now);
  return {
    request: check.request,
    state: end?.state ?? 'open',
    ...(end?.method === undefined ? {} : { method: end.method }),
    ...(end?.state === 'failed' ? { reason: end.reason } : {}),
    missing: end?.state === 'failed' ? [...end.missing] : [],
    until: check.until.toISOString(),
    methods: identityMethods.map((method) => {
      const why = whyNot(method);
      return { method, open: why === undefined, ...(why === undefined ? {} : { why }) };
    }),
    triesLeft: Math.max(0, limits.triesPerRequest - check.tries),
    codesLeft,
    ...(next === undefined ? {} : { nextCodeAt: next.toISOString() }),
    ...(isTaken(check.code, now) && !isSelfOver ? { codeUntil: check.code.until.toISOString() } : {}),
  };
}
