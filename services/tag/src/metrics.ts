import type { Metrics } from '@keiro/runtime';

/** What the tagging consumer counts. A batch that is repeated is counted once, when it has passed. */
export function createTagMetrics(metrics: Metrics) {
  return {
    records: metrics.counter('keiro_tag_records_total', 'Records that were new, by topic', ['topic']),
    facts: metrics.counter('keiro_tag_facts_total', 'Facts that were new, by kind', ['kind']),
    repetitions: metrics.counter(
      'keiro_tag_repetitions_total',
      'Records that came again: redelivery or retry',
      ['kind'],
    ),
    replays: metrics.counter('keiro_tag_replays_total', 'Known events of an erased generation, read again', [
      'topic',
    ]),
    quarantined: metrics.counter('keiro_tag_quarantined_total', 'Messages set aside, by reason', ['reason']),
    batchSeconds: metrics.histogram(
      'keiro_tag_batch_seconds',
      'From the first byte decoded to the last message published',
      [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ),
    kept: metrics.counter(
      'keiro_quarantine_kept_total',
      'Messages of the topic quarantine that were new',
      [],
    ),
    expired: metrics.counter(
      'keiro_quarantine_expired_total',
      'Entries in quarantine whose time was over before anybody decided',
    ),
    held: metrics.gauge(
      'keiro_quarantine_held',
      'Entries in quarantine that nobody has settled, by age: at most 1d, 7d, 30d, 90d, or older; counted every hour',
      ['age'],
    ),
  };
}
export type TagMetrics = ReturnType<typeof createTagMetrics>;
