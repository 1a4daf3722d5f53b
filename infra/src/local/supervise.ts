import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { until } from '@keiro/runtime/wait';
import { z } from 'zod';
import { inherited } from './config.ts';
import { identify, isSameProcess } from './proc.ts';

export interface ProcessSpec {
  /** Name of its pid file and log file within the folders. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment is this on top of ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly folders: { readonly run: string; readonly logs: string };
  /** Resolves when the process serves, rejects while it does not yet. */
  readonly ready: () => Promise<unknown>;
  /** Milliseconds, 120,000 unless told: a loaded machine takes its time. */
  readonly readyWithinMs?: number;
  /** Detached (the default) it outlives us; attached it gets the terminal's signals too. */
  readonly detached?: boolean;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What ends it in good order, SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /** Shown by `status`. */
  readonly version?: string;
}

const recordSchema = z.object({
  pid: z.int(),
  startTicks: z.string(),
  bootId: z.string(),
  /** Hash of command, arguments and environment: another one wants a restart. */
  fingerprint: z.string(),
  version: z.string().optional(),
});
export type ProcessRecord = z.infer<typeof recordSchema>;

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  isRunning(): boolean;
  /** Asks it to end (SIGTERM unless told), waits, and kills it when it has not within `withinMs` (20 s). */
  stop(options?: { signal?: NodeJS.Signals; withinMs?: number }): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

export const logFileOf = (logs: string, name: string): string => join(logs, `${name}.log`);
const recordFile = (runFolder: string, name: string): string => join(runFolder, `${name}.json`);

/** The process of this name that we started and that still runs. */
export function findProcess(
  folders: ProcessSpec['folders'],
  name: string,
): (ManagedProcess & ProcessRecord) | undefined {
  const file = recordFile(folders.run, name);
  if (!existsSync(file)) return undefined;
  const record = recordSchema.safeParse(parseJson(readFileSync(file, 'utf8')));
  // A record that a crash left half-written tells nothing: the port check will say if something runs.
  if (!record.success || !isSameProcess(record.data)) return undefined;
  return { ...record.data, ...managed(record.data, folders, name) };
}

/** All processes that run and that we started in these folders. */
export function runningProcesses(folders: ProcessSpec['folders']): ManagedProcess[] {
  if (!existsSync(folders.run)) return [];
  return readdirSync(folders.run)
    .filter((file) => file.endsWith('.json'))
    .map((file) => findProcess(folders, file.slice(0, -'.json'.length)))
    .filter((found) => found !== undefined);
}

/**
 * Starts a process and resolves when it is ready. One of the same name that runs with the same command,
 * arguments and environment is kept; one that differs is stopped first. When it ends before it is ready, or
 * is not ready in time, the error carries the end of its log.
 */
export async function startProcess(spec: ProcessSpec): Promise<ManagedProcess> {
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([spec.command, spec.args, spec.env ?? {}]))
    .digest('hex');
  const running = findProcess(spec.folders, spec.name);
  if (running?.fingerprint === fingerprint) {
    await untilReady(spec, running);
    return running;
  }
  await running?.stop({ signal: spec.stopSignal });
  const started = await launch(spec, fingerprint);
  await untilReady(spec, started);
  return started;
}

async function launch(spec: ProcessSpec, fingerprint: string): Promise<ManagedProcess> {
  mkdirSync(spec.folders.logs, { recursive: true });
  mkdirSync(spec.folders.run, { recursive: true });
  const log = openLog(logFileOf(spec.folders.logs, spec.name));
  const child = spawn(spec.command, spec.args, {
    detached: spec.detached ?? true,
    stdio: ['ignore', log, log],
    env: inherited(spec.env ?? {}),
    cwd: spec.cwd,
    uid: spec.uid,
    gid: spec.gid,
  });
  closeSync(log);
  await once(child, 'spawn');
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw failure(spec, 'ended at once');
  const record: ProcessRecord = { ...identity, fingerprint, version: spec.version };
  const file = recordFile(spec.folders.run, spec.name);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
  if (spec.detached ?? true) child.unref();
  return managed(identity, spec.folders, spec.name);
}

async function untilReady(spec: ProcessSpec, started: ManagedProcess): Promise<void> {
  const withinMs = spec.readyWithinMs ?? 120_000;
  let reason = 'it did not answer';
  await until(
    async () => {
      if (!started.isRunning()) throw failure(spec, 'ended before it was ready');
      try {
        await spec.ready();
        return true;
      } catch (error) {
        reason = messageOf(error);
        return false;
      }
    },
    // Asking more often takes the processor from those who are starting.
    { what: spec.name, timeoutMs: withinMs, everyMs: 250 },
  ).catch((error: unknown) => {
    if (error instanceof KeiroError && error.code === 'timeout') {
      throw failure(spec, `was not ready within ${String(withinMs / 1000)} s (${reason})`);
    }
    throw error;
  });
}

function managed(
  identity: { pid: number; startTicks: string; bootId: string },
  folders: ProcessSpec['folders'],
  name: string,
): ManagedProcess {
  const isRunning = (): boolean => isSameProcess(identity);
  const end = async (signal: NodeJS.Signals, withinMs: number): Promise<void> => {
    // Never a signal to a stranger that got the pid.
    if (isRunning()) process.kill(identity.pid, signal);
    await until(() => !isRunning(), {
      what: `${name} (pid ${String(identity.pid)}) to end`,
      timeoutMs: withinMs,
    });
    const file = recordFile(folders.run, name);
    rmSync(file, { force: true });
  };
  return {
    name,
    pid: identity.pid,
    logFile: logFileOf(folders.logs, name),
    isRunning,
    stop: async ({ signal = 'SIGTERM', withinMs = 20_000 } = {}) => {
      await end(signal, withinMs).catch(async (error: unknown) => {
        if (!(error instanceof KeiroError) || error.code !== 'timeout') throw error;
        await end('SIGKILL', 10_000);
      });
    },
    kill: () => end('SIGKILL', 10_000),
  };
}

/** Appends; a log that grew large makes room when its server starts anew. */
function openLog(file: string): number {
  const large = 20 * 1024 * 1024;
  if (existsSync(file) && statSync(file).size > large) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

function failure(spec: ProcessSpec, what: string): KeiroError {
  const file = logFileOf(spec.folders.logs, spec.name);
  const tail = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : '';
  return new KeiroError('process', `${spec.name} ${what}. The end of ${file}:\n${tail}`, {
    retryable: false,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
