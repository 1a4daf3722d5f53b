import { besideStack, root, stackConfig } from '@keiro/infra/local/config';
import { installVersitygw } from '@keiro/infra/local/versitygw';
import { messageOf } from '@keiro/runtime';
import { Command, Option } from 'commander';
import { runJest, slowest, together, type Results } from './run-tests.ts';
import { lowerLane, raiseLane } from './test-lane.ts';

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
  .description('Runs every test against real servers, on stacks of its own that are made anew.')
  .argument('[patterns...]', 'only test files whose path matches, e.g. unit or integration/keys')
  .addOption(
    new Option('--stacks <n>', 'how many stacks, and test files at a time; 1 when files are named')
      .choices(['1', '2'])
      .default('2'),
  )
  .option('--keep', 'leave stacks and services up afterwards')
  .showHelpAfterError()
  .parse();
const patterns = program.args;
const { keep, stacks: count } = program.opts<{ keep?: true; stacks: '1' | '2' }>();
const isOne = program.getOptionValueSource('stacks') === 'default' ? patterns.length > 0 : count === '1';
const stacks = isOne ? [stack] : [stack, besideStack(stack)];
const needsServers = patterns.length === 0 || !patterns.every((pattern) => pattern.startsWith('unit'));

// Built beside what needs it not. Those that need it wait for it, and say so where it could not be.
if (patterns.length === 0)
  installVersitygw(stackConfig(stack).folders.cache, say, true).catch(() => undefined);

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
 * What needs no server is tested while servers come up. The other files share topics and databases of a stack, and
 * some count all that is in a topic: so there are two stacks, and on each one file at a time.
 */
async function run(): Promise<Results> {
  if (!needsServers) return runJest(root, { patterns, workers: 2 });
  if (patterns.length > 0) return onStacks([], patterns);
  const units = runJest(root, { patterns: ['test/unit'], workers: 2 });
  // Its end is awaited below, and a failure told there.
  units.catch(() => undefined);
  const folders = ['contract', 'integration', 'e2e', 'faults'].map((folder) => `test/${folder}/`);
  return onStacks([units], folders);
}

/** Whichever stack is free takes the next file, once `before` has ended. */
async function onStacks(before: readonly Promise<Results>[], files: readonly string[]): Promise<Results> {
  try {
    const raised = stacks.map((one) =>
      raiseLane(one, (text) => {
        say(stacks.length > 1 ? `${one} ${text}` : text);
      }),
    );
    // All of them, before any failure is told: what still comes up could not be stopped.
    await Promise.allSettled(raised);
    const lanes = await Promise.all(raised);
    const results = await Promise.all(before);
    say(`testing ${files.join(', ')}`);
    results.push(await runJest(root, { patterns: files, workers: lanes.length, lanes }));
    return together(results);
  } finally {
    if (keep !== true) await Promise.all(stacks.map(lowerLane));
  }
}
