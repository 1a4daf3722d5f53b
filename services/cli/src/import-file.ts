import { hash, randomBytes } from 'node:crypto';
import { basename, extname } from 'node:path';
import {
  connectKafka,
  createLog,
  kafkaConfig,
  keysConfig,
  KeiroError,
  loadPolicies,
  messageOf,
  policyConfig,
  readConfig,
  registryConfig,
  tokenConfig,
  whileUnavailable,
} from '@keiro/runtime';
import { connectRegistry } from '@keiro/runtime/registry';
import { holdersAnswerSchema, importSubject } from '@keiro/schemas';
import { createReportProver, reportKeyFor } from '@keiro/sdk/custody-proof';
import { createKeysClient } from '@keiro/sdk/keys-client';
import { z } from 'zod';
import { asking } from './ask.ts';
import { writeState } from './capture-state.ts';
import { environmentFor } from './environment.ts';
import { collectionQuery, readCollection } from './import-mongo.ts';
import { createProgress } from './import-progress.ts';
import { readQuery } from './import-query.ts';
import { reportData, reportLines } from './import-report.ts';
import { readRows, type Encoding, type Format } from './import-rows.ts';
import { runImport, type ImportRun } from './import-run.ts';
import type { ImportHolder } from './import-seal.ts';
import { digestOf, readImportState } from './import-state.ts';
import { ImportTally } from './import-tally.ts';
import { print, type Language } from './output.ts';

export interface ImportOptions {
  readonly query?: string;
  readonly collection?: string;
  readonly filter?: string;
  readonly columns?: string;
  readonly urlEnv?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly site?: string;
  readonly format?: Format;
  readonly encoding: Encoding;
  readonly state?: string;
  readonly lang: Language;
  readonly json?: boolean;
}

const configSchema = z.object({
  ...kafkaConfig,
  ...registryConfig,
  ...keysConfig,
  ...tokenConfig,
  ...policyConfig,
  KEIRO_SITES: z
    .string()
    .default('www.demo.example')
    .transform((list) => list.split(',').map((site) => site.trim().toLowerCase())),
});
type Config = z.infer<typeof configSchema>;

/** Registers what a file or a query says that a holder held; answers with the exit code. */
export async function importRows(
  holderId: string,
  path: string | undefined,
  options: ImportOptions,
): Promise<number> {
  const isDryRun = options.dryRun === true;
  const config = readConfig(configSchema, environmentFor('import'));
  const policies = loadPolicies(config.KEIRO_POLICY_FILE);
  const holder = await registered(holderId);
  const source = path === undefined ? querySource(options) : await fileSource(path, options);
  const stateFile = options.state ?? `${source.place}.${holder.id}.keiro-state`;
  const known = readImportState(stateFile, holder.id, source.digest);
  // The rows of a query may have changed: it is gone through again.
  const state = path === undefined ? { ...known, rows: 0, erased: [] } : known;
  if (!isDryRun && !state.looked && options.yes !== true) {
    throw refusal(
      `${source.name} has not been looked through for ${holder.id} yet: run it with --dry-run first, or say --yes`,
    );
  }

  const now = new Date();
  const log = createLog('import', 'warn', 2);
  const tally = new ImportTally();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = createProgress(process.stderr);
  const keys = createKeysClient({ url: config.KEIRO_KEYS_URL, token: config.KEIRO_TOKEN });
  const run: Omit<ImportRun, 'send'> = {
    rows: source.rows,
    holder,
    context: { sites: sitesOf(config, options.site), policies, now },
    keys,
    state,
    commit: (next) => writeState(stateFile, next),
    tally,
    onProgress: () => {
      progress.show(tally.rows);
    },
    signal: stop.signal,
    log,
    random: randomBytes,
  };
  let isWhole = false;
  let failure: unknown;
  try {
    isWhole = isDryRun
      ? await runImport(run)
      : await sending(config, log, (send) =>
          runImport({ ...run, send: { ...send, prove: createReportProver(reportKeyFor(keys, holder.id)) } }),
        );
    if (isDryRun && isWhole) await writeState(stateFile, { ...state, looked: true });
  } catch (error) {
    failure = error;
  }
  progress.clear();
  const policy = policies.inForce(now);
  const report = { file: source.name, holder: holder.id, isDryRun, tally, policy, stateFile, isWhole };
  if (options.json === true) print(JSON.stringify(reportData(report), null, 2));
  else for (const line of reportLines(report, options.lang)) print(line);
  if (failure !== undefined) process.stderr.write(`${messageOf(failure)}\n`);
  return isWhole && tally.refusedRows === 0 && tally.erased.count === 0 ? 0 : 1;
}

