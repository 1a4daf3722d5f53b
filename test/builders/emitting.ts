import { randomBytes, randomUUID } from 'node:crypto';
import { createLog } from '@keiro/runtime';
import { createEmitter, type Emitter, type EmitterOptions } from '@keiro/sdk';
import type { CollectionEvent, EventOf } from '@keiro/schemas';
import { env } from './environment.ts';

/** An emitter as a producing service would have it; `more` overrides. */
export function openEmitter(more: Partial<EmitterOptions> = {}): Promise<Emitter> {
  return createEmitter({
    kafka: { brokers: env('KEIRO_KAFKA_BROKERS').split(',') },
    registryUrl: env('KEIRO_REGISTRY_URL'),
    keys: { url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') },
    source: 'demo-site',
    sites: ['www.demo.example'],
    log: createLog('test-emitter', 'error'),
    now: () => new Date(),
    random: randomBytes,
    ...more,
  });
}

/** A person nobody has seen. */
export function newPerson(): { member: string; email: string } {
  const id = randomUUID();
  return { member: `m-${id}`, email: `p-${id}@mail.example` };
}

export function registrationOf(
  person: { member: string; email: string },
  name = '架空 花子',
): EventOf<'registration'> {
  return {
    specversion: '1.0',
    id: `e-${randomUUID()}`,
    source: 'demo-site',
    type: 'registration',
    time: new Date().toISOString(),
    policyversion: '2017-02-02',
    data: { subject: person, site: 'www.demo.example', noticeVersion: 'n1', name, email: person.email },
  };
}

export function cookieOf(subject: EventOf<'cookie'>['data']['subject'], path = '/'): EventOf<'cookie'> {
  return {
    specversion: '1.0',
    id: `e-${randomUUID()}`,
    source: 'demo-site',
    type: 'cookie',
    time: new Date().toISOString(),
    policyversion: '2017-02-02',
    data: { subject, site: 'www.demo.example', cookieKind: 'session', action: 'view', path },
  };
}

/** The same event with fields of its data replaced by what the contract may not allow. */
export function withData(event: CollectionEvent, data: Record<string, unknown>): CollectionEvent {
  return { ...event, data: { ...event.data, ...data } } as CollectionEvent;
}
