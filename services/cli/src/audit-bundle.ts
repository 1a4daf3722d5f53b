import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { dayInJapan, headOf, requestViewSchema, type AuditLine, type ChainHead } from '@keiro/schemas';
import type { Ask } from './ask.ts';
import type { AuditSource } from './audit-source.ts';
import { bundleReadme } from './audit-bundle-readme.ts';

export interface BundleRun {
  /** First and last day, `YYYY-MM-DD` in Asia/Tokyo. */
  readonly from: string;
  readonly to: string;
  readonly out: string;
  readonly source: AuditSource;
  readonly ask: Ask;
}

/**
 * Writes what a regulator needs of a span of days into a new folder: the segments of the chain that have an entry of
 * those days, with all in between, so that they chain; their certificates; the requests that they are about, with clock,
 * steps and receipts; the public keys; and the checksum of every file.
 */
export async function writeBundle(
  run: BundleRun,
): Promise<{ segments: number; requests: number; certificates: number }> {
  const { out, source, from, to } = run;
  makeFolder(out);
  for (const folder of ['segments', 'certificates', 'requests'])
    mkdirSync(join(out, folder), { mode: 0o700 });
  const write = (name: string, content: unknown) => {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    writeFileSync(join(out, name), text, { mode: 0o600 });
  };
  const requests = new Set<string>();
  let before: ChainHead | undefined;
  let head: ChainHead | undefined;
  let certificates = 0;
  let segments = 0;
  /** Since the last one that was written: no entry of these days, unless a later one has. */
  let between: (() => Promise<void>)[] = [];
  for await (const answer of source.segments()) {
    const own = answer.entries.filter((entry) => isWithin(entry, from, to));
    const keep = async () => {
      segments += 1;
      head = headOf(answer.segment);
      write(`segments/${String(head.number).padStart(9, '0')}.json`, answer);
      for (const one of await source.certificates(answer)) {
        write(`certificates/${one.content.id}.json`, one);
        certificates += 1;
      }
    };
    if (own.length === 0) {
      if (head === undefined) before = headOf(answer.segment);
      else between.push(keep);
      continue;
    }
    for (const earlier of [...between, keep]) await earlier();
    between = [];
    for (const { request } of own) if (request !== undefined) requests.add(request);
  }
  let known = 0;
  for (const id of requests) {
    const view = await run
      .ask({ path: `/v1/requests/${encodeURIComponent(id)}` }, requestViewSchema)
      .catch(notFound);
    if (view === undefined) continue;
    write(`requests/${id}.json`, view);
    known += 1;
  }
  write('keys.json', await source.keys());
  write('chain.json', {
    from,
    to,
    writtenAt: new Date().toISOString(),
    ...(before === undefined ? {} : { before }),
    ...(head === undefined ? {} : { head }),
  });
  for (const lang of ['ja', 'en'] as const) write(`README.${lang}.md`, bundleReadme({ from, to }, lang));
  write('SHA256SUMS', checksums(out));
  return { segments, requests: known, certificates };
}

const isWithin = ({ at }: AuditLine, from: string, to: string): boolean => {
  const day = dayInJapan(new Date(at));
  return day >= from && day <= to;
};

/** A request that has expired is in the chain and nowhere else. */
function notFound(error: unknown): undefined {
  if ((error as { status?: number }).status === 404) return undefined;
  throw error;
}

/** As `sha256sum --check` reads it. */
function checksums(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return files.map((file) => `${hash('sha256', readFileSync(file))}  ${relative(folder, file)}\n`).join('');
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const exists = (error as { code?: string }).code === 'EEXIST';
    const why = exists ? 'there is something of this name already: choose another one' : messageOf(error);
    throw new KeiroError('configuration', `--out: ${why}`, { retryable: false, cause: error });
  }
}
