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

// Built beside what needs it not. Whether it could be, the tests that need it say.
const s3Built =
  patterns.length === 0
    ? installVersitygw(stackConfig(stack).folders.cache, say, true).catch(() => undefined)
    : undefined;

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
 * What needs no server is tested while servers come up. What shares neither topics nor databases with other files runs
 * beside the others; of these some count all that is in a topic, so that they run one at a time.
 */
async function run(): Promise<Results> {
  if (!needsServers) return runJest(root, { patterns, workers: 2 }, process.env);
  if (patterns.length > 0) return withServers([], [[{ patterns, workers: 1 }]]);
  const alone = runJest(root, { patterns: ['test/unit'], workers: 2 }, process.env);
  // Its end is awaited below, and a failure told there.
  alone.catch(() => undefined);
  return withServers(
    [alone],
    [
      [
        { patterns: ['test/integration'], workers: 1 },
        { patterns: ['test/contract'], workers: 1, after: s3Built },
      ],
      [{ patterns: ['test/e2e', 'test/faults'], workers: 1 }],
    ],
  );
}

/** One step after the other, once `before` has ended; the turns of a step beside one another. */
async function withServers(
  before: readonly Promise<Results>[],
  steps: readonly (readonly Turn[])[],
): Promise<Results> {
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
    for (const turns of steps) {
      say(`testing ${turns.map((turn) => turn.patterns.join(', ')).join(' beside ')}`);
      const testing = turns.map(async (turn) => {
        await turn.after;
        return runJest(root, turn, { ...process.env, ...env });
      });
      results.push(...(await Promise.all(testing)));
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
