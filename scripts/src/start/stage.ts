import { appendFileSync, readFileSync } from 'node:fs';
import { setInterval } from 'node:timers/promises';
import { stackConfig } from '@keiro/infra/local/config';
import { stackEnv } from '@keiro/infra/local/environment';
import { findProcess, type ManagedProcess, type ProcessSpec } from '@keiro/infra/local/supervise';
import { KeiroError, type Log } from '@keiro/runtime';
import { prepare } from '../prepare.ts';
import {
  captureProgram,
  demoEnvironment,
  demoPrograms,
  serviceList,
  setting,
  startProgram,
  type Program,
  type StackEnvironment,
} from '../services.ts';

/** Everything that runs on top of the servers: Keiro's services and the demo company. */
export interface Stage {
  readonly env: StackEnvironment;
  /** Port of a program by name. */
  port(name: string): number;
  process(name: string): ManagedProcess;
  /** From now on the site's access log is captured as it grows. */
  follow(): Promise<void>;
  /** Rejects as soon as a program has ended by itself, saying which and where its log is. */
  readonly broken: Promise<never>;
  /** From now on a program may end without breaking anything. */
  leave(): void;
  /** Stops what was started here, those that feed the others first. */
  stop(): Promise<void>;
}

export interface StageSteps {
  readonly prepare: (work: () => Promise<{ topicsCreated: string[]; subjects: number }>) => Promise<void>;
  /** Starts programs; `ready` hears each one as it is. */
  readonly start: (
    title: 'Keiro' | 'Demo company',
    work: (ready: (name: string) => void) => Promise<number>,
  ) => Promise<void>;
}

/** Prepares topics, schemas and indexes, and starts all programs anew on a stack that is up. */
export async function raiseStage(stackName: string, steps: StageSteps, log: Log): Promise<Stage> {
  const { env, folders, services, demo, all } = planOf(stackName);
  // What an earlier run left behind may run older code.
  await stopPrograms(all, folders);
  try {
    await steps.prepare(() => prepare(env, log));
    await steps.start('Keiro', (ready) => startAll(services, env, folders, ready));
    await steps.start('Demo company', (ready) => startAll(demo, env, folders, ready));
  } catch (error) {
    await stopPrograms(all, folders);
    throw error;
  }
  return stageOf(env, folders, all);
}

/** Stops every program of a stack that runs, also half a stage. */
export function stopStage(stackName: string): Promise<void> {
  const { all, folders } = planOf(stackName);
  return stopPrograms(all, folders);
}

function planOf(stackName: string) {
  const { folders } = stackConfig(stackName);
  const base = stackEnv(stackName);
  const env = { ...base, ...demoEnvironment(base, folders.data) };
  const services = serviceList(env);
  const demo = demoPrograms(env);
  return { env, folders, services, demo, all: [[...demo, captureProgram(env)], services] };
}

/** The demo company on a pipeline that runs already, as tests have it. */
export async function joinStage(env: StackEnvironment, folders: ProcessSpec['folders']): Promise<Stage> {
  const demo = demoPrograms(env);
  try {
    await startAll(demo, env, folders, () => undefined);
  } catch (error) {
    await stopPrograms([demo], folders);
    throw error;
  }
  return stageOf(env, folders, [demo]);
}

type Folders = ProcessSpec['folders'];

async function startAll(
  programs: readonly Program[],
  env: StackEnvironment,
  folders: Folders,
  ready: (name: string) => void,
): Promise<number> {
  await Promise.all(
    programs.map(async (program) => {
      await startProgram(program, env, folders);
      ready(program.name);
    }),
  );
  return programs.length;
}

/** Each list at once, one list after the other: what the first has sent must reach the second while it is up. */
async function stopPrograms(lists: readonly (readonly Program[])[], folders: Folders): Promise<void> {
  for (const list of lists) {
    await Promise.all(
      list.map(async ({ name }) => {
        await findProcess(folders, name)?.stop();
      }),
    );
  }
}

function stageOf(env: StackEnvironment, folders: Folders, lists: readonly (readonly Program[])[]): Stage {
  const programs = new Map(lists.flat().map((program) => [program.name, program]));
  const running = new Map<string, ManagedProcess>();
  for (const name of programs.keys()) {
    const found = findProcess(folders, name);
    if (found !== undefined) running.set(name, found);
  }
  const watching = new AbortController();
  const known = <T>(from: ReadonlyMap<string, T>, name: string): T => {
    const found = from.get(name);
    if (found === undefined) throw new Error(`no program ${name} on this stage`);
    return found;
  };
  return {
    env,
    port: (name) => known(programs, name).port ?? 0,
    process: (name) => known(running, name),
    broken: watch([...running.values()], watching.signal),
    async follow() {
      appendFileSync(setting(env, 'DEMO_ACCESS_LOG'), '');
      await startProgram(captureProgram(env), env, folders);
    },
    leave: () => {
      watching.abort();
    },
    stop() {
      watching.abort();
      return stopPrograms(lists, folders);
    },
  };
}

async function watch(processes: readonly ManagedProcess[], signal: AbortSignal): Promise<never> {
  try {
    for await (const _ of setInterval(500, undefined, { signal })) {
      const dead = processes.find((one) => !one.isRunning());
      if (dead === undefined) continue;
      const tail = readFileSync(dead.logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
      throw new KeiroError(
        'process',
        `${dead.name} has ended by itself. The end of ${dead.logFile}:\n${tail}`,
        {
          retryable: false,
        },
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // Stopped on purpose: from now on nothing is broken.
  return new Promise<never>(() => undefined);
}
