import type { Metrics } from '@keiro/runtime';
import type { DueDay } from './due-store.ts';

/** How far the sweep is behind. */
export interface RetentionMetrics {
  readonly looked: { inc(n: number): void };
  readonly planned: { inc(n: number): void };
  measure(days: readonly DueDay[], today: string): void;
}

const dayMs = 86_400_000;

export function createRetentionMetrics(metrics: Metrics): RetentionMetrics {
  const due = metrics.gauge('keiro_retention_due_records', 'Records that are due and were not looked at yet');
  const lag = metrics.gauge(
    'keiro_retention_lag_days',
    'Days since the oldest day of which something is due',
  );
  return {
    looked: metrics.counter('keiro_retention_looked_total', 'Due records that were looked at'),
    planned: metrics.counter('keiro_retention_planned_total', 'Records that were made requests of'),
    measure(days, today) {
      due.set(days.reduce((sum, { records, refs }) => sum + records + refs, 0));
      lag.set(lagOf(days, today));
    },
  };
}

/** Pure. */
export function lagOf(days: readonly Pick<DueDay, 'day'>[], today: string): number {
  const oldest = days.map(({ day }) => day).sort()[0];
  return oldest === undefined ? 0 : Math.max(0, (Date.parse(today) - Date.parse(oldest)) / dayMs);
}
