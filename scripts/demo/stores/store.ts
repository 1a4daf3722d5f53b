import type { Log } from '@keiro/runtime';
import type { Category } from '@keiro/schemas';
import type { DirectiveHandlers, GuardedConsumerOptions } from '@keiro/sdk';
import type { StoreConfig } from './config.ts';

interface StoreTools {
  readonly config: StoreConfig;
  readonly log: Log;
  /** Called with the number of items that were written or handed on. */
  readonly counted: (items: number) => void;
}

interface OpenStore {
  /** Stores events; the same record twice is one row. Answers each with its locator, or null. */
  readonly handle: GuardedConsumerOptions['handle'];
  /** How it carries directives out; without it the erase workers reach its store themselves. */
  readonly directives?: DirectiveHandlers;
  /** Throws while the store behind it does not answer. */
  readonly ready: () => Promise<void>;
  readonly close: () => Promise<unknown>;
}

/** One of the demo company's stores: what it may see, for which purpose, and how it keeps it. */
export interface Store {
  readonly holder: string;
  readonly purpose: GuardedConsumerOptions['purpose'];
  readonly categories: readonly Category[];
  readonly open: (tools: StoreTools) => Promise<OpenStore>;
}
