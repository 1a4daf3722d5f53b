import { ProblemError } from '@keiro/runtime';
import type { ConnectorConfig, DeclareRestore, RestoreDocument, SnapshotDocument } from '@keiro/schemas';
import type { RestoreStore } from './store.ts';

export interface DeclareDependencies {
  readonly store: RestoreStore;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** There is work. */
  readonly onWork: () => void;
}

/**
 * Declares a restore: the gate of its holder closes, and what has to be replayed is counted. The same restore,
 * declared again before its replay has begun, is counted again. A later one supersedes it: what was replayed before
 * says nothing about the rows that came since.
 */
export async function declare(
  body: DeclareRestore,
  by: string,
  deps: DeclareDependencies,
): Promise<RestoreDocument> {
  const { store } = deps;
  const now = deps.now();
  const from = body.snapshot === undefined ? undefined : await snapshotOf(body.snapshot, body.holder, store);
  const id = body.holder ?? from?.store ?? '';
  const watermark = body.watermark === undefined ? from?.watermark : new Date(body.watermark);
  const holder = await store.holder(id);
  if (holder === null) throw refused(404, 'unknown-holder', 'holder', 'is not registered');
  if (watermark === undefined || watermark > now)
    throw refused(400, 'invalid-watermark', 'watermark', 'is in the future');
  if (!canBeScanned(holder.connector)) {
    const message = `is of a kind that cannot list its rows (${holder.connector.kind}): nothing could be proven`;
    throw refused(422, 'cannot-scan', 'holder', message);
  }

  const closing = await store.closing(id);
  const same = closing[0];
  if (same !== undefined && isSame(same, from, watermark)) {
    const step = { step: 'declared', at: now, by, evidence: {} };
    if (same.state === 'checked')
      await store.move(same, { set: { state: 'closed' }, unset: ['check'], step });
    deps.onWork();
    return (await store.restore(same._id)) ?? same;
  }
  const restore: RestoreDocument = {
    _id: `rst-${deps.random(12).toString('hex')}`,
    holder: id,
    ...(from === undefined ? {} : { site: from.holder, snapshot: from.snapshot }),
    watermark,
    state: 'closed',
    declaredAt: now,
    by,
    steps: [
      {
        step: 'declared',
        at: now,
        by,
        evidence: {
          watermark: watermark.toISOString(),
          ...(from === undefined ? {} : { site: from.holder, snapshot: from.snapshot }),
        },
      },
    ],
  };
  await store.insert(restore);
  await supersede(restore, by, deps);
  deps.onWork();
  return restore;
}

/** Ends those that were declared before this one: of two at the same time one stays. */
async function supersede(
  newest: RestoreDocument,
  by: string,
  { store, now }: DeclareDependencies,
): Promise<void> {
  const isOlder = ({ declaredAt, _id }: RestoreDocument) =>
    declaredAt < newest.declaredAt || (declaredAt <= newest.declaredAt && _id < newest._id);
  for (;;) {
    const [older] = (await store.closing(newest.holder)).filter(isOlder);
    if (older === undefined) return;
    const step = { step: 'superseded', at: now(), by, evidence: { by: newest._id } };
    // Moved by somebody meanwhile: it is read again.
    await store.move(older, { set: { state: 'superseded' }, unset: ['pass'], step });
  }
}

async function snapshotOf(
  id: string,
  holder: string | undefined,
  store: RestoreStore,
): Promise<SnapshotDocument> {
  const all = await store.snapshots(id);
  if (all.length === 0) throw refused(404, 'unknown-snapshot', 'snapshot', 'was reported by no site');
  const fitting = holder === undefined ? all : all.filter((one) => [one.store, one.holder].includes(holder));
  const [first] = fitting.toSorted((a, b) => a.watermark.getTime() - b.watermark.getTime());
  if (first === undefined) {
    throw refused(409, 'another-holder', 'holder', `has no such snapshot: it is of ${namesOf(all)}`);
  }
  if (holder === undefined && new Set(all.map((one) => one.store)).size > 1) {
    throw refused(
      409,
      'several-snapshots',
      'holder',
      `is wanted: this id was given to snapshots of ${namesOf(all)}`,
    );
  }
  return first;
}

const namesOf = (snapshots: readonly SnapshotDocument[]) =>
  [...new Set(snapshots.map(({ store }) => store))].sort().join(', ');

const isSame = (
  { state, snapshot, watermark }: RestoreDocument,
  from: SnapshotDocument | undefined,
  wanted: Date,
) =>
  (state === 'closed' || state === 'checked') &&
  snapshot === from?.snapshot &&
  watermark.getTime() === wanted.getTime();

function canBeScanned(config: ConnectorConfig): boolean {
  return config.kind === 'composite'
    ? config.parts.every(({ connector }) => canBeScanned(connector))
    : config.kind !== 'http';
}

const refused = (status: number, code: string, field: string, message: string) =>
  new ProblemError(status, code, `${field} ${message}`, [{ field, code, message }]);
