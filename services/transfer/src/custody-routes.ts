import { ProblemError, route, type Client, type FieldIssue, type Route } from '@keiro/runtime';
import {
  reportCopiesSchema,
  reportedAnswerSchema,
  reportSnapshotsSchema,
  type HolderDocument,
} from '@keiro/schemas';
import type { Holders } from './holders.ts';
import type { Keep } from './keep.ts';
import type { TransferMetrics } from './metrics.ts';
import { copyOf, mismatchOf, snapshotOf } from './receive.ts';

/** Bytes of a body: as many reports as one call may have, each with the longest locator. */
export const reportsBodyLimit = 4_194_304;

/**
 * Custody reports of holders without Kafka (T0, T3). They are kept as those of the topics are, under the same ids, before
 * the answer: sent again, or the other way as well, they are one.
 */
export function custodyRoutes(deps: {
  readonly holders: Pick<Holders, 'among'>;
  readonly keep: Keep;
  readonly metrics: Pick<TransferMetrics, 'forged'>;
  readonly now: () => Date;
}): Route[] {
  const { holders, keep, metrics, now } = deps;

  async function registeredFor(
    client: Client,
    reports: readonly Named[],
  ): Promise<ReadonlyMap<string, HolderDocument>> {
    const named = reports.flatMap(({ holder, store }) => [holder, ...(store === undefined ? [] : [store])]);
    const registered = await holders.among(named);
    const foreign = notOf(client.holder, reports);
    for (const { holder } of foreign) {
      // A stranger's names make no series of their own.
      metrics.forged.inc({ holder: registered.has(holder) ? holder : 'unknown', reason: 'not-its-holder' });
    }
    if (foreign.length > 0) {
      throw new ProblemError(
        403,
        'not-its-holder',
        'the token is bound to another holder',
        foreign.map(({ issue }) => issue),
      );
    }
    const unknown = unregistered(registered, reports);
    if (unknown.length > 0) throw invalid(unknown);
    return registered;
  }

  return [
    route({
      method: 'POST',
      path: '/v1/custody/copies',
      summary:
        'Copies that the holder of the token reports to hold or to have removed (T0); all are taken, or none',
      right: 'custody:report',
      body: reportCopiesSchema,
      answer: reportedAnswerSchema,
      async handle({ body: { reports }, client }) {
        const registered = await registeredFor(client, reports);
        const mismatches = reports.flatMap((report, position) => {
          const found = mismatchOf(report);
          return found === undefined ? [] : [issueAt(position, found.field, 'mismatch', found.message)];
        });
        if (mismatches.length > 0) throw invalid(mismatches);
        const at = now();
        const copies = reports.map((report) => copyOf(report, at));
        const taken = await keep({ copies, snapshots: [] }, registered, at);
        return { taken, known: reports.length - taken };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/custody/snapshots',
      summary: 'Snapshots that the recovery site of the token reports (T3); all are taken, or none',
      right: 'custody:report',
      body: reportSnapshotsSchema,
      answer: reportedAnswerSchema,
      async handle({ body: { reports }, client }) {
        const registered = await registeredFor(client, reports);
        const at = now();
        const snapshots = reports.map((report) => snapshotOf(report, at));
        const taken = await keep({ copies: [], snapshots }, registered, at);
        return { taken, known: reports.length - taken };
      },
    }),
  ];
}

interface Named {
  readonly holder: string;
  readonly store?: string;
}

/** Reports that name another holder than the token's. Pure. */
function notOf(
  holder: string | undefined,
  reports: readonly Named[],
): { readonly holder: string; readonly issue: FieldIssue }[] {
  return reports.flatMap((report, position) =>
    report.holder === holder
      ? []
      : [
          {
            holder: report.holder,
            issue: issueAt(position, 'holder', 'forbidden', 'is not the holder of this token'),
          },
        ],
  );
}

function unregistered(registered: ReadonlyMap<string, unknown>, reports: readonly Named[]): FieldIssue[] {
  return reports.flatMap(({ holder, store }, position) => [
    ...(registered.has(holder) ? [] : [issueAt(position, 'holder', 'unknown-holder', 'is not registered')]),
    ...(store === undefined || registered.has(store)
      ? []
      : [issueAt(position, 'store', 'unknown-holder', 'is not registered')]),
  ]);
}

const issueAt = (position: number, field: string, code: string, message: string): FieldIssue => ({
  field: `reports.${String(position)}.${field}`,
  code,
  message,
});

const invalid = (issues: readonly FieldIssue[]) =>
  new ProblemError(400, 'invalid-body', 'the body is not as it should be', issues);
