import type { StackConfig } from './config.ts';
import type { Say } from './install.ts';
import type { ServerName } from './addresses.ts';

export interface ServerContext {
  readonly config: StackConfig;
  readonly port: number;
  readonly address: string;
  readonly say: Say;
}

/** How to start a prepared server. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly version: string;
}

/** One kind of server of the local stack. */
export interface LocalServer {
  /** Installs (cached), writes configuration, initialises data on first use. Names what is missing. */
  prepare(context: ServerContext): Promise<Launch>;
  /** Speaks the server's own protocol: resolves when it serves, rejects while it does not. */
  check(address: string): Promise<unknown>;
  /** Makes a server that is up for the first time usable; repeated until it passes, so idempotent. */
  settle?(context: ServerContext): Promise<void>;
  /** What ends it in good order, SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
}

export type LocalServers = Readonly<Record<ServerName, LocalServer>>;
