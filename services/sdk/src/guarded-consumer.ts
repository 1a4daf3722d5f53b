import {
  KeiroError,
  PoisonError,
  type Kafkas,
  type Log,
  type Message,
  type OutgoingMessage,
  type Running,
} from '@keiro/runtime';
import type { Encode, Registry } from '@keiro/runtime/registry';
import {
  catalogue,
  eventTypes,
  groupsInUse,
  judge,
  shippedPolicies,
  type Category,
  type CopyReport,
  type Policies,
  type PurposeId,
  type Ref,
} from '@keiro/schemas';
import { watchBasis } from './basis-watch.ts';
import { createReportProver } from './custody-proof.ts';
import type { DirectiveHandlers } from './directive-handlers.ts';
import { receiveDirectives } from './directives.ts';
import { followGate, waitForGate, type AskGate } from './gate.ts';
import { admitter, type GuardedMessage } from './guard.ts';
import { followHolders } from './holders-follower.ts';
import type { KeysClient } from './keys-client.ts';
import { openBatch } from './open-batch.ts';
import type { GuardedEvent } from './open-event.ts';
import { createQuarantine } from './quarantine.ts';
import { createReleasedKeys } from './released-keys.ts';
import { locatorAssociated, seal } from './sealing.ts';
import { followStanding } from './standing-follower.ts';
import { createWithheld } from './withheld.ts';

export interface GuardedConsumerOptions {
  readonly kafka: Kafkas;
  readonly registry: Registry;
  readonly keys: KeysClient;
  readonly holder: string;
  readonly purpose: PurposeId;
  readonly categories: readonly Category[];
  /** The company's policy; the one that ships by default. See runtime's `followPolicies`. */
  readonly policies?: Policies;
  /**
   * Stores the events and answers, for each, where: the locator by which the holder finds it again, null when nothing
   * was stored, or {@link refused}. May be called again with the same events after a crash. What it throws holds the
   * partition up, in order and visible as lag, until it no longer does.
   */
  readonly handle: (events: readonly GuardedEvent[]) => Promise<readonly (string | null | Refused)[]>;
  /**
   * How the store carries out what a request demands of it (R4, R5), where it is registered with the connector
   * `directive`. With one of several consumers of the same holder is enough.
   */
  readonly directives?: DirectiveHandlers;
  /** Asked before anything is read, and before each batch: while the gate of the holder is closed after a restore, it waits. */
  readonly gate?: AskGate;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** For tests that share topics. */
  readonly groupSuffix?: string;
}

/** An event that the store can't take, however often it is tried. */
export interface Refused {
  /** A code of the holder's own, as `too-long`. It is kept in clear. */
  readonly refused: string;
}

/** Says so of one event: it is set aside in quarantine, and the others go on. Throws for what is no code. */
export function refused(code: string): Refused {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(code))
    throw new KeiroError('invalid-code', 'a code has small letters, digits and -, and no value', {
      retryable: false,
    });
  return { refused: code };
}

/**
 * A consumer that sees only what its purpose covers, only of persons whose standing allows it, and reports
 * every copy to `custody.copies` before it goes on: a crash between writing and reporting repeats both.
 */
