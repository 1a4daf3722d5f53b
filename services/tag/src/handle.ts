import type { Message } from '@keiro/runtime';
import type { Registry } from '@keiro/runtime/registry';
import { importTopic, recordId, type LinkDocument, type Policies, type RecordDocument } from '@keiro/schemas';
import type { Quarantine, SetAside, StandingFollower } from '@keiro/sdk';
import { insertOnce } from './duplicates.ts';
import { readImport } from './imports.ts';
import { goneBy, livingLinks } from './lives.ts';
import type { TagMetrics } from './metrics.ts';
import { read, type Collected } from './read.ts';
import type { TagStore } from './store.ts';
import { tag } from './tag.ts';

export interface HandlerDeps {
  readonly registry: Pick<Registry, 'decodeAll'>;
  readonly standing: Pick<StandingFollower, 'get' | 'inFlight'>;
  readonly policies: Policies;
  readonly store: TagStore;
  readonly publish: (records: readonly RecordDocument[]) => Promise<void>;
  readonly quarantine: Pick<Quarantine, 'add'>;
  readonly metrics: TagMetrics;
  readonly now: () => Date;
}

/** What became of a batch. */
export interface Handled {
  /** Ids of the records that these very messages are, whether they were new or had been there after a crash. */
  readonly recorded: readonly string[];
  /** Ids of records, or of what is set aside, that some messages only repeat. */
  readonly repeated: readonly string[];
  readonly aside: readonly SetAside[];
}

interface Candidate {
  readonly event: Collected;
  readonly record: RecordDocument;
  readonly links: readonly LinkDocument[];
}

/**
 * Handles one batch of one partition: decode, look at standing, tag, insert, link, publish, set aside. It may
 * be cut off anywhere and run again: each step is idempotent, and offsets are committed only after the last.
 */
export function createHandler(deps: HandlerDeps): (messages: readonly Message[]) => Promise<Handled> {
  const { registry, standing, policies, store, publish, quarantine, metrics, now } = deps;

  const isGone = goneBy(standing);

  async function handle(events: ReturnType<typeof read>[]): Promise<Handled> {
    const sorted = sortOut(events);
    const erased = await settleErased(sorted.erased);
    const recorded = await insertOnce(
      sorted.candidates,
      ({ record }) => record,
      (records) => store.insertRecords(records),
    );
    const aside = [...sorted.aside, ...erased.aside, ...recorded.conflicts.map(conflicting)];

    // A redelivery may have been cut off before these: they are done again, and harmless twice.
    await store.insertLinks(recorded.passed.flatMap(({ links }) => links));
    await publish(recorded.passed.map(({ record }) => record));
    await quarantine.add(aside);

    for (const { record } of recorded.inserted) metrics.records.inc({ topic: record.position.topic });
    for (const { kind } of recorded.repetitions) metrics.repetitions.inc({ kind });
    for (const { message } of erased.replays) metrics.replays.inc({ topic: message.topic });
    for (const { reason } of aside) metrics.quarantined.inc({ reason });
    return {
      recorded: recorded.passed.map(({ record }) => record._id),
      repeated: [
        ...recorded.repetitions.filter(({ kind }) => kind === 'retry').map(({ id }) => id),
        ...erased.replays.map((event) => about(event).record),
      ],
      aside,
    };
  }

  /** Pure but for the look at standing, which is why it happens inside the lease. */
  function sortOut(events: ReturnType<typeof read>[]) {
    const aside: SetAside[] = [];
    const erased: Collected[] = [];
    const candidates: Candidate[] = [];
    const at = now();
    for (const event of events) {
      if ('reason' in event) aside.push(event);
      else if (isErased(event)) erased.push(event);
      else {
        const { envelope, wire, message, imported } = event;
        const { topic, partition, offset } = message;
        const policy = policies.get(envelope.policyversion);
        const tagged = tag(envelope, wire, { topic, partition, offset }, policy, at, imported);
        if (imported?.version === 'before-first' && policy?.version !== policies.versions[0])
          aside.push({ ...about(event), reason: 'untaggable', detail: 'version: is not the first one' });
        else if ('quarantine' in tagged) aside.push({ ...about(event), ...tagged.quarantine });
        else
          candidates.push({
            event,
            record: tagged.record,
            links: livingLinks(tagged.links, wire.refs, isGone),
          });
      }
    }
    return { aside, erased, candidates };
  }

  function isErased({ wire, primary }: Collected): boolean {
    return wire.sealedUnder === 'quarantine' || isGone(primary);
  }

  /** What is known already is a replay, and only counted; the rest came too late, and is set aside. */
  async function settleErased(events: readonly Collected[]) {
    const known = events.map(about);
    const recorded = await store.recorded(known.map(({ record }) => record));
    const late = known.filter(({ record }) => !recorded.has(record));
    const before = await store.setAsideAsErased(late);
    const aside = new Map<string, SetAside>();
    for (const event of late) {
      if (before.has(event.record) || aside.has(event.record)) continue;
      aside.set(event.record, { ...event, reason: 'erased', detail: 'it came after the person was erased' });
    }
    const kept = new Set([...aside.values()].map(({ message }) => message));
    return { aside: [...aside.values()], replays: events.filter(({ message }) => !kept.has(message)) };
  }

  return async (messages) => {
    const done = metrics.batchSeconds.startTimer();
    const decoded = await registry.decodeAll(messages.map(({ value }) => value));
    const handled = await standing.inFlight(() =>
      handle(
        messages.map((message, position) =>
          (message.topic === importTopic ? readImport : read)(message, decoded[position]),
        ),
      ),
    );
    done();
    return handled;
  };
}

const conflicting = ({ event }: Candidate): SetAside => ({
  ...about(event),
  reason: 'conflicting-content',
  detail: 'an event with this source and id is there with other content',
});

const about = ({ message, envelope, primary }: Collected) => ({
  message,
  type: envelope.type,
  ref: primary.ref,
  record: recordId(primary, envelope.source, envelope.id),
});
