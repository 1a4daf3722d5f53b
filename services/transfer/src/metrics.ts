import type { Metrics } from '@keiro/runtime';

export type TransferMetrics = ReturnType<typeof createTransferMetrics>;

/** What is counted of custody reports. A batch that is repeated is counted once, when it has passed. */
export function createTransferMetrics(metrics: Metrics) {
  return {
    facts: metrics.counter('keiro_transfer_facts_total', 'Custody facts that were new, by topic', ['topic']),
    duplicates: metrics.counter('keiro_transfer_duplicates_total', 'Custody facts that were there already', [
      'topic',
    ]),
    quarantined: metrics.counter('keiro_transfer_quarantined_total', 'Messages set aside, by reason', [
      'reason',
    ]),
    forged: metrics.counter(
      'keiro_transfer_forged_total',
      'Custody reports that do not come from the holder that they name, by that holder and reason',
      ['holder', 'reason'],
    ),
    watermark: metrics.gauge(
      'keiro_dr_watermark_seconds',
      'Newest watermark that was received, in seconds since 1970: the time since then is the lag of the copy (T3)',
      ['site', 'store'],
    ),
  };
}
