import type { Log } from '@keiro/runtime';
import type { HolderDocument } from '@keiro/schemas';
import { ConnectorError, type Connector } from './connector.ts';
import type { DirectiveDependencies } from './directive.ts';
import type { ProcessorDependencies } from './http.ts';
import { openConnector, type Settings } from './open.ts';

/** One open connector per holder, opened anew when the holder's configuration has changed. */
export interface Connectors {
  of(id: string, holder: HolderDocument | null): Promise<Connector>;
  close(): Promise<void>;
}

export function createConnectors(options: {
  settings: Settings;
  log: Log;
  directives?: DirectiveDependencies;
  processors?: ProcessorDependencies;
}): Connectors {
  const open = new Map<string, { config: string; connector: Connector }>();
  return {
    async of(id, holder) {
      if (holder === null)
        throw new ConnectorError('unknown-holder', 'the holder is not registered any more');
      const config = JSON.stringify(holder.connector);
      const existing = open.get(id);
      if (existing?.config === config) return existing.connector;
      const connector = openConnector(
        holder.connector,
        options.settings,
        options.log,
        options.directives,
        undefined,
        options.processors,
      );
      open.set(id, { config, connector });
      // An attempt that still uses the old one fails and is made again.
      await existing?.connector.close();
      return connector;
    },
    async close() {
      await Promise.all([...open.values()].map(({ connector }) => connector.close()));
    },
  };
}
