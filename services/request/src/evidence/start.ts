import { every, type Log, type Mongo, type Opened, type Producer, type Route } from '@keiro/runtime';
import { createSigningClient } from '@keiro/sdk';
import type { Config } from '../config.ts';
import type { Reopen } from '../reopen-store.ts';
import { openCertificateStore } from './certificate-store.ts';
import { createCertifier } from './certifier.ts';
import { openChainStore } from './chain-store.ts';
import { openHeads } from './heads.ts';
import { createRotation } from './rotate.ts';
import { evidenceRoutes } from './routes.ts';
import { createSealer, startSealing } from './sealer.ts';

/** How often second certificates are looked for: snapshots end on a day. */
const closeEveryMs = 3_600_000;

/** Evidence, wired: the sealer, the certificates, and what is asked of both. */
export function startEvidence(
  config: Config,
  deps: {
    mongo: Mongo;
    producer: Pick<Producer, 'send'>;
    reopen: Reopen;
    onReopened: (request: string) => void;
    log: Log;
    now: () => Date;
    opened: Opened;
  },
): Route[] {
  const { producer, log, now, opened } = deps;
  const { db } = deps.mongo;
  if (config.KEIRO_AUDIT_FOLDER === undefined)
    log.warn('KEIRO_AUDIT_FOLDER is not set: heads of the audit chain are kept in Kafka alone');
  const signing = createSigningClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const chain = openChainStore(db);
  const certificates = openCertificateStore(db);
  const certifier = createCertifier({ ...deps, store: certificates, chain, signing });
  const heads = openHeads({ folder: config.KEIRO_AUDIT_FOLDER, database: config.KEIRO_DATABASE, producer });
  const sealer = createSealer({
    store: chain,
    signing,
    heads,
    now,
    onSealed: (segment, entries) => certifier.onSealed(segment, entries),
  });
  const sealing = startSealing(sealer, { everyMs: config.KEIRO_AUDIT_SEAL_SECONDS * 1000, log });
  opened('sealing', () => sealing.close());
  const closing = every(
    { what: 'certificates whose snapshots have ended', everyMs: closeEveryMs, log, level: 'warn' },
    async () => {
      while ((await certifier.close()) > 0);
    },
  );
  opened('closing', () => closing.close());
  const rotation = createRotation({ signing, chain, sealer, now });
  return evidenceRoutes({ chain, certificates, sealer, rotation, now });
}
