import type { IndexDescription } from 'mongodb';

/**
 * Every collection: who writes it (one owner), who reads it, and each secondary index with what it costs and
 * why it is worth that. Without an index the store takes about 8,700 documents a second here, with one 5,000.
 */
export interface CollectionPlan {
  readonly name: string;
  readonly database: 'lineage' | 'keys';
  readonly owner: string;
  readonly readers: readonly string[];
  readonly why: string;
  readonly indexes: readonly (Pick<IndexDescription, 'key'> & {
    readonly name: string;
    readonly why: string;
  })[];
}

export const collections: readonly CollectionPlan[] = [
  {
    name: 'keys',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'one wrapped data key per ref, with the sealed identifier and the generation',
    indexes: [],
  },
  {
    name: 'quarantineKeys',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'one wrapped key per day, for what is set aside; destroyed when all of that has ended',
    indexes: [],
  },
  {
    name: 'sweeps',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'what a request still needs to sweep after the keys are gone, under a key of its own',
    indexes: [],
  },
  {
    name: 'provisionKeys',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'one wrapped key per life and month, for who records of provision are about; outlives erasure, goes with the last record',
    indexes: [],
  },
  {
    name: 'kekEpochs',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'the epochs of the key-encryption keys: which wraps, which are on their way out, which are gone',
    indexes: [],
  },
  {
    name: 'kekInstances',
    database: 'keys',
    owner: 'keys',
    readers: [],
    why: 'which epoch each running instance wraps under, with a lease',
    indexes: [],
  },
  {
    name: 'keyAudit',
    database: 'keys',
    owner: 'keys; insert-only',
    readers: [],
    why: 'key releases as counts per minute, refusals and duties singly, decisions about key-encryption keys',
    indexes: [{ key: { at: 1 }, name: 'at', why: 'asked for by time; a few writes a minute' }],
  },
  {
    name: 'records',
    database: 'lineage',
    owner: 'tag',
    readers: ['query', 'request'],
    why: 'one collected event as lineage knows it',
    indexes: [{ key: { ref: 1 }, name: 'ref', why: 'a person is looked up by refs; paid at every event' }],
  },
  {
    name: 'facts',
    database: 'lineage',
    owner: 'tag',
    readers: ['query', 'request', 'transfer'],
    why: 'what moves an end later, and what persons allow; insert-only',
    indexes: [{ key: { ref: 1 }, name: 'ref', why: 'the facts of a person; few beside the records' }],
  },
  {
    name: 'links',
    database: 'lineage',
    owner: 'tag',
    readers: ['query', 'request', 'transfer'],
    why: 'which refs were seen together; both directions, so that one index serves',
    indexes: [{ key: { from: 1 }, name: 'from', why: 'resolving a person; paid once per new pair only' }],
  },
  {
    name: 'quarantine',
    database: 'lineage',
    owner: 'tag',
    readers: ['query'],
    why: 'what was set aside, sealed, with its reason',
    indexes: [
      {
        key: { ref: 1 },
        name: 'ref',
        why: 'what is set aside of a person is part of each answer; few writes',
      },
    ],
  },
  {
    name: 'copies',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query', 'erase', 'request'],
    why: 'append-only facts: a holder holds, withholds or has removed a copy',
    indexes: [{ key: { ref: 1 }, name: 'ref', why: 'the copies of a person; paid at every report' }],
  },
  {
    name: 'snapshots',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query', 'erase', 'request'],
    why: 'what is at the DR site up to which moment',
    indexes: [],
  },
  {
    name: 'readers',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query'],
    why: 'consumer groups on topics of persons, also those that nobody registered; one each, few',
    indexes: [],
  },
  {
    name: 'readerAcknowledgements',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query', 'erase'],
    why: 'which undeclared readers an operator knows of, and why; insert-only, few',
    indexes: [],
  },
  {
    name: 'databaseReaders',
    database: 'lineage',
    owner: 'erase',
    readers: ['query', 'transfer'],
    why: 'users who may read what holders keep in a database, also those that nobody declared; few',
    indexes: [],
  },
  {
    name: 'holders',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query', 'request', 'erase'],
    why: 'the register of all that can hold a copy: the newest version of each',
    indexes: [],
  },
  {
    name: 'holderVersions',
    database: 'lineage',
    owner: 'transfer',
    readers: [],
    why: 'every change of a holder, with who made it and when; insert-only',
    indexes: [{ key: { holder: 1 }, name: 'holder', why: 'the versions of one holder; few writes' }],
  },
  {
    name: 'violations',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query', 'request', 'erase'],
    why: 'copies at holders that had no basis for them (T0); few, one would hope',
    indexes: [],
  },
  {
    name: 'provisions',
    database: 'lineage',
    owner: 'transfer; insert-only, removed at their end',
    readers: ['query'],
    why: 'what was provided and received, or why the law wants no record (APPI 29 to 31); outlives erasure',
    indexes: [
      { key: { refs: 1 }, name: 'refs', why: 'disclosed per person; paid at every provision, not at events' },
      { key: { at: 1 }, name: 'at', why: 'an authority asks for a span of time, and ends are found by it' },
    ],
  },
  {
    name: 'provisionSeries',
    database: 'lineage',
    owner: 'transfer',
    readers: ['query'],
    why: 'the last provision under each contract or batch: all of its records end some time after it; few',
    indexes: [],
  },
  {
    name: 'standing',
    database: 'lineage',
    owner: 'request',
    readers: ['query', 'erase', 'transfer'],
    why: 'what the data plane must refuse, per ref',
    indexes: [],
  },
  {
    name: 'requests',
    database: 'lineage',
    owner: 'request',
    readers: ['query', 'erase'],
    why: 'what persons asked, and how far it is',
    indexes: [
      { key: { 'lives.ref': 1 }, name: 'ref', why: 'the requests of a person; few writes' },
      { key: { state: 1 }, name: 'state', why: 'the reconciler looks for open ones; few writes' },
    ],
  },
  {
    name: 'tasks',
    database: 'lineage',
    owner: 'erase (created, put back and overtaken by request, which also takes carried audit entries off)',
    readers: ['query', 'request', 'transfer'],
    why: 'one directive at one holder, with its receipt',
    indexes: [
      { key: { request: 1 }, name: 'request', why: 'the tasks of a request; few writes' },
      { key: { state: 1 }, name: 'state', why: 'the reconciler and the operator look for open ones' },
    ],
  },
  {
    name: 'restores',
    database: 'lineage',
    owner: 'erase',
    readers: ['query'],
    why: 'holders that were restored from an old copy, and how far what was erased since has gone again; few',
    indexes: [],
  },
  {
    name: 'cuts',
    database: 'lineage',
    owner: 'request',
    readers: ['query', 'transfer'],
    why: 'which refs an operator has said are not of one person; insert-only, both directions',
    indexes: [{ key: { from: 1 }, name: 'from', why: 'asked for whenever a person is resolved; few writes' }],
  },
  {
    name: 'policies',
    database: 'lineage',
    owner: 'request',
    readers: ['query'],
    why: 'policy versions as they were published, with the authoritative text and what was decided; insert-only',
    indexes: [],
  },
  {
    name: 'outbox',
    database: 'lineage',
    owner: 'request',
    readers: [],
    why: 'what must reach Kafka; a document goes when it has',
    indexes: [],
  },
  {
    name: 'audit',
    database: 'lineage',
    owner:
      'request, erase, tag, transfer and query, each its own entries (request also what a task of erase carries); insert-only',
    readers: ['query'],
    why: 'every decision about a person, append-only; the sealer in request stamps the number of its segment',
    indexes: [
      {
        key: { segment: 1 },
        name: 'segment',
        why: 'the sealer finds what has no number yet, a verifier what has one; paid at decisions, not at events',
      },
    ],
  },
  {
    name: 'segments',
    database: 'lineage',
    owner: 'request',
    readers: [],
    why: 'the signed chain over the audit; insert-only, its number is the id',
    indexes: [],
  },
  {
    name: 'certificates',
    database: 'lineage',
    owner: 'request',
    readers: [],
    why: 'what a request came to, signed, with every receipt; outlives erasure',
    indexes: [
      { key: { closesOn: 1 }, name: 'closesOn', why: 'snapshots end on a day; one write a certificate' },
    ],
  },
];
