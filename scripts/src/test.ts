import { stackConfig, root } from '@keiro/infra/local/config';
import { stackEnv } from '@keiro/infra/local/environment';
import { down, reset, up } from '@keiro/infra/local/stack';
import { findProcess } from '@keiro/infra/local/supervise';
import { installVersitygw } from '@keiro/infra/local/versitygw';
import { messageOf } from '@keiro/runtime';
import { Command } from 'commander';
import { runJest, slowest, together, type Results, type Turn } from './run-tests.ts';
import { prepare } from './prepare.ts';
import {
  demoEnvironment,
  demoPrograms,
  serviceList,
  startProgram,
  type StackEnvironment,
} from './services.ts';

/**
 * The stack that tests have for themselves: own ports, own folder, so that it runs beside `npm start`. It is made
 * anew, so an environment that was taken from a running stack, which names the folder too, does not choose it.
 */
const { KEIRO_STACK: named, KEIRO_STACK_DIR: taken } = process.env;
const stack = taken === undefined ? (named ?? 'test') : 'test';

const started = performance.now();
const say = (text: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

const program = new Command('npm test --')
  .description('Runs every test against real servers, on a stack of its own that is made anew.')
  .argument('[patterns...]', 'only test files whose path matches, e.g. unit or integration/keys')
  .option('--keep', 'leave the stack and the services up afterwards')
  .showHelpAfterError()
  .parse();
const patterns = program.args;
const { keep } = program.opts<{ keep?: true }>();
const needsServers = patterns.length === 0 || !patterns.every((pattern) => pattern.startsWith('unit'));

// What the last of those beside one another need is built meanwhile. Whether it could be, they say.
if (patterns.length === 0)
  void installVersitygw(stackConfig(stack).folders.cache, say, true).catch(() => undefined);

try {
  const results = await run();
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  if (!results.success || results.numPassedTests === 0) process.exitCode = 1;
  for (const line of slowest(results, 12)) process.stderr.write(`${line}\n`);
  say('done');
  process.stdout.write(
    `${String(results.numPassedTests)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`,
  );
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
}

/**
 * What needs no server is tested while servers come up. Files that use the servers have their own databases, topics or
 * people there and run beside one another; those that kill something, or look at all that there is, run alone.
 */
async function run(): Promise<Results> {
  if (!needsServers) return runJest(root, { patterns, workers: 2 }, process.env);
  if (patterns.length > 0) return withServers([{ patterns, workers: 1 }], []);
  const alone = runJest(root, { patterns: ['test/unit'], workers: 2 }, process.env);
  // Its end is awaited below, and a failure told there.
  alone.catch(() => undefined);
  const turns: Turn[] = [
    { patterns: ['test/integration'], workers: 2 },
    { patterns: ['test/contract'], workers: 2 },
    { patterns: ['test/e2e', 'test/faults'], workers: 1 },
  ];
  return withServers(turns, [alone]);
}

/** `before` must have ended first. */
async function withServers(turns: readonly Turn[], before: readonly Promise<Results>[]): Promise<Results> {
  const folders = stackConfig(stack).folders;
  await stopPrograms();
  await reset(stack);
  const told = new Set<string>();
  await up(stack, (server, text, state) => {
    if (state === 'working' && told.has(server)) return;
    told.add(server);
    say(`${server}: ${text}`);
  });
  try {
    const base: StackEnvironment = { ...stackEnv(stack), KEIRO_KEYS_DATABASE: 'keiro_keys' };
    const env = { ...base, ...demoEnvironment(base, folders.data) };
    await prepare(env);
    await Promise.all(serviceList(env).map((one) => startProgram(one, env, folders)));
    say('services up');
    const results = await Promise.all(before);
    for (const turn of turns) {
      say(`testing ${turn.patterns.join(', ')}`);
      results.push(await runJest(root, turn, { ...process.env, ...env }));
    }
    return together(results);
  } finally {
    if (keep !== true) {
      await stopPrograms();
      await down(stack);
    }
  }
}

/** Those of this run, and those that a run which was killed has left. */
async function stopPrograms(): Promise<void> {
  const { folders, portOffset } = stackConfig(stack);
  const env = { KEIRO_PORT_OFFSET: String(portOffset) };
  const running = [...demoPrograms(env), ...serviceList(env)].map(({ name }) => findProcess(folders, name));
  await Promise.all(
    running.map(async (one) => {
      await one?.stop();
    }),
  );
}
