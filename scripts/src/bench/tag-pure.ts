import { eventTypes, fromHeaders, shippedPolicies } from '@keiro/schemas';
import { tag } from '@keiro/tag/tag';
import { lifeOf, wireEvent } from './wire-events.ts';

const events = 7000;
const passes = 10;
const rounds = 8;

/**
 * Records a second that `tag()` alone makes on one core: all types, two refs an event, over a month. The best round
 * counts, because the first ones are compiled while they run and others share the machine. `random` fills the blobs.
 */
export function benchPureTag(random: (bytes: number) => Buffer, now: Date): number {
  const policy = shippedPolicies().newest;
  const inputs = Array.from({ length: events }, (_, number) => {
    const event = wireEvent(specOf(number), random);
    const envelope = fromHeaders(event.headers);
    if (envelope === undefined) throw new Error('the headers hold an envelope');
    return {
      envelope,
      value: event.value,
      position: { topic: event.topic, partition: 0, offset: String(number) },
    };
  });
  let best = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let pass = 0; pass < passes; pass += 1) {
      for (const { envelope, value, position } of inputs) {
        if ('quarantine' in tag(envelope, value, position, policy, now)) throw new Error('it can be tagged');
      }
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (events * passes * 1e6) / (user + system));
  }
  return Math.round(best);
}

function specOf(number: number) {
  const type = eventTypes[number % eventTypes.length] ?? 'access';
  const person = String(number % 700);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    type,
    id: `pure-${String(number)}`,
    refs: [lifeOf('member', person), lifeOf('email', person)],
    time: `2026-04-${two(1 + (number % 28))}T${two(number % 24)}:00:00+09:00`,
  };
}
