import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readJsonFile } from './config.ts';
import { ProblemError } from './errors.ts';

/** Rights of callers; each interface asks for one. */
export const rights = [
  'collect',
  'keys:seal',
  'keys:open',
  'keys:lookup',
  'keys:custody',
  'keys:quarantine',
  'keys:quarantine-destroy',
  'keys:sweep-prepare',
  'keys:sweep',
  'keys:directive',
  'keys:reporters',
  'keys:destroy',
  'keys:open-duty',
  'keys:provisions',
  'keys:provisions-open',
  'keys:rotate',
  'keys:audit',
  'keys:contact',
  'custody:report',
  'lineage:read',
  'requests:read',
  'requests:write',
  'identity:confirm',
  'packs:make',
  'tasks:write',
  'tasks:subject',
  'quarantine:read',
  'quarantine:manage',
  'links:manage',
  'holds:manage',
  'policy:publish',
  'holders:manage',
  'transfers:authorise',
  'transfers:record',
  'provisions:export',
  'violations:manage',
  'readers:manage',
  'breach:assess',
  'restores:manage',
  'restores:read',
  'gate:read',
  'audit:read',
  'audit:sign',
  'audit:rotate',
] as const;
export type Right = (typeof rights)[number];

const clientSchema = z.strictObject({
  name: z.string(),
  /** Hex; the token itself is nowhere on the server side. */
  tokenSha256: z.string().length(64),
  rights: z.array(z.enum(rights)),
  /** Sources of events that it may emit; `*` for any. */
  sources: z.array(z.string()).default([]),
  /** The holder in whose name it opens, and for which purposes. */
  holder: z.string().optional(),
  purposes: z.array(z.string()).default([]),
});
export type Client = z.infer<typeof clientSchema>;

/** Who may call: a JSON file of clients with hashes of their tokens (S1). */
export interface Clients {
  /** Throws 401 or 403 as {@link ProblemError}. */
  require(authorization: string | undefined, right: Right): Client;
}

export function loadClients(file: string): Clients {
  const byHash = new Map(
    readJsonFile(file, z.array(clientSchema)).map((client) => [client.tokenSha256, client]),
  );
  return {
    require(authorization, right) {
      const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
      // Looking up a hash leaks nothing useful about the token through timing.
      const client =
        token === undefined ? undefined : byHash.get(createHash('sha256').update(token).digest('hex'));
      if (client === undefined) {
        throw new ProblemError(401, 'unauthorised', 'a valid token is required: Authorization: Bearer TOKEN');
      }
      if (!client.rights.includes(right)) {
        throw new ProblemError(403, 'forbidden', `client ${client.name} lacks the right ${right}`);
      }
      return client;
    },
  };
}
