import { PoisonError, type Message } from '@keiro/runtime';
import type { Decoded } from '@keiro/runtime/registry';
import {
  factDigest,
  factFromHeaders,
  factType,
  factWireSchema,
  recordId,
  type FactDocument,
  type LinkDocument,
  type Policies,
} from '@keiro/schemas';
import { misfits, refusalOf, type SetAside } from '@keiro/sdk';
import { insertOnce } from './duplicates.ts';
import type { Handled, HandlerDeps } from './handle.ts';
import { goneBy, livingLinks } from './lives.ts';
import { compiledPolicy } from './rules.ts';
import { linksOf, untimelyOf } from './tag.ts';

/** A fact that may be kept, with what it shows of who is who. */
interface Taken {
  readonly message: Message;
  readonly fact: FactDocument;
  readonly links: readonly LinkDocument[];
  /** The person's life had ended when it was sent. */
  readonly wasErased: boolean;
}

/**
 * Reads one message of `collection.facts`: envelope, shape, version and time. All of it stands in clear in the
 * lineage store, and its schema lets only identifiers made refs, ids and words of ours through. Pure.
 */
export function readFact(
  message: Message,
  decoded: Decoded | PoisonError | undefined,
  policies: Policies,
  now: Date,
): Taken | SetAside {
  if (decoded === undefined) return { message, reason: 'unreadable', detail: 'not decoded' };
  if (decoded instanceof PoisonError) return { message, ...refusalOf(decoded) };
  const envelope = factFromHeaders(message.headers);
  if (envelope === undefined) {
    const detail = 'the headers hold no CloudEvents 1.0 envelope of a fact';
    return { message, reason: 'unreadable', detail };
  }
  const malformed = (detail: string): SetAside => ({ message, reason: 'malformed', detail, type: factType });
  const parsed = factWireSchema.safeParse(decoded.value);
  if (!parsed.success) return malformed(`not in the shape of a fact: ${misfits(parsed.error)}`);
  const wire = parsed.data;
  const [primary] = wire.refs;
  if (primary === undefined) return malformed('refs: is empty');
  if (message.key !== primary.ref) return malformed('key: is not the primary ref');

  const { id, source, time, policyversion } = envelope;
  const _id = recordId(primary, source, id);
  const named = { message, type: factType, ref: primary.ref, record: _id };
  const policy = policies.get(policyversion);
  if (policy === undefined)
    return { ...named, reason: 'untaggable', detail: 'policyversion: is no version of the policy' };
  const untimely = untimelyOf(new Date(time), compiledPolicy(policy), now);
  if (untimely !== undefined) return { ...named, ...untimely.quarantine };

  const { topic, partition, offset } = message;
  const fact: FactDocument = {
    _id,
    ref: primary.ref,
    generation: primary.generation,
    refs: wire.refs,
    kind: wire.kind,
    ...(wire.about === undefined ? {} : { about: wire.about }),
    ...(wire.consent === undefined ? {} : { consent: wire.consent }),
    site: wire.site,
    source,
    policy: policyversion,
    time: new Date(time),
    takenAt: now,
    position: { topic, partition, offset },
    digest: factDigest(time, policyversion, wire),
  };
  // Who says that two refs are no longer together does not say that they are.
  const links = wire.kind === 'unlinked' ? [] : linksOf(primary, wire.refs, _id, now);
  return { message, fact, links, wasErased: wire.state === 'erased' };
}

/**
 * Handles one batch of `collection.facts`: decode, look at standing, insert, link, set aside. As the handler of
 * events, it may be cut off anywhere and run again. Facts about an erased life are counted and not kept.
 */
export function createFactHandler(
  deps: Omit<HandlerDeps, 'publish'>,
): (messages: readonly Message[]) => Promise<Handled> {
  const { registry, standing, policies, store, quarantine, metrics, now } = deps;

  const isGone = goneBy(standing);
  const isLate = ({ fact, wasErased }: Taken) => wasErased || isGone(fact);

  async function handle(read: readonly (Taken | SetAside)[]): Promise<Handled> {
    const taken = read.filter((one) => 'fact' in one);
    const late = taken.filter(isLate);
    const live = taken.filter((one) => !isLate(one));
    const kept = await insertOnce(
      live,
      ({ fact }) => fact,
      (facts) => store.insertFacts(facts),
    );
    const conflicts = kept.conflicts.map(({ message, fact }): SetAside => ({
      message,
      reason: 'conflicting-content',
      detail: 'a fact with this source and id is there with other content',
      type: factType,
      ref: fact.ref,
      record: fact._id,
    }));
    const aside = [...read.filter((one) => 'reason' in one), ...conflicts];

    await store.insertLinks(kept.passed.flatMap(({ fact, links }) => livingLinks(links, fact.refs, isGone)));
    await quarantine.add(aside);

    for (const { fact } of kept.inserted) metrics.facts.inc({ kind: fact.kind });
    for (const { kind } of kept.repetitions) metrics.repetitions.inc({ kind });
    for (const { message } of late) metrics.replays.inc({ topic: message.topic });
    for (const { reason } of aside) metrics.quarantined.inc({ reason });
    return {
      recorded: kept.passed.map(({ fact }) => fact._id),
      repeated: [
        ...kept.repetitions.filter(({ kind }) => kind === 'retry').map(({ id }) => id),
        ...late.map(({ fact }) => fact._id),
      ],
      aside,
    };
  }

  return async (messages) => {
    const decoded = await registry.decodeAll(messages.map(({ value }) => value));
    const at = now();
    return standing.inFlight(() =>
      handle(messages.map((message, position) => readFact(message, decoded[position], policies, at))),
    );
  };
}
