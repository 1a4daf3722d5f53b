import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { configSchema as collectConfig } from '@keiro/collect/config';
import { configSchema as eraseConfig } from '@keiro/erase/config';
import { servers, serverNames, services } from '@keiro/infra/local/addresses';
import { clientPlans, tokenVariable } from '@keiro/infra/local/clients';
import { besideStack, root, stackConfig, type StackConfig } from '@keiro/infra/local/config';
import { configSchema as keysConfig } from '@keiro/keys/config';
import { configSchema as queryConfig } from '@keiro/query/config';
import { configSchema as requestConfig } from '@keiro/request/config';
import { configSchema as tagConfig } from '@keiro/tag/config';
import { configSchema as transferConfig } from '@keiro/transfer/config';
import { parse } from 'yaml';
import { z } from 'zod';

/* There is no Docker engine to try docker-compose.yml with, so it is held, as data, against what the services read. */

const setting = z.union([z.string(), z.number()]).transform(String);
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).optional(),
      user: z.string().optional(),
      restart: z.string(),
      ports: z.array(z.string()).default([]),
      environment: z.record(z.string(), setting).default({}),
      healthcheck: z.object({ test: z.array(z.string()), retries: z.number() }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      secrets: z.array(z.string()).default([]),
      configs: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
    }),
  ),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  configs: z.record(z.string(), z.object({ file: z.string() })),
  volumes: z.record(z.string(), z.null()),
});

const compose = composeSchema.parse(
  parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }),
);

const configs = {
  keys: keysConfig,
  collect: collectConfig,
  tag: tagConfig,
  transfer: transferConfig,
  request: requestConfig,
  erase: eraseConfig,
  query: queryConfig,
} as const;
const serviceNames = Object.keys(configs) as (keyof typeof configs)[];
const oneShots = ['mongo-init', 'demo-mongo-init', 'provision'];

function service(name: string) {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return found;
}

/** Port inside the container that is published under a port of the host. */
function inside(name: string, hostPort: number): string | undefined {
  return service(name)
    .ports.map((entry) => entry.split(':'))
    .find(([, host]) => host === String(hostPort))?.[2];
}

/** The environment of a container, with placeholders where compose takes a value from the caller's. */
const withoutPlaceholders = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).map(([key, value]) => [key, value.replaceAll(/\$\{[^}]*\}/g, 'given')]),
  );

