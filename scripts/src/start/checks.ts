import { align, type Paint } from '@keiro/cli/output';

/** One thing that the demo promises and looked at. */
export interface Check {
  readonly ja: string;
  readonly en: string;
  readonly ok: boolean;
  /** The figures that were seen. */
  readonly seen: string;
}

/** The summary: every check with what was seen. Pure. */
export function renderChecks(checks: readonly Check[], paint: Paint): string {
  const rows = checks.map(({ ok, ja, en, seen }) => [
    paint(ok ? 'green' : 'red', ok ? '✔' : '✘'),
    ja,
    en,
    seen,
  ]);
  return align(rows).join('\n');
}
