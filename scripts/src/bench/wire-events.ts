import { createHash } from 'node:crypto';
import {
  catalogue,
  toHeaders,
  type EventType,
  type Life,
  type Ref,
  type RefKind,
  type Scope,
  type WireValue,
} from '@keiro/schemas';

/* Events as they stand in Kafka, made without the keys service: their blobs are random bytes that nobody opens. */

/** A ref that looks like one from the keys service; the same name gives the same ref. */
export function refOf(kind: RefKind, name: string): Ref {
  return `${kind}.${createHash('sha256').update(`${kind}\n${name}`).digest().subarray(0, 24).toString('base64url')}`;
}

export const lifeOf = (kind: RefKind, name: string, generation = 1): Life => ({
  ref: refOf(kind, name),
  generation,
});

export interface WireEventSpec {
  readonly type: EventType;
  readonly id: string;
  /** The first is the primary one. */
  readonly refs: readonly Life[];
  readonly source?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly policyversion?: string;
  readonly readable?: Readonly<Record<string, unknown>>;
  /** Ids of the groups that are there; all of the type unless said. */
  readonly groups?: readonly string[];
  readonly scope?: Scope;
  readonly sealedUnder?: WireValue['sealedUnder'];
  /** Stands for the plaintext: other content, other digest. */
  readonly content?: string;
  /** Bytes of each blob before base64 (default 160). */
  readonly blobBytes?: number;
}

export interface WireEvent {
  readonly topic: string;
  readonly key: Ref;
  readonly headers: Record<string, string>;
  readonly value: WireValue;
}

const readableOf: Record<EventType, Readonly<Record<string, unknown>>> = {
  registration: { noticeVersion: 'n1' },
  profile: {},
  cookie: { cookieKind: 'session', action: 'view' },
  access: { status: 200, bytes: 512, method: 'GET' },
  payment: { plan: 'standard', method: 'card' },
  campaign: { campaign: 'spring', campaignKind: 'raffle', marketingOptIn: false },
  inquiry: { channel: 'form' },
};

/** One event on the wire. `random` fills the blobs. */
export function wireEvent(spec: WireEventSpec, random: (bytes: number) => Buffer): WireEvent {
  const definition = catalogue[spec.type];
  const [primary] = spec.refs;
  if (primary === undefined) throw new Error('an event has a primary ref');
  const groups = definition.groups.filter(({ id }) => spec.groups === undefined || spec.groups.includes(id));
  const sealedUnder = spec.sealedUnder ?? 'person';
  const time = spec.time ?? '2026-04-01T09:00:00+09:00';
  const digest = createHash('sha256')
    .update(`${spec.id}\n${spec.content ?? ''}`)
    .digest('base64url')
    .slice(0, 22);
  return {
    topic: definition.topic,
    key: primary.ref,
    headers: toHeaders({
      id: spec.id,
      source: spec.source ?? 'bench',
      type: spec.type,
      time,
      policyversion: spec.policyversion ?? '2017-02-02',
    }),
    value: {
      refs: [...spec.refs],
      sealedUnder,
      ...(sealedUnder === 'quarantine' ? { day: time.slice(0, 10) } : {}),
      site: 'www.demo.example',
      scope: spec.scope ?? { kind: 'ours' },
      readable: { ...readableOf[spec.type], ...spec.readable },
      present: groups.flatMap(({ fields }) => fields),
      sealed: groups.map(({ id }) => ({
        group: id,
        blob: random(28 + (spec.blobBytes ?? 160)).toString('base64'),
      })),
      digest,
    },
  };
}
