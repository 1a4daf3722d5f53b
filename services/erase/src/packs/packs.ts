import { hash } from 'node:crypto';
import { every, ProblemError, type Log, type Running } from '@keiro/runtime';
import { addPeriod, type HolderDocument, type MadePack, type TaskDocument } from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import { packData } from './data.ts';
import type { ExportStore } from './export-store.ts';
import { packFiles, sealPack } from './files.ts';
import { gather } from './gather.ts';
import type { PackStore } from './pack-store.ts';
import type { PackLanguage } from './readable.ts';

export interface PackDependencies {
  readonly store: PackStore;
  readonly exports: ExportStore;
  readonly tasksOf: (request: string) => Promise<TaskDocument[]>;
  readonly holders: () => Promise<HolderDocument[]>;
  readonly keys: Pick<KeysClient, 'sweep'>;
  readonly query: { readonly url: string; readonly token: string };
  /** ISO 8601: how long a pack can be had. */
  readonly kept: string;
  /** How often. */
  readonly downloads: number;
  readonly random: (bytes: number) => Buffer;
  readonly now: () => Date;
}

/**
 * Makes the pack of a disclosure (R1, APPI 33), once. What holders handed over goes with it; its key is told to who
 * asked for it and kept by nobody. Whoever lost it asks for the disclosure again.
 */
export async function makePack(
  { request: id, language }: { readonly request: string; readonly language: PackLanguage },
  by: string,
  deps: PackDependencies,
): Promise<MadePack> {
  const { store, exports, random, now } = deps;
  const request = await store.request(id);
  if (request?.type !== 'disclosure')
    throw new ProblemError(404, 'unknown-disclosure', 'there is no disclosure with this id');
  if ((await store.pack(id)) !== null) throw alreadyMade();
  const tasks = await deps.tasksOf(id);
  const open = tasks.filter(({ state }) => state !== 'done').map(({ holder }) => holder);
  if (request.state !== 'waiting-for-operator' || open.length > 0) {
    const why = open.length > 0 ? `it waits for ${open.join(', ')}` : `it is ${request.state}`;
    throw new ProblemError(409, 'not-ready', `${why}: keiro request show ${id}`);
  }
  const { lives, exportKey = '' } = await deps.keys.sweep(id, undefined, true);
  const gathered = await gather(
    { request: id, lives, key: Buffer.from(exportKey, 'base64'), tasks, holders: await deps.holders() },
    { exports, query: deps.query },
  );
  const data = packData(gathered);
  const [key, token] = [random(32), random(32).toString('base64url')];
  const sealed = sealPack(key, id, await packFiles(data, language), random(12));
  const at = now();
  const expiresAt = addPeriod(at, deps.kept);
  const pack = {
    _id: id,
    tokenSha256: hash('sha256', token, 'hex'),
    sha256: hash('sha256', sealed, 'hex'),
    bytes: sealed.length,
    items: data.holders.reduce((sum, { items }) => sum + items.length, 0),
    holders: data.holders.length,
    madeAt: at,
    by,
    expiresAt,
    left: deps.downloads,
  };
  if (!(await store.put(pack, sealed))) throw alreadyMade();
  const { items, holders, sha256 } = pack;
  await store.audit({ ...entryOf(id, 'made', at, by), detail: { items, holders, sha256 } });
  await exports.remove([id]);
  return {
    request: id,
    key: key.toString('base64url'),
    token,
    expiresAt: expiresAt.toISOString(),
    downloads: deps.downloads,
  };
}

/** One download; the last one takes the pack away. */
export async function downloadPack(
  token: string,
  by: string,
  { store, now }: Pick<PackDependencies, 'store' | 'now'>,
): Promise<{ request: string; sealed: string; left: number }> {
  const at = now();
  const pack = await store.take(hash('sha256', token, 'hex'), at);
  // The same for what never was and for what is over.
  if (pack === undefined)
    throw new ProblemError(404, 'no-pack', 'there is no pack for this, or it can be had no more');
  const sealed = await store.read(pack);
  await store.audit({
    ...entryOf(pack._id, `downloaded/${String(pack.left)}`, at, by),
    detail: { left: pack.left },
  });
  if (pack.left === 0) await removePack(pack, at, store);
  return { request: pack._id, sealed, left: pack.left };
}

async function removePack(
  pack: Parameters<PackStore['remove']>[0],
  at: Date,
  store: PackStore,
): Promise<void> {
  await store.remove(pack, at);
  await store.audit({ ...entryOf(pack._id, 'removed', at, 'erase'), detail: {} });
}

/** Takes away what can be had no more, and what holders handed over for a request that has ended without a pack. */
export function startPackEnds(
  deps: Pick<PackDependencies, 'store' | 'exports' | 'now'> & { readonly log: Log; readonly everyMs: number },
): Running {
  const { store, exports, now, log, everyMs } = deps;
  return every({ what: 'the end of packs', everyMs, log, level: 'warn' }, async () => {
    const at = now();
    for (const pack of await store.over(at)) await removePack(pack, at, store);
    const requests = await exports.requests();
    if (requests.length > 0) await exports.remove(await store.ended(requests));
  });
}

const alreadyMade = () =>
  new ProblemError(
    409,
    'already-made',
    'the pack was made before, and its key told once: whoever lost it asks for the disclosure again',
  );

function entryOf(request: string, what: string, at: Date, by: string) {
  return { _id: `${request}/pack/${what}`, at, by, action: `pack.${what.split('/')[0] ?? what}`, request };
}
