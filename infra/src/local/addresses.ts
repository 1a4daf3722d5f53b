/*
 * Every port and every address name of the local stack. docker-compose.yml is held against this table by
 * test/unit/compose.test.ts. No two base ports agree in their last two digits, so stacks whose offsets are
 * multiples of 100 never meet.
 */

export const serverNames = [
  'kafka',
  'registry',
  'mongo',
  'redis',
  'demo-mongo',
  'demo-redis',
  'demo-postgres',
  'mailbox',
] as const;
export type ServerName = (typeof serverNames)[number];

export interface ServerAddress {
  readonly title: string;
  readonly basePort: number;
  /** Ports beyond the one that clients use. */
  readonly otherPorts: readonly number[];
  /** Name in the environment; when it is set there, the stack uses that server and starts none. */
  readonly variable: string;
}

export const servers: Readonly<Record<ServerName, ServerAddress>> = {
  kafka: { title: 'Kafka', basePort: 19_092, otherPorts: [19_093], variable: 'KEIRO_KAFKA_BROKERS' },
  registry: { title: 'Schema Registry', basePort: 18_081, otherPorts: [], variable: 'KEIRO_REGISTRY_URL' },
  mongo: { title: 'MongoDB', basePort: 27_117, otherPorts: [], variable: 'KEIRO_MONGO_URL' },
  redis: { title: 'Redis', basePort: 16_379, otherPorts: [], variable: 'KEIRO_REDIS_URL' },
  // The downstream side has instances of its own: a search of the lineage's folders must mean something.
  'demo-mongo': {
    title: 'MongoDB (downstream)',
    basePort: 27_118,
    otherPorts: [],
    variable: 'DEMO_MONGO_URL',
  },
  'demo-redis': { title: 'Redis (downstream)', basePort: 16_380, otherPorts: [], variable: 'DEMO_REDIS_URL' },
  'demo-postgres': {
    title: 'PostgreSQL (downstream)',
    basePort: 15_432,
    otherPorts: [],
    variable: 'DEMO_POSTGRES_URL',
  },
  // Mails, and the page that shows them.
  mailbox: { title: 'Mailbox (SMTP)', basePort: 17_025, otherPorts: [17_026], variable: 'KEIRO_SMTP_URL' },
};

export interface ServiceAddress {
  readonly basePort: number;
  /** Name of the port in the environment. */
  readonly port: string;
  /** Name of the address in the environment, where others call it. */
  readonly url?: string;
}

export const services = {
  console: { basePort: 17_000, port: 'KEIRO_CONSOLE_PORT' },
  collect: { basePort: 17_001, port: 'KEIRO_COLLECT_PORT', url: 'KEIRO_COLLECT_URL' },
  keys: { basePort: 17_002, port: 'KEIRO_KEYS_PORT', url: 'KEIRO_KEYS_URL' },
  request: { basePort: 17_003, port: 'KEIRO_REQUEST_PORT', url: 'KEIRO_REQUEST_URL' },
  query: { basePort: 17_004, port: 'KEIRO_QUERY_PORT', url: 'KEIRO_QUERY_URL' },
  tag: { basePort: 17_005, port: 'KEIRO_TAG_PORT', url: 'KEIRO_TAG_URL' },
  transfer: { basePort: 17_006, port: 'KEIRO_TRANSFER_PORT', url: 'KEIRO_TRANSFER_URL' },
  erase: { basePort: 17_007, port: 'KEIRO_ERASE_PORT', url: 'KEIRO_ERASE_URL' },
  'demo-site': { basePort: 17_010, port: 'DEMO_SITE_PORT', url: 'DEMO_SITE_URL' },
  'demo-analytics': { basePort: 17_019, port: 'DEMO_ANALYTICS_PORT', url: 'DEMO_ANALYTICS_URL' },
  'demo-mail': { basePort: 17_011, port: 'DEMO_MAIL_PORT', url: 'DEMO_MAIL_URL' },
} as const satisfies Record<string, ServiceAddress>;
export type ServiceName = keyof typeof services;

/** Where the downstream store's user and database come from; the password is made per stack. */
export const postgresUser = 'keiro';
export const postgresDatabase = 'demo';

/** Address of a server of the local stack, as its clients want it. */
export function localAddress(
  name: ServerName,
  portOffset: number,
  secrets: { postgresPassword: string },
): string {
  const port = String(servers[name].basePort + portOffset);
  switch (name) {
    case 'kafka':
      return `127.0.0.1:${port}`;
    case 'registry':
      return `http://127.0.0.1:${port}/apis/ccompat/v7`;
    case 'mongo':
    case 'demo-mongo':
      // Direct, because a member of a replica set in a container calls itself by a name that only containers know.
      return `mongodb://127.0.0.1:${port}/?directConnection=true`;
    case 'redis':
    case 'demo-redis':
      return `redis://127.0.0.1:${port}`;
    case 'mailbox':
      return `smtp://127.0.0.1:${port}`;
    case 'demo-postgres':
      return `postgres://${postgresUser}:${secrets.postgresPassword}@127.0.0.1:${port}/${postgresDatabase}`;
  }
}