/** Kafka and the registry, for as long as something is sent. */
async function sending<T>(
  config: Config,
  log: ImportRun['log'],
  work: (send: Omit<NonNullable<ImportRun['send']>, 'prove'>) => Promise<T>,
): Promise<T> {
  const registry = connectRegistry({ url: config.KEIRO_REGISTRY_URL });
  const kafka = connectKafka({ brokers: config.KEIRO_KAFKA_BROKERS, clientId: 'keiro-import', log });
  const producer = await kafka.producer();
  try {
    const [record, copy] = await whileUnavailable(
      { what: 'the schema registry', log, giveUpAfterMs: 60_000 },
      () => Promise.all([registry.encoder(importSubject), registry.encoder('custody.copies-value')]),
    );
    return await work({ producer, encode: { record, copy } });
  } finally {
    await Promise.all([producer.close(), registry.close()]);
  }
}

/** The holder as the register has it. */
async function registered(id: string): Promise<ImportHolder> {
  const { holders } = await asking('query')({ path: '/v1/holders' }, holdersAnswerSchema);
  const found = holders.find((holder) => holder.id === id);
  if (found !== undefined) return found;
  const known = holders.map((holder) => holder.id).join(', ');
  throw refusal(
    `${id} is no registered holder: put it into the register first (KEIRO_HOLDERS_FILE of transfer). Registered are: ${known === '' ? 'none' : known}`,
  );
}

interface Source {
  /** As the report calls it. */
  readonly name: string;
  /** Beside which the state is kept. */
  readonly place: string;
  readonly digest: string;
  readonly rows: ImportRun['rows'];
}

async function fileSource(path: string, { format, encoding }: ImportOptions): Promise<Source> {
  const rows = readRows(path, format ?? formatOf(path), encoding);
  return { name: basename(path), place: path, digest: await digestOf(path), rows };
}

function querySource({ query, collection, filter, columns, urlEnv = '' }: ImportOptions): Source {
  const url = process.env[urlEnv];
  if (url === undefined || url === '') throw refusal(`${urlEnv} (--url-env) is not set`);
  const named = [urlEnv, ...(query === undefined ? [collection, filter, columns] : [query])];
  const digest = hash('sha256', named.join('\n'), 'base64url');
  return {
    name: `query of ${urlEnv}`,
    place: `query-${digest.slice(0, 8)}`,
    digest,
    rows:
      query === undefined
        ? readCollection(url, collectionQuery({ collection: collection ?? '', filter, columns }))
        : readQuery(url, query),
  };
}

function formatOf(path: string): Format {
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (['.ndjson', '.jsonl'].includes(extension)) return 'ndjson';
  throw refusal('the name of the file does not say what it is: --format csv or --format ndjson');
}

function sitesOf(config: Config, given: string | undefined): readonly [string, ...string[]] {
  const [first = 'www.demo.example'] = config.KEIRO_SITES;
  if (given !== undefined && !config.KEIRO_SITES.includes(given))
    throw refusal('--site is none of our sites (KEIRO_SITES)');
  return [given ?? first, ...config.KEIRO_SITES];
}

const refusal = (message: string) => new KeiroError('configuration', message, { retryable: false });
