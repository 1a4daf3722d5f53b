import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import type { CaptureOptions } from './capture-access-log.ts';

export function register(program: Command): void {
  const capture = program.command('capture').description('feed what other programs wrote into the pipeline');
  capture
    .command('access-log')
    .description('send the lines of an access log (Combined Log Format) as access events, each once')
    .argument('<file>', 'the log, as Apache or nginx writes it')
    .option('--source <name>', 'source of the events; the token must be for it', 'access-log')
    .option('--site <host>', 'host name of the site that wrote the log', hostName, 'www.demo.example')
    .option('--state <file>', 'where to keep how far it came (default: beside the log)')
    .option('--follow', 'go on as the log grows, until interrupted', false)
    .addHelpText(
      'after',
      '\nRun again, it goes on where it stopped, also in a log that was rotated since.' +
        '\nExit code 0: every line was read. 1: some could not be read (they are listed by number), or it had to stop.',
    )
    .action(async (file: string, options: CaptureOptions) => {
      // Loaded when it is wanted: Kafka's and the registry's clients take longer to load than other commands to run.
      const { captureAccessLog } = await import('./capture-access-log.ts');
      process.exitCode = await captureAccessLog(file, options);
    });
}

function hostName(value: string): string {
  const parsed = z.hostname().safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('not a host name');
  return parsed.data.toLowerCase();
}
