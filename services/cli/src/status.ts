import type { Command } from 'commander';
import { readConfig } from '@keiro/runtime/config';
import { messageOf } from '@keiro/runtime/errors';
import { queryStatusSchema, requestStatusSchema, type QueryStatus, type RequestStatus } from '@keiro/schemas';
import { z } from 'zod';
import { addressConfig } from './addresses.ts';
import { asking } from './ask.ts';
import { environmentFor } from './environment.ts';
import { align, isTerminal, number, painter, print, renderTable, type Paint } from './output.ts';

interface Health {
  readonly service: string;
  readonly url: string;
  readonly isReady: boolean;
  readonly detail: string;
}

const problemSchema = z.object({ title: z.string() });

export function register(program: Command): void {
  program
    .command('status')
    .description('whether every service is ready, how far the pipeline is, and how much is stored')
    .option('--json', 'the answer as data')
    .addHelpText('after', '\nExit code 0: every service is ready. 1: one is not.')
    .action(async ({ json }: { json?: boolean }) => {
      const healths = await Promise.all(places().map(lookAt));
      const ready = new Set(healths.filter(({ isReady }) => isReady).map(({ service }) => service));
      const query = ready.has('query')
        ? await asking('query')({ path: '/v1/status' }, queryStatusSchema)
        : undefined;
      const request = ready.has('request')
        ? await asking('request')({ path: '/v1/status' }, requestStatusSchema)
        : undefined;
      if (json === true) print(JSON.stringify({ services: healths, query, request }, null, 2));
      else {
        const paint = painter(isTerminal());
        printHealths(healths, paint);
        print('');
        for (const line of align(figures(query, request))) print(line);
      }
      if (healths.some(({ isReady }) => !isReady)) process.exitCode = 1;
    });
}

function places(): { service: string; url: string }[] {
  const config = readConfig(z.object(addressConfig), environmentFor('compliance'));
  return [
    { service: 'collect', url: config.KEIRO_COLLECT_URL },
    { service: 'keys', url: config.KEIRO_KEYS_URL },
    { service: 'tag', url: config.KEIRO_TAG_URL },
    { service: 'transfer', url: config.KEIRO_TRANSFER_URL },
    { service: 'request', url: config.KEIRO_REQUEST_URL },
    { service: 'erase', url: config.KEIRO_ERASE_URL },
    { service: 'query', url: config.KEIRO_QUERY_URL },
  ];
}

async function lookAt({ service, url }: { service: string; url: string }): Promise<Health> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5000) });
    if (response.ok) return { service, url, isReady: true, detail: '' };
    const problem = problemSchema.safeParse(await response.json());
    return {
      service,
      url,
      isReady: false,
      detail: problem.success ? problem.data.title : String(response.status),
    };
  } catch (error) {
    return { service, url, isReady: false, detail: `does not answer: ${messageOf(error)}` };
  }
}

function printHealths(healths: readonly Health[], paint: Paint): void {
  const rows = healths.map(({ service, url, isReady, detail }) => [
    service,
    url,
    isReady ? paint('green', 'ready') : paint('red', 'not ready'),
    detail,
  ]);
  print(renderTable(['service', 'address', 'state', ''], rows, paint));
}

function figures(query: QueryStatus | undefined, request: RequestStatus | undefined): string[][] {
  const behind = (lag: number | null) =>
    lag === null ? 'unknown: Kafka does not answer' : `${number(lag)} messages behind`;
  const states = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([state, n]) => `${state} ${number(n)}`)
      .join(', ') || 'none';
  return [
    ...(query === undefined
      ? []
      : [
          ['tag', behind(query.progress.tag)],
          ['transfer', behind(query.progress.transfer)],
          [
            'stored',
            `${number(query.stored.records)} records, ${number(query.stored.copies)} reports of copies`,
          ],
          ['quarantine', number(query.stored.quarantine)],
          [
            'readers',
            query.readersUndeclared === 0
              ? 'none undeclared'
              : `${number(query.readersUndeclared)} undeclared: keiro readers list`,
          ],
        ]),
    ...(request === undefined
      ? []
      : [
          ['requests', `${states(request.requests)}; overdue ${number(request.overdue)}`],
          ['tasks', states(request.tasks)],
        ]),
  ];
}
