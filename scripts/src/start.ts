import { join } from 'node:path';
import { renderTable } from '@keiro/cli/output';
import { serverNames, servers } from '@keiro/infra/local/addresses';
import { stackConfig, type StackConfig } from '@keiro/infra/local/config';
import { mailFolder, mailPage } from '@keiro/infra/local/mailbox';
import { down, up } from '@keiro/infra/local/stack';
import { findProcess } from '@keiro/infra/local/supervise';
import { createLog, messageOf } from '@keiro/runtime';
import { setting } from './services.ts';
import { Command } from 'commander';
import { renderChecks, type Check } from './start/checks.ts';
import { claimStage } from './start/claim.ts';
import { searchPath } from './start/config.ts';
import { createReporter, type Reporter } from './start/report.ts';
import { raiseStage, stopStage, type Stage } from './start/stage.ts';
import { tellStory } from './start/story.ts';
import { openBrowser } from './start/visitors/browser.ts';

interface Options {
  readonly exit?: true;
  readonly plainHttp?: true;
}

class Interrupted extends Error {}

const program = new Command('npm start --')
  .description(
    'The main job, end to end: brings up the servers, the services of Keiro and an invented company; visitors come in Chromium and choose about cookies; then one person’s route is shown, one suspends marketing, one is corrected, answered with a pack and, once a legal hold is over, deleted everywhere, one closes her account, and the totals and the work of the day are listed. Afterwards everything stays up until Ctrl-C.',
  )
  .option('--exit', 'end afterwards; exit code 0 only if every check held')
  .option('--plain-http', 'visit the site without a browser, even if there is Chromium')
  .addHelpText(
    'after',
    '\nKEIRO_STACK names the stack (dev), KEIRO_PORT_OFFSET moves its ports by a multiple of 100.',
  )
  .showHelpAfterError();
program.parse();
process.exit(await main(program.opts<Options>()));

/** Answers the exit code. */
async function main(options: Options): Promise<number> {
  const config = stackConfig();
  const log = createLog('start', 'info', join(config.folders.logs, 'start.log'));
  const reporter = createReporter(process.stdout);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // A second one is no new news: npm passes on what the terminal has sent already.
      process.on(signal, () => {
        reject(new Interrupted(signal));
      });
    }
  });
  let release: (() => void) | undefined;
  let stage: Stage | undefined;
  let isRaised = false;
  let startedServers = false;
  // Ctrl-C before the checks are done.
  let code = 130;
  try {
    release = claimStage(config.folders.run);
    startedServers = serverNames.every((name) => findProcess(config.folders, name) === undefined);
    reporter.print(
      `\n${reporter.paint('bold', '経路 Keiro')}  the main job, end to end  (stack ${config.name})\n`,
    );
    await Promise.race([startServers(config.name, reporter), interrupted]);
    isRaised = true;
    stage = await Promise.race([startStage(config.name, reporter, log), interrupted]);
    const checks = await Promise.race([runStory(stage, options, reporter, log), stage.broken, interrupted]);
    code = summarise(checks, reporter) ? 0 : 1;
    if (options.exit !== true) {
      await stage.follow();
      reporter.print(addresses(stage, config, reporter));
      await Promise.race([stage.broken, interrupted]);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      code = 1;
      reporter.print(`\n${reporter.paint('red', messageOf(error))}\nLogs: ${config.folders.logs}`);
      log.error({ err: error }, 'start failed');
    }
  }
  // Without the claim, what runs here is somebody else's.
  if (release !== undefined) {
    stage?.leave();
    await stopAll(
      { programs: isRaised, servers: options.exit === true && startedServers },
      config.name,
      reporter,
    );
    release();
  }
  return code;
}

function startServers(stackName: string, reporter: Reporter): Promise<void> {
  return reporter.step('Servers', async (say) => {
    const ready = new Set<string>();
    await up(stackName, (server, text, state) => {
      if (state === 'ready') ready.add(server);
      say(`${String(ready.size)} of ${String(serverNames.length)} up; ${servers[server].title}: ${text}`);
    });
    return { result: undefined, text: 'Kafka, Schema Registry, MongoDB ×2, Redis ×2, PostgreSQL, mailbox' };
  });
}

