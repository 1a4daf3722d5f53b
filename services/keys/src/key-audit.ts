import { KeiroError, insertNew, type Log } from '@keiro/runtime';
import type { Collection, Db } from 'mongodb';
import type { Life, ReleaseCount, ReleaseEntry } from '@keiro/schemas';

/**
 * `keyAudit`: insert-only. Releases are counted by minute, holder and purpose; what was refused, what a duty opened and
 * who was turned away stand by themselves; so do decisions about keys.
 */
export type KeyAuditDocument = { readonly _id: string; readonly at: Date } & (
  | { readonly kind: 'count'; readonly lines: readonly ReleaseCount[] }
  | ({ readonly kind: ReleaseEntry['kind'] } & Omit<ReleaseEntry, 'at' | 'kind'>)
  | {
      readonly kind: 'decision';
      readonly by: string;
      readonly action: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }
);

type Asking = Pick<ReleaseEntry, 'client' | 'holder' | 'purpose'>;
type Outcomes = readonly { readonly life: Life; readonly outcome: string }[];

export interface KeyAudit {
  /** Throws retryably when what could not be stored has filled its place: nothing is released unaudited. */
  assertRoom(): void;
  /** Counts what was released, and keeps each refusal. */
  released(asking: Asking, outcomes: Outcomes): void;
  /** Counts it too, and keeps each life, opened or not. */
  openedForDuty(asking: Asking & { reference: string }, outcomes: Outcomes): void;
  /** A call that was not allowed at all: its code and how many lives it asked for. */
  turnedAway(asking: Asking, code: string, lives: number): void;
  /** Stored when it resolves. */
  decided(entry: {
    at: Date;
    by: string;
    action: string;
    detail: Readonly<Record<string, unknown>>;
  }): Promise<void>;
  flush(): Promise<void>;
  /** Stores what is left. */
  close(): Promise<void>;
}

/** What a process that is killed may lose. */
const flushEveryMs = 5000;
const room = 20_000;

export function createKeyAudit(deps: { db: Db; instance: string; log: Log; now: () => Date }): KeyAudit {
  const { instance, log, now } = deps;
  const collection: Collection<KeyAuditDocument> = deps.db.collection('keyAudit');
  let minutes = new Map<number, Map<string, ReleaseCount>>();
  let entries = new Map<string, ReleaseEntry>();
  /** Made into documents, not stored for sure yet: an insert repeated with the same ids stores nothing twice. */
  let waiting: KeyAuditDocument[] = [];
  let serial = 0;
  let flushing: Promise<void> | undefined;
  let told = false;

  const id = (): string => `${instance}|${String(serial++)}`;

  function countOf({ holder, purpose }: Asking): { released: number; refused: Record<string, number> } {
    const minute = Math.floor(now().getTime() / 60_000) * 60_000;
    const lines = minutes.get(minute) ?? new Map<string, ReleaseCount>();
    minutes.set(minute, lines);
    const name = `${holder}\n${purpose}`;
    const line = lines.get(name) ?? { holder, purpose, released: 0, refused: {} };
    lines.set(name, line);
    return line;
  }

  /** The same again within one flush is one entry with a number: a reader who keeps asking fills no store. */
  function keep(entry: Omit<ReleaseEntry, 'at' | 'times'>, times = 1): void {
    const name = JSON.stringify(entry);
    const known = entries.get(name);
    entries.set(name, { at: now().toISOString(), ...entry, times: (known?.times ?? 0) + times });
  }

  function count(asking: Asking, outcomes: Outcomes): void {
    const line = countOf(asking);
    for (const { outcome } of outcomes) {
      if (outcome === 'released') line.released += 1;
      else line.refused[outcome] = (line.refused[outcome] ?? 0) + 1;
    }
  }

  function take(): void {
    for (const [minute, lines] of minutes) {
      waiting.push({ _id: id(), kind: 'count', at: new Date(minute), lines: [...lines.values()] });
    }
    for (const { at, ...entry } of entries.values()) waiting.push({ _id: id(), at: new Date(at), ...entry });
    minutes = new Map();
    entries = new Map();
  }

  async function store(): Promise<void> {
    take();
    const batch = waiting;
    if (batch.length === 0) return;
    await insertNew(collection, batch);
    waiting = waiting.slice(batch.length);
    told = false;
  }

  const flush = (): Promise<void> => (flushing ??= store().finally(() => (flushing = undefined)));

  const timer = setInterval(() => {
    flush().catch((error: unknown) => {
      if (!told) log.warn({ err: error }, 'the audit of key releases waits to be stored');
      told = true;
    });
  }, flushEveryMs);

  return {
    assertRoom() {
      if (waiting.length + entries.size < room) return;
      throw new KeiroError('audit-full', 'the audit of key releases can’t be stored: nothing is released', {
        retryable: true,
      });
    },
    released(asking, outcomes) {
      count(asking, outcomes);
      for (const { life, outcome } of outcomes) {
        if (outcome !== 'released') keep({ kind: 'refused', ...asking, ...life, outcome });
      }
    },
    openedForDuty({ reference, ...asking }, outcomes) {
      count(asking, outcomes);
      for (const { life, outcome } of outcomes)
        keep({ kind: 'duty', ...asking, ...life, outcome, reference });
    },
    turnedAway(asking, code, lives) {
      keep({ kind: 'turned-away', ...asking, outcome: code }, lives);
    },
    async decided(entry) {
      await collection.insertOne({ _id: id(), kind: 'decision', ...entry });
    },
    flush,
    async close() {
      clearInterval(timer);
      await flushing?.catch(() => undefined);
      await flush();
    },
  };
}
