import { randomBytes, randomUUID } from 'node:crypto';
import { callJson, connectKafka, createLog, until } from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { acceptedSchema, requestViewSchema, type PurposeId } from '@keiro/schemas';
import { createGuardedConsumer, createKeysClient } from '@keiro/sdk';

export interface SuspensionBench {
  readonly suspensions: number;
  /** Guarded consumers that had to refuse, besides `keys` and `tag`. */
  readonly consumers: number;
  /** Milliseconds from the arrival of the request until every one of them refuses. The mark is 1,000 at p99. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const consumersOf = [
  ['crm', 'membership'],
  ['billing', 'payment'],
  ['sessions', 'membership'],
  ['newsletter', 'marketing'],
] as const satisfies readonly (readonly [string, PurposeId])[];

/**
 * How long it takes until the last of four guarded consumers refuses a person who suspends use: by the request's own
 * evidence, which says when every live reader had applied the standing with no older batch in flight. Needs the servers
 * and the services keys, tag, transfer and request.
 */
export async function benchSuspension(
  env: Readonly<Record<string, string | undefined>>,
  { suspensions = 200, atOnce = 4 }: { suspensions?: number; atOnce?: number } = {},
): Promise<SuspensionBench> {
  const of = (name: string): string => env[name] ?? '';
  const log = createLog('bench-suspension', 'error');
  const kafka = connectKafka({
    brokers: of('KEIRO_KAFKA_BROKERS').split(','),
    clientId: 'keiro-bench-suspension',
    log,
  });
  const registry = connectRegistry({ url: of('KEIRO_REGISTRY_URL') });
  const groupSuffix = `-bench-${randomBytes(4).toString('hex')}`;
  const consumers = await Promise.all(
    consumersOf.map(([holder, purpose]) =>
      createGuardedConsumer({
        kafka,
        registry,
        keys: createKeysClient({
          url: of('KEIRO_KEYS_URL'),
          token: of(`KEIRO_TOKEN_${holder.toUpperCase()}`),
        }),
        holder,
        purpose,
        categories: ['C1', 'C3', 'C5', 'C6'],
        handle: (events) => Promise.resolve(events.map(() => null)),
        log,
        now: () => new Date(),
        random: randomBytes,
        groupSuffix,
      }),
    ),
  );
  const [first = '', ...members] = await knownMembers(of, suspensions + 1);
  const took: number[] = [];
  try {
    // A request service that has just started believes nobody's silence for the length of a lease.
    await inForceAfter(of, first);
    for (let from = 0; from < members.length; from += atOnce) {
      const some = members.slice(from, from + atOnce);
      took.push(...(await Promise.all(some.map((member) => inForceAfter(of, member)))));
    }
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await registry.close();
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return { suspensions, consumers: consumers.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}

/** People whom the keys service knows. */
async function knownMembers(of: (name: string) => string, count: number): Promise<string[]> {
  const keys = createKeysClient({ url: of('KEIRO_KEYS_URL'), token: of('KEIRO_TOKEN_DEMO') });
  const members = Array.from({ length: count }, () => `m-suspension-${randomUUID()}`);
  const time = new Date().toISOString();
  await keys.seal({
    source: 'demo-site',
    identifiers: members.map((value) => ({ kind: 'member', value, groups: [], type: 'registration', time })),
  });
  return members;
}

async function inForceAfter(of: (name: string) => string, member: string): Promise<number> {
  const call = { url: of('KEIRO_REQUEST_URL'), token: of('KEIRO_TOKEN_COMPLIANCE') };
  const body = { type: 'suspension', subject: { member }, purposes: ['all'] };
  const { id } = await callJson(call, { path: '/v1/requests', body }, acceptedSchema);
  let took: number | undefined;
  await until(
    async () => {
      const view = await callJson(call, { method: 'GET', path: `/v1/requests/${id}` }, requestViewSchema);
      const step = view.steps.find((one) => one.step === 'in-force');
      if (step !== undefined) took = Date.parse(step.at) - Date.parse(view.receivedAt);
      return took !== undefined;
    },
    { what: 'a suspension in force', timeoutMs: 30_000, everyMs: 200 },
  );
  return took ?? Number.NaN;
}
