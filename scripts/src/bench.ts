import { renderTable, painter } from '@keiro/cli/output';
import { stackConfig } from '@keiro/infra/local/config';
import { stackEnv } from '@keiro/infra/local/environment';
import { down, reset, up } from '@keiro/infra/local/stack';
import type { ManagedProcess } from '@keiro/infra/local/supervise';
import { messageOf } from '@keiro/runtime';
import { Argument, Command } from 'commander';
import { measures, type Bench } from './bench/measures.ts';
import { prepare } from './prepare.ts';
import { demoEnvironment, serviceList, startProgram } from './services.ts';

/** A stack for measuring alone: nothing else runs on it, and it is made anew. */
const stack = 'bench';
process.env['KEIRO_STACK'] = stack;
process.env['KEIRO_PORT_OFFSET'] ??= '1000';

const program = new Command('npm run bench --')
  .description(
    'Measures Keiro against bare loops that take turns with it, how soon a suspension is in force, and the memory of each service. Prints JSON on standard output and a table on standard error.',
  )
  .addArgument(new Argument('[measures...]', 'only these').choices(Object.keys(measures)))
  .showHelpAfterError()
  .parse();
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

try {
  await main(program.args.length === 0 ? Object.keys(measures) : program.args);
} catch (error) {
  program.error(messageOf(error), { exitCode: 1 });
}

async function main(chosen: readonly string[]): Promise<void> {
  const { folders } = stackConfig(stack);
  await reset(stack);
  say('bringing up servers and services');
  await up(stack, () => undefined);
  const base = stackEnv(stack);
  const env = { ...base, ...demoEnvironment(base, folders.data) };
  await prepare(env);
  const running: ManagedProcess[] = [];
  const bench: Bench = {
    env,
    folders,
    async start(...services) {
      const missing = serviceList(env).filter(
        ({ name }) => services.includes(name) && running.every((one) => one.name !== name),
      );
      running.push(...(await Promise.all(missing.map((one) => startProgram(one, env, folders)))));
    },
    running: () => running,
  };
  try {
    // An idle consumer would only take turns of the processor: the others start when they are measured.
    await bench.start('keys', 'collect');
    const results: Record<string, unknown> = {};
    const rows: (readonly string[])[] = [];
    for (const [name, measure] of Object.entries(measures)) {
      if (!chosen.includes(name)) continue;
      say(name);
      const measured = await measure(bench);
      results[name] = measured.result;
      rows.push(...measured.rows);
    }
    process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
    say(renderTable(['measure', 'ours', 'bare', 'ratio', 'mark'], rows, painter(false)));
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await down(stack);
  }
}