export async function createGuardedConsumer(options: GuardedConsumerOptions): Promise<Running> {
  const { kafka, registry, holder, purpose, log, now, random, policies = shippedPolicies() } = options;
  const topics = eventTypes
    .filter((type) => options.categories.includes(catalogue[type].category))
    .map((type) => catalogue[type].topic);
  if (topics.length === 0)
    throw new KeiroError('configuration', `${holder} names no category`, { retryable: false });
  const gate = options.gate && followGate(options.gate, { holder, log, now });
  if (options.gate !== undefined) await waitForGate(options.gate, { holder, log });

  const group = `keiro.holder.${holder}.${purpose}${options.groupSuffix ?? ''}`;
  const reading = { purpose, holder };
  const producer = await kafka.producer();
  const encodeReport = await registry.encoder('custody.copies-value');
  const prove = createReportProver(() => options.keys.reportKey(holder));
  const standing = await followStanding({ kafka, producer, reader: holder, log, now });
  const holders = await followHolders({ kafka, reader: holder, policies, log, now });
  const released = createReleasedKeys({ keys: options.keys, holder, purpose });
  const quarantine = createQuarantine({ producer, keys: options.keys, by: holder, now, random });
  const withheld = await createWithheld({ kafka, producer, holder, group, log, deliver: handleBatch });

  const basis = watchBasis({
    holders,
    keys: options.keys,
    holder,
    purpose,
    log,
    onMended: () => {
      withheld.passSoon();
    },
  });

  /** Refs of which this instance has withheld something while they were hidden. */
  const hiddenRefs = new Set<Ref>();

  standing.onChange((changed, before) => {
    released.forget(changed.ref);
    if (changed.hiddenThrough > changed.erasedThrough) return;
    // What another instance has withheld of one that is erased nobody can open any more: it is counted with the next pass.
    const isErasedNow = changed.erasedThrough > (before?.erasedThrough ?? 0);
    const mayGo = isErasedNow ? hiddenRefs.has(changed.ref) : judge(changed, Infinity, reading) === 'open';
    hiddenRefs.delete(changed.ref);
    if (mayGo) withheld.passSoon();
  });

  async function handleBatch(messages: readonly Message[]): Promise<void> {
    await gate?.assertOpen();
    await standing.inFlight(async () => {
      const admitted = await admitAll(messages);
      // Keys that are at hand still open what a holder may no longer read.
      const stands = basis.stands();
      const keys = stands
        ? await released.get(
            admitted.map(({ primary }) => primary),
            groupsInUse(policies, purpose, latestOf(admitted, now())),
          )
        : [];
      const { ready, held, hidden, gone, lapsed, damaged } = openBatch(admitted, keys, {
        reading,
        standingOf: standing.get,
        stands,
      });
      if (gone.length > 0) log.info(goneFrom(gone), 'events of erased persons are passed over');
      if (held.length > 0) {
        for (const { ref } of hidden.flatMap(({ value }) => value.refs)) hiddenRefs.add(ref);
        await withheld.keep(held.map(({ message }) => message));
        await report(held.map((one) => reportOf(one, 'withheld')));
        if (lapsed !== undefined) basis.withheldFor(lapsed);
      }
      if (damaged.length > 0) {
        await quarantine.add(
          damaged.map(({ message, record, envelope }) => ({
            message,
            reason: 'does-not-open' as const,
            detail: 'a sealed group does not open under its own key',
            type: envelope.type,
            record,
          })),
        );
      }
      if (ready.length === 0) return;
      const locators = await options.handle(ready.map(({ event }) => event));
      await quarantine.add(
        ready.flatMap(({ guarded: { message, record, envelope } }, position) => {
          const answer = locators[position];
          return typeof answer === 'object' && answer !== null
            ? [
                {
                  message,
                  reason: 'refused-by-holder' as const,
                  detail: answer.refused,
                  type: envelope.type,
                  record,
                },
              ]
            : [];
        }),
      );
      await report(
        ready.flatMap(({ guarded, locatorKey }, position) => {
          const locator = locators[position];
          return typeof locator !== 'string'
            ? []
            : [
                reportOf(
                  guarded,
                  'held',
                  seal(
                    locatorKey,
                    Buffer.from(locator),
                    locatorAssociated(holder, guarded.record),
                    random(12),
                  ),
                ),
              ];
        }),
      );
    });
  }

  async function admitAll(messages: readonly Message[]): Promise<GuardedMessage[]> {
    const decoded = await registry.decodeAll(messages.map(({ value }) => value));
    const admit = admitter(purpose, policies, now());
    const admitted: GuardedMessage[] = [];
    for (const [position, message] of messages.entries()) {
      const one = decoded[position];
      if (one === undefined || one instanceof PoisonError) continue;
      const guarded = admit(message, one.value);
      if (typeof guarded !== 'string') admitted.push(guarded);
    }
    return admitted;
  }

  function reportOf(one: GuardedMessage, action: 'held' | 'withheld', locator?: string): CopyReport {
    const { topic, partition, offset } = one.message;
    return {
      holder,
      action,
      record: one.record,
      ref: one.primary.ref,
      generation: one.primary.generation,
      category: one.category,
      groups: one.covered.map(({ group: id }) => id),
      purpose,
      ...(locator === undefined ? {} : { locator }),
      ...(action === 'withheld' ? { position: { topic, partition, offset } } : {}),
      at: now().toISOString(),
    };
  }

  async function report(reports: readonly CopyReport[]): Promise<void> {
    if (reports.length === 0) return;
    const messages = reports.map((one) => toMessage(one, encodeReport));
    await producer.send([{ topic: 'custody.copies', messages: await prove('custody.copies', messages) }]);
  }

  const { directives: handlers, keys, groupSuffix } = options;
  const directives =
    handlers === undefined
      ? undefined
      : await receiveDirectives({
          kafka,
          keys,
          holder,
          handlers,
          log,
          now,
          ...(groupSuffix === undefined ? {} : { groupSuffix }),
        });
  const running = await kafka.consume({ group, topics, maxBatch: 500, onBatch: handleBatch });
  // What waited while this consumer was away and may be delivered by now.
  withheld.passSoon();
  // What has still to wait is put back at the end: a hold may last longer than its topic keeps a message.
  const renewal = setInterval(() => {
    withheld.passSoon();
  }, renewEveryMs);
  return {
    async close() {
      clearInterval(renewal);
      await running.close();
      await directives?.close();
      await withheld.close();
      basis.close();
      await holders.close();
      await standing.close();
      await producer.close();
    },
  };
}

/** Well within the retention of `custody.withheld`. */
const renewEveryMs = 7 * 86_400_000;

const toMessage = (report: CopyReport, encode: Encode): OutgoingMessage => ({
  key: report.record,
  value: encode(report),
});

/** What was passed over, counted with its offsets (invariant 3): a batch is of one partition. */
function goneFrom(gone: readonly GuardedMessage[]) {
  const [first, last] = [gone[0]?.message, gone.at(-1)?.message];
  return {
    topic: first?.topic,
    partition: first?.partition,
    events: gone.length,
    from: first?.offset,
    to: last?.offset,
  };
}

/** The latest moment that is spoken of: a producer's clock may be ahead of ours, in another version's time. */
function latestOf(messages: readonly GuardedMessage[], now: Date): Date {
  return new Date(Math.max(now.getTime(), ...messages.map(({ time }) => time.getTime())));
}