describe('docker-compose.yml', () => {
  test('offers every server of the local stack and every service, and nothing that neither knows', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      [...serverNames, ...serviceNames, ...oneShots].toSorted(),
    );
  });

  test('publishes on the loopback interface only', () => {
    const published = Object.values(compose.services).flatMap(({ ports }) => ports);
    // The mailbox has a page besides.
    expect(published).toHaveLength(serverNames.length + serviceNames.length + 1);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test.each(serverNames)('%s has the port of the local stack and a health check', (name) => {
    expect(inside(name, servers[name].basePort)).toBeDefined();
    expect(service(name).healthcheck?.test[0]).toBe('CMD');
    expect(service(name).restart).toBe('unless-stopped');
  });

  test.each(serviceNames)(
    '%s listens on its own port, is asked there whether it is ready, and runs its own code',
    (name) => {
      const { basePort, port } = services[name];
      const { environment, healthcheck, command } = service(name);
      expect(environment[port]).toBe(String(basePort));
      expect(inside(name, basePort)).toBe(String(basePort));
      expect(healthcheck?.test.join(' ')).toContain(`http://localhost:${String(basePort)}/health/ready`);
      expect(command).toEqual([`services/${name}/dist/main.js`]);
    },
  );

  test.each(serviceNames)('%s is told all that its configuration wants', (name) => {
    expect(configs[name].safeParse(withoutPlaceholders(service(name).environment)).error).toBeUndefined();
  });

  test.each(serviceNames)('%s is told nothing that nobody reads', (name) => {
    const shared = Object.values(configs).flatMap((config) => Object.keys(config.shape));
    const holders = name === 'erase' ? serverNames.map((server) => servers[server].variable) : [];
    const unknown = Object.keys(service(name).environment).filter(
      (key) => ![...shared, ...holders, 'NODE_OPTIONS'].includes(key),
    );
    expect(unknown).toEqual([]);
  });

  test.each(serviceNames.filter((name) => name !== 'keys'))('%s calls in its own name', (name) => {
    expect(clientPlans.map((client) => client.name)).toContain(name);
    expect(service(name).environment['KEIRO_TOKEN']).toContain(`\${${tokenVariable(name)}:?`);
  });

  test('every address names a server at the port where it listens inside', () => {
    for (const name of [...serviceNames, 'provision']) {
      for (const [variable, value] of Object.entries(service(name).environment)) {
        const address = /^(?:\w+:\/\/(?:[^@/]*@)?)?([a-z-]+):(\d+)(?:\/|$)/.exec(
          withoutPlaceholders({ value })['value'] ?? '',
        );
        if (address === null || variable === 'KEIRO_HOST') continue;
        const [, host = '', port = ''] = address;
        const listening = service(host).ports.map((entry) => entry.split(':')[2]);
        // Kafka has a listener for the inside and one for the host.
        const expected = host === 'kafka' ? ['9092'] : listening;
        expect({ name, variable, port: expected.includes(port) }).toEqual({ name, variable, port: true });
      }
    }
  });

  test('only keys has the key file, in a folder that it may write to', () => {
    const mounted = ({ volumes }: { volumes: readonly string[] }) =>
      volumes.filter((volume) => volume.includes('KEIRO_KEY_FOLDER'));
    const readers = Object.entries(compose.services).filter(([, one]) => mounted(one).length > 0);
    expect(readers.map(([name]) => name)).toEqual(['keys']);
    expect(mounted(service('keys'))).toEqual([
      expect.stringMatching(/^\$\{KEIRO_KEY_FOLDER:\?[^}]*\}:\/keys$/),
    ]);
    expect(service('keys').environment['KEIRO_KEY_FILE']).toBe('/keys/keys.json');
    expect(compose.secrets['clients']?.file).toContain('${KEIRO_CLIENTS_FILE:?');
  });

  test.each(serviceNames)(
    '%s keeps to the policy of the company, which is mounted where it looks',
    (name) => {
      expect(service(name).configs).toEqual(['policy']);
      expect(service(name).environment['KEIRO_POLICY_FILE']).toBe('/policy');
      expect(compose.configs['policy']?.file).toContain('${KEIRO_POLICY_FILE:?');
    },
  );

  test('services wait for what they need, and whatever is waited for can be', () => {
    for (const [name, { depends_on: needs }] of Object.entries(compose.services)) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const wanted = oneShots.includes(needed) ? 'service_completed_successfully' : 'service_healthy';
        expect({ name, needed, condition }).toEqual({ name, needed, condition: wanted });
        if (wanted === 'service_healthy') expect(service(needed).healthcheck).toBeDefined();
      }
    }
    for (const name of serviceNames) expect(Object.keys(service(name).depends_on)).toContain('provision');
  });

  test('the queue drops nothing, broker and stores keep their data', () => {
    expect(service('redis').command?.join(' ')).toContain('--appendonly yes');
    expect(service('redis').command?.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(service('kafka').environment['KAFKA_AUTO_CREATE_TOPICS_ENABLE']).toBe('false');
    for (const name of serverNames.filter((server) => server !== 'registry')) {
      const volume = service(name).volumes[0]?.split(':')[0] ?? '';
      expect(Object.keys(compose.volumes)).toContain(volume);
    }
  });

  test('images are pinned, and services do not run as root', () => {
    for (const [name, { image }] of Object.entries(compose.services)) {
      if (service(name).user === undefined) expect(image).toMatch(/^[a-z/-]+:v?\d[\d.]*$/);
      else expect(image).toBe('keiro');
    }
    expect(readFileSync(join(root, 'infra', 'Dockerfile'), 'utf8')).toMatch(/^USER node$/m);
  });
});

describe('ports of the local stack', () => {
  test('no two stacks meet whose offsets are multiples of 100', () => {
    const bases = [
      ...serverNames.flatMap((name) => [servers[name].basePort, ...servers[name].otherPorts]),
      ...Object.values(services).map(({ basePort }) => basePort),
    ];
    const lastTwo = bases.map((port) => port % 100);
    expect(new Set(lastTwo).size).toBe(bases.length);
  });

  test('a stack beside another has a name and ports of its own, also where the environment moves that one', () => {
    const moved = { KEIRO_STACK: 'mine', KEIRO_PORT_OFFSET: '500' };
    const placeOf = ({ name, portOffset }: StackConfig) => [name, portOffset];
    expect(placeOf(stackConfig(besideStack('test'), {}))).toEqual(['test-beside', 3100]);
    expect(placeOf(stackConfig(besideStack('mine'), moved))).toEqual(['mine-beside', 3500]);
    expect(() => stackConfig(besideStack('unknown'), {})).toThrow('KEIRO_PORT_OFFSET');
  });
});
