import type { Right } from '@keiro/runtime';

export interface ClientPlan {
  readonly name: string;
  readonly rights: readonly Right[];
  /** Sources whose events it may emit; `*` for any. */
  readonly sources?: readonly string[];
  /** The holder in whose name it opens, and the purposes it opens for. */
  readonly holder?: string;
  readonly purposes?: readonly string[];
}

/** Who may call what in a local stack (S1). Each gets a token of its own when the stack is made. */
export const clientPlans: readonly ClientPlan[] = [
  { name: 'demo-site', rights: ['collect'], sources: ['demo-site'] },
  { name: 'capture', rights: ['keys:seal'], sources: ['access-log'] },
  {
    name: 'import',
    rights: ['keys:seal', 'keys:lookup', 'keys:custody', 'keys:reporters'],
    sources: ['import'],
  },
  { name: 'demo', rights: ['keys:seal'], sources: ['demo-site'] },
  { name: 'collect', rights: ['keys:seal'], sources: ['*'] },
  { name: 'tag', rights: ['keys:quarantine', 'keys:quarantine-destroy'] },
  { name: 'transfer', rights: ['keys:quarantine', 'keys:provisions', 'keys:reporters'] },
  {
    name: 'request',
    rights: ['keys:lookup', 'keys:sweep-prepare', 'keys:destroy', 'keys:contact', 'audit:read', 'audit:sign'],
    purposes: ['duty:identity-check'],
  },
  { name: 'erase', rights: ['keys:sweep', 'keys:lookup', 'lineage:read'] },
  { name: 'query', rights: ['keys:lookup'] },
  {
    name: 'compliance',
    rights: [
      'lineage:read',
      'requests:write',
      'requests:read',
      'identity:confirm',
      'packs:make',
      'tasks:write',
      'tasks:subject',
      'quarantine:read',
      'breach:assess',
      'restores:read',
      'keys:audit',
      'audit:read',
    ],
  },
  // Decides about messages, who is who, who may hold what, the policy and keys: no part of answering people.
  {
    name: 'operator',
    rights: [
      'lineage:read',
      'quarantine:read',
      'quarantine:manage',
      'links:manage',
      'holds:manage',
      'policy:publish',
      'holders:manage',
      'transfers:authorise',
      'transfers:record',
      'violations:manage',
      'readers:manage',
      'restores:manage',
      'restores:read',
      'gate:read',
      'keys:rotate',
      'audit:read',
      'audit:rotate',
    ],
  },
  // Opens for what is owed to the person, whatever is suspended (R5).
  {
    name: 'duties',
    rights: ['keys:open-duty', 'keys:provisions-open', 'provisions:export'],
    holder: 'duties',
    purposes: ['duty:disclosure', 'duty:correction', 'duty:breach', 'duty:floor'],
  },
  {
    name: 'crm',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'crm',
    purposes: ['membership', 'service'],
  },
  {
    name: 'billing',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'billing',
    purposes: ['payment'],
  },
  {
    name: 'sessions',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'sessions',
    purposes: ['membership'],
  },
  {
    name: 'mailer',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'mailer',
    purposes: ['service'],
  },
  {
    name: 'newsletter',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'newsletter',
    purposes: ['marketing'],
  },
  // The overseas site: it opens nothing, and says what it has copied (T3).
  { name: 'dr-singapore', rights: ['custody:report'], holder: 'dr-singapore' },
  // Keeps no copy of anybody: it reads to count, so it is no holder of the register.
  {
    name: 'statistics',
    rights: ['keys:open', 'keys:quarantine', 'keys:directive', 'custody:report', 'gate:read'],
    holder: 'statistics',
    purposes: ['statistics'],
  },
];

/** Name in the environment under which a client finds its token. */
export const tokenVariable = (client: string): string =>
  `KEIRO_TOKEN_${client.toUpperCase().replaceAll('-', '_')}`;
