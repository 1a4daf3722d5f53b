import { ProblemError, type Client } from '@keiro/runtime';
import { duties, isPurpose, type Life, type ReleaseResponse } from '@keiro/schemas';
import type { KeyAudit } from './key-audit.ts';

/** Who asked, as the audit names it. A purpose that nobody knows is free text, which is not kept. */
export function askingOf(client: Client, holder: string, purpose: string) {
  const known =
    isPurpose(purpose) || client.purposes.includes(purpose) || duties.some((duty) => duty === purpose);
  return { client: client.name, holder, purpose: known ? purpose : 'unknown' };
}

/** Runs a check of the whole call; the audit keeps it when the caller is turned away. */
export function checked(
  audit: KeyAudit,
  asking: ReturnType<typeof askingOf>,
  lives: readonly Life[],
  check: () => void,
): void {
  try {
    check();
  } catch (error) {
    if (error instanceof ProblemError) audit.turnedAway(asking, error.code, lives.length);
    throw error;
  }
}

/** What became of each life, in the order asked. */
export function outcomesOf(
  lives: readonly Life[],
  { results }: ReleaseResponse,
): { life: Life; outcome: string }[] {
  return results.flatMap((result, position) => {
    const life = lives[position];
    return life === undefined
      ? []
      : [{ life, outcome: result.state === 'released' ? 'released' : result.reason }];
  });
}
