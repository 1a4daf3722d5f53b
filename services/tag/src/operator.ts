import { ProblemError, type Message } from '@keiro/runtime';
import {
  quarantineAddress,
  quarantineReasonLabels,
  type AuditEntry,
  type DiscardReason,
  type QuarantineDocument,
  type QuarantineReason,
  type ReleaseOutcome,
  type Settlement,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { Handled } from './handle.ts';
import { outcomeOf } from './outcome.ts';
import type { QuarantineStore } from './quarantine-store.ts';
import type { TagStore } from './store.ts';
import { unseal } from './unseal.ts';

export interface OperatorDeps {
  /** What handles a fresh message, but sends to quarantine nothing. */
  readonly handle: (messages: readonly Message[]) => Promise<Handled>;
  readonly recorded: TagStore['recorded'];
  readonly entries: QuarantineStore;
  readonly keys: Pick<KeysClient, 'quarantineKey'>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}

interface Released {
  readonly outcome: ReleaseOutcome;
  readonly entry: QuarantineDocument;
}

/** What an operator decides about entries in quarantine. Each decision may be sent again, and is audited once. */
export interface Operator {
  /** Tags it as a fresh message, under today's rules and standing: it ends as a record, or stays with a reason. */
  release(id: string, by: string): Promise<Released>;
  /** The same for several, one after the other, in the order of their ids. */
  releaseAll(
    filter: { readonly reason: QuarantineReason; readonly after: string; readonly limit: number },
    by: string,
  ): Promise<{
    outcomes: Record<ReleaseOutcome, number>;
    refused: { id: string; title: string }[];
    /** Of the last one that was tried, when there may be more. */
    last?: string;
  }>;
  /** Destroys its sealed content and keeps the entry, with the reason. */
  discard(
    id: string,
    why: { readonly reason: DiscardReason; readonly note?: string | undefined },
    by: string,
  ): Promise<QuarantineDocument>;
}

export function createOperator(deps: OperatorDeps): Operator {
  const { entries, now } = deps;

  async function existing(id: string): Promise<QuarantineDocument> {
    const entry = await entries.find(id);
    if (entry === null)
      throw new ProblemError(404, 'unknown-entry', 'there is no entry with this id in quarantine');
    // A decision before this one may have been cut off between the entry and the audit.
    if ((entry.audit?.length ?? 0) > 0) await entries.bringHome(id);
    return entry;
  }

  async function release(id: string, by: string): Promise<Released> {
    const before = await existing(id);
    if (before.settled !== undefined) return alreadySettled(before);
    if (before.by !== 'tag') throw notForTag(before);
    const attempt = deps.random(9).toString('base64url');
    const entry = await entries.begin(id, attempt);
    if (entry === null || entry.settled !== undefined) return alreadySettled(await existing(id));

    const message = await unsealed(entry, attempt);
    const handled = await deps.handle([message]);
    const outcome = outcomeOf(handled, await deps.recorded(handled.repeated), message);
    const at = now();
    if ('held' in outcome) {
      const detail = { before: entry.reason, now: outcome.held.reason };
      const audit = auditOf(entry, `kept/${attempt}`, 'quarantine.kept', { at, by, detail });
      await entries.keep(id, attempt, outcome.held, audit);
    } else {
      const { became, record } = outcome;
      const audit = auditOf(entry, 'released', 'quarantine.released', {
        at,
        by,
        about: [record],
        detail: { reason: entry.reason, became },
      });
      await entries.release(id, { state: 'released', became, record, at, by }, audit);
    }
    // Whoever was first has settled it: the entry says how it stands.
    const after = await existing(id);
    return after.settled === undefined ? { outcome: 'held', entry: after } : alreadySettled(after);
  }

  async function unsealed(entry: QuarantineDocument, attempt: string): Promise<Message> {
    try {
      return unseal(entry, await deps.keys.quarantineKey(entry.day));
    } catch (error) {
      await entries.abandon(entry._id, attempt);
      throw error;
    }
  }

  return {
    release,

    async releaseAll({ reason, after, limit }, by) {
      const ids = await entries.heldFor(reason, after, limit);
      const outcomes = { record: 0, repetition: 0, held: 0 };
      const refused: { id: string; title: string }[] = [];
      for (const id of ids) {
        try {
          outcomes[(await release(id, by)).outcome] += 1;
        } catch (error) {
          if (!(error instanceof ProblemError) || error.retryable) throw error;
          refused.push({ id: quarantineAddress(id), title: error.message });
        }
      }
      const last = ids.length === limit ? ids.at(-1) : undefined;
      return { outcomes, refused, ...(last === undefined ? {} : { last }) };
    },

    async discard(id, { reason, note }, by) {
      const before = await existing(id);
      const at = now();
      const why = { reason, ...(note === undefined ? {} : { note }) };
      const settled: Settlement = { state: 'discarded', ...why, at, by };
      const detail = { ...why, was: before.reason };
      await entries.discard(
        id,
        settled,
        auditOf(before, 'discarded', 'quarantine.discarded', { at, by, detail }),
      );
      const after = await existing(id);
      if (after.settled?.state === 'discarded') return after;
      throw after.settled === undefined
        ? new ProblemError(
            409,
            'release-begun',
            'a release of this entry has begun and was not seen to end: release it again, then discard what stays',
          )
        : new ProblemError(
            409,
            after.settled.state,
            `it was ${after.settled.state}: there is nothing left to discard`,
          );
    },
  };
}

function alreadySettled(entry: QuarantineDocument): Released {
  if (entry.settled?.state === 'released') return { outcome: entry.settled.became, entry };
  const how = entry.settled?.state ?? 'discarded';
  throw new ProblemError(409, how, `it was ${how}, and its content destroyed: it cannot be released`);
}

function notForTag(entry: QuarantineDocument): ProblemError {
  const { next } = quarantineReasonLabels[entry.reason];
  return new ProblemError(
    409,
    'not-for-tag',
    `${entry.by} set this aside, so tag cannot release it. ${next.en}`,
  );
}

function auditOf(
  entry: QuarantineDocument,
  name: string,
  action: string,
  rest: Pick<AuditEntry, 'at' | 'by' | 'detail' | 'about'>,
): AuditEntry {
  return { _id: `${entry._id}/${name}`, action, ...rest, about: [entry._id, ...(rest.about ?? [])] };
}
