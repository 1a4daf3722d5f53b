import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  auditLineSchema,
  auditListSchema,
  rotatedSchema,
  segmentAnswerSchema,
  type AuditLine,
} from '@keiro/schemas';
import { z } from 'zod';
import { asking } from './ask.ts';
import { writeBundle } from './audit-bundle.ts';
import { folderSource, readHeads, serverSource } from './audit-source.ts';
import { verifyAudit, type AuditVerdict } from './audit-verify.ts';
import { count } from './count.ts';
import { environmentFor } from './environment.ts';
import { createProgress } from './import-progress.ts';
import { at, isTerminal, number, painter, print, renderTable } from './output.ts';
import { dayArgument } from './provisions.ts';
import { readPublicKeys } from './public-key.ts';

interface VerifyOptions {
  readonly publicKey?: readonly string[];
  readonly heads?: string;
  readonly bundle?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const audit = program
    .command('audit')
    .description('the signed chain over every decision about a person (S1)');

  audit
    .command('list')
    .description('the newest entries; those that are not sealed yet are marked')
    .option('--limit <n>', 'how many', count, 50)
    .option('--json', 'the entries as data')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const entries = await newestEntries(limit);
      if (json === true) print(JSON.stringify({ entries }, null, 2));
      else if (entries.length === 0) print('There is no entry yet.');
      else printEntries(entries);
    });

  audit
    .command('show')
    .description('one entry, with its detail and the segment that holds it')
    .argument('<id>', 'as list prints it')
    .option('--json', 'the entry as data')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const entry = await asking('request')(
        { path: `/v1/audit/entry?id=${encodeURIComponent(id)}` },
        auditLineSchema,
      );
      if (json === true) print(JSON.stringify(entry, null, 2));
      else
        for (const [name, value] of Object.entries(entry))
          print(`${name.padEnd(12)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
    });

  audit
    .command('keys')
    .description('public keys that evidence is verified with, to be kept where nobody can change them')
    .action(async () => {
      print(JSON.stringify(await serverSource().keys(), null, 2));
    });

  audit
    .command('verify')
    .description('walks everything: chain, signatures, roots, entries, certificates, heads outside the store')
    .option(
      '--public-key <file...>',
      'trusted: PEM, JWK, or what keiro audit keys wrote (default: the first published)',
    )
    .option('--heads <file>', 'heads outside the store (default: that of KEIRO_AUDIT_FOLDER)')
    .option('--bundle <folder>', 'a bundle instead of the running services, offline')
    .option('--json', 'the verdict as data')
    .addHelpText(
      'after',
      '\nExit code 0: nothing is broken. 1: something is, and the first of it is named. 2: wrong use.',
    )
    .action(async (options: VerifyOptions) => {
      process.exitCode = await verify(options);
    });

  audit
    .command('rotate-key')
    .description('a new key signs from now on; the old one signs, last of all, that it does')
    .action(async () => {
      const { from, to, segment } = await asking('request', 'operator')(
        { path: '/v1/audit/rotate-key', body: {} },
        rotatedSchema,
      );
      print(`${from} → ${to}  (segment ${String(segment)})`);
      print('Publish the new key: keiro audit keys. The old one still verifies what it signed.');
    });

  audit
    .command('bundle')
    .description('everything of a span of days for a regulator, verifiable offline')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD in Japan', dayArgument)
    .requiredOption('--to <day>', 'last day', dayArgument)
    .requiredOption('--out <folder>', 'a new folder; only you may read it (mode 700)')
    .action(async (options: { from: string; to: string; out: string }, command: Command) => {
      if (options.from > options.to) command.error('error: --to is before --from', { exitCode: 2 });
      const done = await writeBundle({ ...options, source: serverSource(), ask: asking('request') });
      print(
        `${options.out}: ${number(done.segments)} segments, ${number(done.requests)} requests, ${number(done.certificates)} certificates`,
      );
      print(`keiro audit verify --bundle ${options.out} --public-key KEY`);
    });
}

/** Unsealed ones first, then segment by segment. */
async function newestEntries(limit: number): Promise<AuditLine[]> {
  const ask = asking('request');
  const { entries } = await ask({ path: '/v1/audit/unsealed' }, auditListSchema);
  const found = newestFirst(entries);
  const head = (await serverSource().state?.())?.head?.number ?? 0;
  for (let n = head; n > 0 && found.length < limit; n -= 1) {
    const answer = await ask({ path: `/v1/audit/segments/${String(n)}` }, segmentAnswerSchema);
    found.push(...newestFirst(answer.entries));
  }
  return found.slice(0, limit);
}

const newestFirst = (entries: readonly AuditLine[]) =>
  entries.toSorted((one, other) => (one.at < other.at ? 1 : -1));

function printEntries(entries: readonly AuditLine[]): void {
  const rows = entries.map(({ at: when, segment, action, by, id }) => [
    at(when),
    segment === undefined ? 'not sealed' : String(segment),
    action,
    by,
    id,
  ]);
  print(renderTable(['when', 'segment', 'action', 'by', 'id'], rows, painter(isTerminal())));
}

async function verify({ publicKey, heads: headsFile, bundle, json }: VerifyOptions): Promise<number> {
  const source = bundle === undefined ? serverSource() : folderSource(bundle);
  const given = publicKey?.flatMap(readPublicKeys);
  const trusted = given ?? (await source.keys()).keys.slice(0, 1);
  const file = headsFile ?? (bundle === undefined ? defaultHeads() : undefined);
  const heads = file === undefined ? new Map<number, string>() : readHeads(file);
  const progress = createProgress(process.stderr);
  const verdict = await verifyAudit(source, trusted, heads, progress.show).finally(progress.clear);
  const state = await source.state?.();
  const [first] = verdict.faults;
  if (json === true) print(JSON.stringify({ ...verdict, ok: first === undefined, state }, null, 2));
  else {
    if (given === undefined)
      print('No --public-key: the first key that the service publishes is believed, which proves less.');
    if (file === undefined)
      print('No heads outside the store were given: a chain cut at its end would not be seen.');
    if (state !== undefined && state.unsealed > 0)
      print(
        `not sealed yet: ${number(state.unsealed)}${state.stopped === undefined ? '' : `; nothing is: ${state.stopped}`}`,
      );
    printVerdict(verdict);
  }
  return first === undefined ? 0 : 1;
}

function printVerdict(verdict: AuditVerdict): void {
  const paint = painter(isTerminal());
  const { segments, entries, detailsExpired, certificates, heads, faults } = verdict;
  print(
    `${number(segments)} segments, ${number(entries)} entries (${number(detailsExpired)} without detail), ` +
      `${number(certificates)} certificates, ${number(heads)} heads outside the store`,
  );
  for (const { segment, entry, certificate, message } of faults.slice(0, 20)) {
    const named = entry ?? certificate;
    print(
      `${paint('red', 'BROKEN')}  segment ${String(segment)}${named === undefined ? '' : `  ${named}`} ${message}`,
    );
  }
  if (faults.length > 20) print(`… and ${number(faults.length - 20)} more`);
  print(
    faults.length === 0
      ? paint('green', '改ざんはありません。 Nothing was changed since it was sealed.')
      : paint('red', '改ざんがあります。 Something was changed; the first of it is on the first line.'),
  );
}

/** Of the service that runs here, if its folder is at hand. */
function defaultHeads(): string | undefined {
  const config = z
    .object({ KEIRO_AUDIT_FOLDER: z.string().optional(), KEIRO_DATABASE: z.string().default('keiro') })
    .parse(environmentFor('compliance'));
  const file =
    config.KEIRO_AUDIT_FOLDER && join(config.KEIRO_AUDIT_FOLDER, `${config.KEIRO_DATABASE}.heads.jsonl`);
  return file !== undefined && existsSync(file) ? file : undefined;
}
