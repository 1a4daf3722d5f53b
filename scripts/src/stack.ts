import { createInterface } from 'node:readline/promises';
import { servers, type ServerName } from '@keiro/infra/local/addresses';
import { makeStackEnv, shellLines } from '@keiro/infra/local/environment';
import { down, reset, status, up, type Report } from '@keiro/infra/local/stack';
import { messageOf } from '@keiro/runtime/errors';
import { Command } from 'commander';

const started = performance.now();

/** One line of progress, with the seconds since the start. */
function line(mark: string, what: string, text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${mark} ${what.padEnd(24)} ${text}\n`);
}

/** Each server's steps, each told once. */
function reporter(): Report {
  const told = new Map<ServerName, string>();
  return (server, text, state) => {
    if (told.get(server) === text) return;
    told.set(server, text);
    line(state === 'ready' ? '✓' : '·', servers[server].title, text);
  };
}

const tell = (text: string): void => {
  line('·', 'Stack', text);
};

async function printStatus(): Promise<void> {
  const rows = (await status()).map(({ server, address, pid, state, version, log }) => [
    servers[server].title,
    address,
    pid === undefined ? '-' : String(pid),
    state,
    version === '' ? '-' : version,
    log === '' ? '-' : log,
  ]);
  const table = [['server', 'address', 'pid', 'state', 'version', 'log'], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  if (rows.some((row) => row[3] !== 'up')) process.exitCode = 1;
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      'This removes the data, logs and keys of this stack. Go on? [y/N] ',
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

const program = new Command('npm run stack --')
  .description(
    'The real servers that Keiro needs, as processes of this machine, in .stack/. KEIRO_STACK names the stack (dev), KEIRO_PORT_OFFSET moves its ports; an address in the environment wins over the local server.',
  )
  .showHelpAfterError();

program
  .command('up')
  .description('start what does not run and wait until every server answers; data are kept')
  .action(async () => {
    await up(undefined, reporter(), tell);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`The stack is up (${seconds} s). Join it with: eval "$(npm run -s stack -- env)"\n`);
  });
program
  .command('down')
  .description('stop the servers in order; data are kept')
  .action(() => down(undefined, reporter(), tell));
program
  .command('reset')
  .description("stop the servers and remove this stack's data, logs and keys")
  .option('--yes', 'do not ask')
  .action(async ({ yes }: { yes?: true }) => {
    if (yes !== true && !(await confirmed())) {
      process.stderr.write('Nothing was removed.\n');
      process.exitCode = 1;
      return;
    }
    await reset(undefined, reporter(), tell);
  });
program
  .command('status')
  .description('what runs where, asked in each protocol of its own; exit code 1 unless all is up')
  .action(printStatus);
program
  .command('env')
  .description('every address, key file and development token as shell variables')
  .action(() => {
    process.stdout.write(shellLines(makeStackEnv()));
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`\n${messageOf(error)}\n`);
  process.exitCode = 1;
}