function startStage(
  stackName: string,
  reporter: Reporter,
  log: ReturnType<typeof createLog>,
): Promise<Stage> {
  return raiseStage(
    stackName,
    {
      prepare: (work) =>
        reporter.step('Contracts', async (say) => {
          say('topics, schemas, indexes');
          const { topicsCreated, subjects } = await work();
          return {
            result: undefined,
            text: `${String(subjects)} schemas registered, ${String(topicsCreated.length)} topics made`,
          };
        }),
      start: (title, work) =>
        reporter.step(title, async (say) => {
          const ready: string[] = [];
          const count = await work((name) => {
            ready.push(name);
            say(`ready: ${ready.join(', ')}`);
          });
          const text =
            title === 'Keiro'
              ? `${String(count)} services: keys, collect, tag, transfer, request, erase, query`
              : 'Tsubame Board: site, 6 stores, mail company, analytics, recovery site in Singapore';
          return { result: undefined, text };
        }),
    },
    log,
  );
}

async function runStory(
  stage: Stage,
  options: Options,
  reporter: Reporter,
  log: ReturnType<typeof createLog>,
): Promise<readonly Check[]> {
  const browser = await openBrowser(setting(stage.env, 'DEMO_SITE_URL'), {
    plainHttp: options.plainHttp === true,
    path: searchPath(),
  });
  try {
    return await tellStory(stage, browser, reporter, log);
  } finally {
    await browser.close();
  }
}

function summarise(checks: readonly Check[], reporter: Reporter): boolean {
  const { paint } = reporter;
  const failed = checks.filter(({ ok }) => !ok).length;
  reporter.heading('確認の結果  What was checked');
  reporter.print(renderChecks(checks, paint));
  const verdict =
    failed === 0
      ? paint(
          'green',
          `全 ${String(checks.length)} 件が確認できました  All ${String(checks.length)} checks held`,
        )
      : paint(
          'red',
          `${String(failed)} 件が確認できませんでした  ${String(failed)} of ${String(checks.length)} checks did not hold`,
        );
  reporter.print(`\n${verdict}`);
  return failed === 0;
}

function addresses({ env }: Stage, config: StackConfig, { paint }: Reporter): string {
  const page = mailPage(config);
  const rows = [
    ['つばめボード Tsubame Board', setting(env, 'DEMO_SITE_URL')],
    ['collect (POST /v1/events)', setting(env, 'KEIRO_COLLECT_URL')],
    ['query', setting(env, 'KEIRO_QUERY_URL')],
    ['request', setting(env, 'KEIRO_REQUEST_URL')],
    ...(page === undefined ? [] : [['メールボックス Mailbox (codes by e-mail)', page]]),
    ['Kafka', setting(env, 'KEIRO_KAFKA_BROKERS')],
    ['Schema Registry', setting(env, 'KEIRO_REGISTRY_URL')],
  ];
  return [
    '',
    renderTable(['Everything stays up', 'address'], rows, paint),
    'Sign up on the site and follow yourself:  npx keiro lineage --email YOU@YOURS.example',
    ...(page === undefined
      ? []
      : [`What was mailed, one file each:           ${mailFolder(config.folders)}`]),
    'Join with any client:                     eval "$(npm run -s stack -- env)"',
    'End the services with Ctrl-C.',
  ].join('\n');
}

async function stopAll(
  what: { programs: boolean; servers: boolean },
  stackName: string,
  reporter: Reporter,
): Promise<void> {
  await reporter.step('Stopping', async (say) => {
    say('the demo company, then the services');
    if (what.programs) await stopStage(stackName);
    if (what.servers) {
      say('the servers');
      await down(stackName);
    }
    const text = what.servers ? 'services and servers are down; data are kept' : 'services are down';
    return { result: undefined, text };
  });
  if (!what.servers) reporter.print('The servers stay up; stop them with: npm run stack -- down');
}
