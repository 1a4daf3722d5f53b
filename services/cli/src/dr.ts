import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { drAnswerSchema, gateSchema, restoreViewSchema, type Gate, type RestoreView } from '@keiro/schemas';
import { asking, type Ask } from './ask.ts';
import { count } from './count.ts';
import { progressText, restoreText } from './dr-restore.ts';
import { drStatusText } from './dr-status.ts';
import { drWords } from './dr-words.ts';
import { isTerminal, languageOption, painter, print, say, type Language } from './output.ts';

interface Reading {
  readonly json?: boolean;
  readonly lang: Language;
}
interface Waiting extends Reading {
  readonly wait?: boolean;
  readonly timeout: number;
}

/** How often progress is looked at. */
const everyMs = 500;

export function register(program: Command): void {
  const dr = program
    .command('dr')
    .description('the overseas recovery site: how far it is, and the gate after a restore (T3)');
  dr.command('status')
    .description('watermarks, lag and snapshots of every site, and what outlives a deletion there')
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .action(async ({ json, lang }: Reading) => {
      const answer = await asking('query')({ path: '/v1/dr' }, drAnswerSchema);
      print(
        json === true ? JSON.stringify(answer, null, 2) : drStatusText(answer, lang, painter(isTerminal())),
      );
    });

  dr.command('restore-check')
    .description('close the gate of a store that was restored, and say what must be replayed')
    .argument('[snapshot]', 'the snapshot that was restored, as its site reported it')
    .option('--holder <holder>', "what was restored, where that is not the snapshot's own store")
    .option('--watermark <instant>', 'up to when it is complete, e.g. 2026-03-01T00:00:00Z')
    .option('--timeout <seconds>', 'how long to wait for the count', count, 600)
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nRun it before the store serves anybody: before or right after the restore itself. It changes nothing in the store.' +
        '\nExamples:\n  keiro dr restore-check crm-2026-03-01\n  keiro dr restore-check --holder crm --watermark 2026-03-01T00:00:00Z' +
        '\nExit code 0: counted. 1: not counted, or no answer. 2: wrong use.',
    )
    .action(
      async (snapshot: string | undefined, options: Waiting & { holder?: string; watermark?: string }) => {
        const { holder, watermark } = options;
        const ask = asking('erase', 'operator');
        const declared = await ask(
          { path: '/v1/restores', body: { snapshot, holder, watermark } },
          restoreViewSchema,
        );
        process.exitCode = await follow(ask, declared.id, ['checked'], options);
      },
    );

  dr.command('replay')
    .description('remove what was erased since, set flags again, probe; then the gate opens')
    .argument('<restore>', 'as restore-check printed it')
    .option('--wait', 'stay and tell how far it is until the gate is open')
    .option('--timeout <seconds>', 'how long --wait stays', count, 3600)
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nIt may be called again at any time: it goes on where it was cut off.' +
        '\nExit code 0: begun; with --wait: the gate is open. 1: it is not, or no answer. 2: wrong use.',
    )
    .action(async (id: string, options: Waiting) => {
      const ask = asking('erase', 'operator');
      const path = `/v1/restores/${encodeURIComponent(id)}/replay`;
      const view = await ask({ path, body: {} }, restoreViewSchema);
      if (options.wait === true) process.exitCode = await follow(ask, id, ['open'], options);
      else show(view, options);
    });

  dr.command('gate')
    .description('whether a holder may work with what it holds: for its start-up script')
    .argument('<holder>', 'e.g. crm')
    .option('--wait', 'stay until the gate is open')
    .option('--timeout <seconds>', 'how long --wait stays', count, 3600)
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .addHelpText('after', '\nExit code 0: open. 1: closed, or no answer. 2: wrong use.')
    .action(async (holder: string, options: Waiting) => {
      const gate = await gateOf(holder, options);
      if (options.json === true) print(JSON.stringify(gate, null, 2));
      else print(gateText(gate, options.lang));
      if (!gate.open) process.exitCode = 1;
    });
}

async function gateOf(holder: string, { wait, timeout }: Waiting): Promise<Gate> {
  const ask = asking('erase', 'operator');
  const deadline = Date.now() + timeout * 1000;
  for (;;) {
    const gate = await ask({ path: `/v1/gate/${encodeURIComponent(holder)}` }, gateSchema);
    if (gate.open || wait !== true || Date.now() > deadline) return gate;
    await delay(everyMs);
  }
}

function gateText({ holder, open, because, restore }: Gate, lang: Language): string {
  const state = say(open ? drWords.open : drWords.closed, lang);
  return `${holder}  ${state}  ${say(because, lang)}${restore === undefined ? '' : `  ${restore}`}`;
}

/** Tells progress until the restore is in one of these states, or can go no further by itself; 0 when it is. */
async function follow(
  ask: Ask,
  id: string,
  wanted: readonly RestoreView['state'][],
  options: Waiting,
): Promise<number> {
  const deadline = Date.now() + options.timeout * 1000;
  let before = '';
  for (;;) {
    const view = await ask({ path: `/v1/restores/${encodeURIComponent(id)}` }, restoreViewSchema);
    if (wanted.includes(view.state) || view.state === 'failed' || view.state === 'superseded') {
      show(view, options);
      return wanted.includes(view.state) ? 0 : 1;
    }
    const progress = progressText(view, options.lang);
    if (options.json !== true && progress !== before) print(progress);
    before = progress;
    if (Date.now() > deadline) {
      print(`${id}  ${say(drWords.closed, options.lang)}  ${say(drWords.goesOn, options.lang)}`);
      return 1;
    }
    await delay(everyMs);
  }
}

function show(view: RestoreView, { json, lang }: Reading): void {
  print(json === true ? JSON.stringify(view, null, 2) : restoreText(view, lang, painter(isTerminal())));
}
