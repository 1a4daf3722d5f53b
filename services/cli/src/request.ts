import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { acceptedSchema, requestListSchema, requestViewSchema, type RequestView } from '@keiro/schemas';
import { asking, type Ask } from './ask.ts';
import { count } from './count.ts';
import { registerActs } from './request-acts.ts';
import { registerCreate } from './request-create.ts';
import { registerPack } from './request-pack.ts';
import { registerNotices } from './request-notices.ts';
import { lifeLines, nextText } from './request-life.ts';
import { identifierHelp, readIdentifiers, withIdentifiers, type IdentifierOptions } from './identifiers.ts';
import { at, clock, isTerminal, painter, print, renderTable, renderTree, say, type Paint } from './output.ts';
import { changesOf } from './changes.ts';
import * as identity from './request-identity.ts';
import { paintState, requestNode } from './request-tree.ts';
import { requestWord } from './words.ts';

interface RequestOptions extends IdentifierOptions {
  readonly purpose?: string[];
  readonly note?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

const types = {
  deletion: 'delete everything held about a person, at every holder, and prove it (R4)',
  suspension: 'stop the use of what is held about a person, for some purposes or for all (R5)',
  resume: 'take a suspension back, for some purposes or for all',
} as const;

/** How often progress is looked at. */
const everyMs = 300;

export function register(program: Command): void {
  const request = program
    .command('request')
    .description('what persons ask: take it in, look at it, carry it out, answer it');
  for (const type of Object.keys(types) as (keyof typeof types)[]) {
    const command = withIdentifiers(request.command(type).description(types[type]));
    if (type !== 'deletion') {
      command.option(
        '--purpose <purposes...>',
        'only for these purposes, e.g. marketing (default: every purpose)',
      );
    }
    command
      .option('--note <reference>', "the caller's own reference of the case; no names, no free text")
      .option('--wait', 'stay and tell what happens until it is done')
      .option('--timeout <seconds>', 'how long --wait stays', count, 300)
      .addHelpText(
        'after',
        `\nExample:\n  keiro request ${type} --member m-1042 --wait\n${identifierHelp}` +
          '\nExit code 0: accepted; with --wait: done. 1: not done, or no answer. 2: wrong use.',
      )
      .action(async (options: RequestOptions) => {
        process.exitCode = await send(command, type, options);
      });
  }
  identity.register(request);

  registerCreate(request);
  registerActs(request);
  registerNotices(request);
  registerPack(request);
  request
    .command('list')
    .description('requests, newest first; as keiro requests')
    .option('--state <state>', 'only those in this state')
    .option('--json', 'the answer as data')
    .action(async (options: { state?: string; json?: boolean }) => {
      await list(asking('request'), options);
    });
  request
    .command('show')
    .description('one request: what happened to it, who acts next, steps and receipts')
    .argument('<id>', 'the request')
    .option('--json', 'the answer as data')
    .action(async (id: string, options: { json?: boolean }) => {
      await show(asking('request'), id, options.json === true);
    });

  program
    .command('requests')
    .description('requests and how far they are')
    .argument('[id]', 'one request, with its steps and receipts')
    .option('--state <state>', 'only those in this state')
    .option('--json', 'the answer as data')
    .action(async (id: string | undefined, options: { state?: string; json?: boolean }) => {
      const ask = asking('request');
      if (id === undefined) await list(ask, options);
      else await show(ask, id, options.json === true);
    });
}

async function send(command: Command, type: string, options: RequestOptions): Promise<number> {
  const subject = await readIdentifiers(command, options, 6);
  const ask = asking('request');
  const body = { type, subject, purposes: options.purpose, note: options.note };
  const accepted = await ask({ path: '/v1/requests', body }, acceptedSchema);
  const paint = painter(isTerminal());
  print(`${accepted.id}  ${accepted.state}  ${String(accepted.tasks)} holders  due ${at(accepted.due)} JST`);
  if (accepted.ambiguous > 0) {
    print(`${String(accepted.ambiguous)} identifiers that several members share are left alone, for review`);
  }
  return options.wait === true ? await follow(ask, accepted.id, options.timeout, paint) : 0;
}

/** Tells each change as it comes; 0 when the request is done. Leaving early changes nothing about the request. */
async function follow(ask: Ask, id: string, seconds: number, paint: Paint): Promise<number> {
  const deadline = Date.now() + seconds * 1000;
  let before: RequestView | undefined;
  for (;;) {
    const view = await ask({ path: `/v1/requests/${encodeURIComponent(id)}` }, requestViewSchema);
    for (const change of changesOf(before, view)) print(`${paint('dim', clock(change.at))}  ${change.text}`);
    if (view.state === 'done') {
      print(renderTree([requestNode(view, [], { language: 'both', paint })], paint));
      return 0;
    }
    if (view.state === 'waiting-for-operator') {
      print(`an operator is needed: ${view.waitingFor ?? 'see keiro tasks list'}`);
      return 1;
    }
    if (Date.now() > deadline) {
      print(
        `not done after ${String(seconds)} s${view.waitingFor === undefined ? '' : `: it waits for ${view.waitingFor}`}`,
      );
      print(`it goes on by itself: keiro requests ${id}`);
      return 1;
    }
    before = view;
    await delay(everyMs);
  }
}

async function list(ask: Ask, options: { state?: string; json?: boolean }): Promise<void> {
  const query = options.state === undefined ? '' : `?state=${encodeURIComponent(options.state)}`;
  const answer = await ask({ path: `/v1/requests${query}` }, requestListSchema);
  if (options.json === true) {
    print(JSON.stringify(answer, null, 2));
    return;
  }
  if (answer.requests.length === 0) {
    print('該当する請求はありません。 There is no such request.');
    return;
  }
  const paint = painter(isTerminal());
  const rows = answer.requests.map((one) => [
    one.id,
    say(requestWord(one.type), 'both'),
    paintState(one.state, { language: 'both', paint }),
    [...one.purposes, ...(one.recipients ?? [])].join(', '),
    at(one.receivedAt),
    at(one.due),
    one.doneAt === undefined ? '' : at(one.doneAt),
    nextText(one),
  ]);
  const header = ['request', 'type', 'state', 'purposes', 'received', 'due', 'done', 'next'];
  print(renderTable(header, rows, paint));
}

async function show(ask: Ask, id: string, json: boolean): Promise<void> {
  const view = await ask({ path: `/v1/requests/${encodeURIComponent(id)}` }, requestViewSchema);
  const paint = painter(isTerminal());
  if (json) print(JSON.stringify(view, null, 2));
  else {
    const options = { language: 'both' as const, paint };
    const { children = [], ...node } = requestNode(view, [], options);
    print(renderTree([{ ...node, children: [...lifeLines(view, options), ...children] }], paint));
  }
}
