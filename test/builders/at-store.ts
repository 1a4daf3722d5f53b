import { afterEach, beforeEach } from '@jest/globals';
import type { Connector } from '@keiro/erase/connectors/connector';
import { openConnector } from '@keiro/erase/connectors/open';
import { createLog } from '@keiro/runtime';
import type { ConnectorConfig } from '@keiro/schemas';
import type { TestStore } from './test-store.ts';
import { anyWork } from './work.ts';

const log = createLog('test-connectors', 'silent');

/** A store of its own for each test, with its connector. */
export interface AtStore {
  readonly store: TestStore;
  readonly connector: Connector;
  readonly workFor: typeof anyWork;
  /** What a probe says when nothing is left; a holder at which nobody can look says nothing at all. */
  readonly nothingLeft: 0 | undefined;
  /** Another connector to the same store, closed with it. */
  open(
    config: ConnectorConfig,
    options?: { readonly settings?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
  ): Connector;
}

export function atStore(create: () => Promise<TestStore>): AtStore {
  let store: TestStore;
  let opened: Connector[];
  const at: AtStore = {
    get store() {
      return store;
    },
    get connector() {
      return opened[0] ?? at.open(store.config);
    },
    workFor: (lives, more) => anyWork(lives, { ...store.bound, ...more }),
    get nothingLeft() {
      return store.knows.nothing ? undefined : 0;
    },
    open(config, { settings = store.settings, timeoutMs } = {}) {
      const connector = openConnector(config, (name) => settings[name], log, store.directives, timeoutMs);
      opened.push(connector);
      return connector;
    },
  };
  beforeEach(async () => {
    store = await create();
    opened = [];
    at.open(store.config);
  });
  afterEach(async () => {
    await Promise.all(opened.map((connector) => connector.close()));
    await store.close();
  });
  return at;
}
