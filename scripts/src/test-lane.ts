import { stackConfig } from '@keiro/infra/local/config';
import { stackEnv } from '@keiro/infra/local/environment';
import { down, reset, up } from '@keiro/infra/local/stack';
import { findProcess } from '@keiro/infra/local/supervise';
import { prepare } from './prepare.ts';
import {
  demoEnvironment,
  demoPrograms,
  serviceList,
  startProgram,
  type StackEnvironment,
} from './services.ts';

/** Makes a stack anew, with Keiro's services on it; answers what a test on it needs in its environment. */
export async function raiseLane(stack: string, say: (text: string) => void): Promise<StackEnvironment> {
  const { folders } = stackConfig(stack);
  await stopPrograms(stack);
  await reset(stack);
  const told = new Set<string>();
  await up(stack, (server, text, state) => {
    if (state === 'working' && told.has(server)) return;
    told.add(server);
    say(`${server}: ${text}`);
  });
  const base: StackEnvironment = { ...stackEnv(stack), KEIRO_KEYS_DATABASE: 'keiro_keys' };
  const env = { ...base, ...demoEnvironment(base, folders.data) };
  await prepare(env);
  await Promise.all(serviceList(env).map((one) => startProgram(one, env, folders)));
  say('services up');
  return env;
}

/** Stops its services, then its servers. */
export async function lowerLane(stack: string): Promise<void> {
  await stopPrograms(stack);
  await down(stack);
}

/** Those of this run, and those that a run which was killed has left. */
async function stopPrograms(stack: string): Promise<void> {
  const { folders, portOffset } = stackConfig(stack);
  const env = { KEIRO_PORT_OFFSET: String(portOffset) };
  const running = [...demoPrograms(env), ...serviceList(env)].map(({ name }) => findProcess(folders, name));
  await Promise.all(
    running.map(async (one) => {
      await one?.stop();
    }),
  );
}
