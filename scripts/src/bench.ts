import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { renderTable, painter } from '@keiro/cli/output';
import { stackConfig } from '@keiro/infra/local/config';
import { stackEnv } from '@keiro/infra/local/environment';
import { down, reset, up } from '@keiro/infra/local/stack';
import { connectKafka, createLog, messageOf, reached, until } from '@keiro/runtime';
import { collectionTopics } from '@keiro/schemas';
import { Command } from 'commander';
import { benchEmit } from './bench/emit.ts';
import { benchRelease } from './bench/release.ts';
import { benchPureTag } from './bench/tag-pure.ts';
import { benchTag } from './bench/tag.ts';
import { prepare } from './prepare.ts';
import { demoEnvironment, serviceList, setting, startProgram, type StackEnvironment } from './services.ts';

/** A stack for measuring alone: nothing else runs on it, and it is made anew. */
const stack = 'bench';
process.env['KEIRO_STACK'] = stack;
process.env['KEIRO_PORT_OFFSET'] ??= '1000';

const program = new Command('npm run bench --')
  .description(
    'Measures emitting, tagging and the release of keys against bare loops that take turns with them, and the memory of each service. Prints JSON on standard output and a table on standard error.',
  )
  .showHelpAfterError()
  .parse();
const whole = (value: number): string => value.toFixed(0);
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

try {
  await main();
} catch (error) {
  program.error(messageOf(error), { exitCode: 1 });
}

async function main(): Promise<void> {
  const { folders } = stackConfig(stack);
  await reset(stack);
  say('bringing up servers and services');
  await up(stack, () => undefined);
  const base = stackEnv(stack);
  const env = { ...base, ...demoEnvironment(base, folders.data) };
  await prepare(env);
  // tag is measured inside the bench; idle consumers would only take turns of the processor from it.
  const measured = serviceList(env).filter(({ name }) => name === 'keys' || name === 'collect');
  const running = await Promise.all(measured.map((one) => startProgram(one, env, folders)));
  try {
    say('emitting');
    const emit = await benchEmit(env);
    say('tagging');
    const tag = await benchTag({ ...env, KEIRO_TOKEN: env['KEIRO_TOKEN_TAG'] });
    const pureTag = benchPureTag(randomBytes, new Date());
    say('releasing keys');
    const release = await benchRelease(env, folders);
    say('memory: every service reads what was emitted, from the beginning');
    const rest = await Promise.all(
      serviceList(env)
        .filter(({ name }) => name !== 'keys' && name !== 'collect')
        .map((one) => startProgram(one, env, folders)),
    );
    running.push(...rest);
    await taggedAll(env);
    const memoryMb = Object.fromEntries(running.map(({ name, pid }) => [name, peakMb(pid)]));

    process.stdout.write(`${JSON.stringify({ emit, tag, pureTag, release, memoryMb }, undefined, 2)}\n`);
    say(
      renderTable(
        ['measure', 'ours', 'bare', 'ratio', 'mark'],
        [
          [
            'emit, events/s',
            whole(emit.sdkPerSecond),
            whole(emit.rawPerSecond),
            emit.ratio.toFixed(2),
            '0.40',
          ],
          ['tag, events/s', whole(tag.tag), whole(tag.bare), tag.ratio.toFixed(2), '0.60'],
          ['tag() alone, records/s a core', whole(pureTag), '', '', '200,000'],
          [
            'key release, cold, lives/s',
            whole(release.coldPerSecond),
            whole(release.rawPerSecond),
            release.ratio.toFixed(2),
            '0.50',
          ],
          ['key release, warm, lives/s', whole(release.warmPerSecond), '', '', '20,000'],
          ...Object.entries(memoryMb).map(([name, mb]) => [
            `peak memory of ${name}, MB`,
            String(mb),
            '',
            '',
            '< 200',
          ]),
        ],
        painter(false),
      ),
    );
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await down(stack);
  }
}

async function taggedAll(env: StackEnvironment): Promise<void> {
  const brokers = setting(env, 'KEIRO_KAFKA_BROKERS').split(',');
  const log = createLog('bench', 'warn');
  const admin = await connectKafka({ brokers, clientId: 'keiro-bench-memory', log }).admin();
  const ends = await admin.endOffsets(collectionTopics);
  await until(async () => reached(ends, await admin.committed('keiro.tag', collectionTopics)), {
    what: 'tag to read all',
    timeoutMs: 300_000,
  });
  await admin.close();
}

/** The most memory that a process ever had resident, in MB, as Linux counts it. */
function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
