import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { summary, type FileReport } from '@keiro/cli/capture-report';
import { runCapture } from '@keiro/cli/capture-run';
import { createLineIds, readState, writeState } from '@keiro/cli/capture-state';
import { connectKafka, createLog, until, type Message } from '@keiro/runtime';
import { shippedPolicies } from '@keiro/schemas';
import type { Emitter } from '@keiro/sdk';
import { openEmitter } from '../builders/emitting.ts';
import { env } from '../builders/environment.ts';
import { readTopics, type KafkaReader } from '../builders/kafka-reader.ts';
import { keiro, type KeiroProgram } from '../builders/program.ts';
import { tcpSwitch } from '../builders/tcp-switch.ts';

// Each run is a process of its own, several to a test.
jest.setTimeout(180_000);
const timeoutMs = 90_000;

let reader: KafkaReader;
let emitter: Emitter;
let log = '';
const folders: string[] = [];

beforeAll(async () => {
  const brokers = env('KEIRO_KAFKA_BROKERS').split(',');
  const kafka = connectKafka({ brokers, clientId: 'test-capture', log: createLog('test-capture', 'error') });
  reader = await readTopics(kafka, ['collection.access']);
  const keys = { url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_CAPTURE') };
  emitter = await openEmitter({ source: 'access-log', keys });
});
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'keiro-capture-'));
  folders.push(folder);
  log = join(folder, 'access.log');
});
afterAll(async () => {
  await emitter.close();
  await reader.close();
  for (const one of folders) rmSync(one, { recursive: true });
});

const start = (args: readonly string[] = [], variables: NodeJS.ProcessEnv = {}): KeiroProgram =>
  keiro(['capture', 'access-log', log, ...args], { env: { ...process.env, ...variables } });

async function capture(args: readonly string[] = []): Promise<{ code: number | null; output: string }> {
  const run = start(args);
  return { code: await run.code, output: run.output() };
}

/** The same within this process, which saves a second each; answers with the summary. */
async function captureHere(): Promise<string> {
  const stateFile = `${log}.keiro-state`;
  const ids = createLineIds(env('KEIRO_TOKEN_CAPTURE'));
  const reports: FileReport[] = [];
  await runCapture({
    path: log,
    known: readState(stateFile),
    isFollowing: false,
    ids,
    reports,
    context: {
      emitter,
      ids,
      source: 'access-log',
      site: 'www.demo.example',
      policies: shippedPolicies(),
      commit: (state) => writeState(stateFile, state),
      onProgress: () => undefined,
      signal: new AbortController().signal,
      log: createLog('test-capture', 'error'),
    },
  });
  return summary(reports, stateFile);
}

/** Lines as a server writes them, of members nobody has seen; each ends in a line break. */
function newLines(count: number): string {
  const member = `m-${randomUUID()}`;
  return Array.from(
    { length: count },
    (_, number) =>
      `192.0.2.7 - ${member} [10/Oct/2026:13:55:36 +0900] "GET /board/${String(number)} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n`,
  ).join('');
}

/** Ids of the events that a log's lines must have become. */
function idsOf(content: string): string[] {
  const ids = createLineIds(env('KEIRO_TOKEN_CAPTURE'));
  const lines = content.split('\n');
  const identity = ids.identityOf(Buffer.from(lines[0] ?? ''));
  let offset = 0;
  const result: string[] = [];
  for (const line of lines) {
    if (line !== '') result.push(ids.idOf(identity, offset, Buffer.from(line)));
    offset += Buffer.byteLength(line) + 1;
  }
  return result;
}

/** The ids in Kafka, as often as they are there. */
async function inKafka(ids: readonly string[]): Promise<string[]> {
  const wanted = new Set(ids);
  const idOf = ({ headers }: Message) => headers['ce_id'] ?? '';
  return (await reader.all((message) => wanted.has(idOf(message)))).map(idOf);
}

async function expectOnce(content: string): Promise<void> {
  const ids = idsOf(content);
  expect((await inKafka(ids)).sort()).toEqual([...ids].sort());
}

describe('capturing an access log', () => {
  it('sends every line once, tells by number what it could not read, and never shows a line', async () => {
    const good = newLines(1500);
    writeFileSync(
      log,
      `${good}canary is no line of a log\n\n${newLines(1)}192.0.2.7 - - [10/Oct/2026:13:55:36 +0900] "GET /?canary=4242424242424242 HTTP/1.1" 200 5 "-" "-"\n`,
    );
    const { code, output } = await capture();
    expect(output).toContain('access.log: 1,504 lines read, 1,501 events sent, 1 empty');
    expect(output).toContain('could not be read: line 1501: not in Combined Log Format');
    expect(output).toContain('could not be read: line 1504: data.path holds a card number');
    expect(output).not.toContain('canary');
    expect(code).toBe(1);
    await expectOnce(good);
  });

  it('goes on where it stopped, and sends the same again under the same ids when its state is lost', async () => {
    const first = newLines(3);
    writeFileSync(log, first);
    await captureHere();
    expect(await captureHere()).toContain('0 lines read, 0 events sent');

    const more = newLines(2);
    appendFileSync(log, more);
    expect(await captureHere()).toContain('2 lines read, 2 events sent');
    await expectOnce(first + more);

    rmSync(`${log}.keiro-state`);
    expect(await captureHere()).toContain('5 lines read, 5 events sent');
    const ids = idsOf(first + more);
    expect((await inKafka(ids)).sort()).toEqual([...ids, ...ids].sort());
  });

  it('keeps its state where it is told to', async () => {
    writeFileSync(log, newLines(1));
    const state = `${log}.elsewhere`;
    expect(await capture(['--state', state])).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ lines: 1 });
    expect(existsSync(`${log}.keiro-state`)).toBe(false);
  });

  it('reads a last line without a line break once, and leaves a half one for later', async () => {
    const whole = newLines(2).trimEnd();
    writeFileSync(log, whole);
    expect(await captureHere()).toContain('2 lines read, 2 events sent');
    const half = newLines(1);
    appendFileSync(log, `\n${half.slice(0, 60)}`);
    const output = await captureHere();
    expect(output).toContain('not finished yet');
    appendFileSync(log, half.slice(60));
    expect(await captureHere()).toContain('1 line read, 1 event sent');
    await expectOnce(`${whole}\n${half}`);
  });

  it('reads the rest of a log that was rotated since, and what came between', async () => {
    const [oldest, between, now] = [newLines(3), newLines(2), newLines(1)];
    writeFileSync(log, oldest.slice(0, oldest.indexOf('\n') + 1));
    await captureHere();
    writeFileSync(`${log}.2`, oldest);
    utimesSync(`${log}.2`, 1_790_000_000, 1_790_000_000);
    writeFileSync(`${log}.1`, between);
    writeFileSync(log, now);
    const output = await captureHere();
    expect(output).toContain('access.log.2: 2 lines read, 2 events sent');
    expect(output).toContain('access.log.1: 2 lines read, 2 events sent');
    expect(output).toContain('access.log: 1 line read, 1 event sent');
    for (const content of [oldest, between, now]) await expectOnce(content);
  });

  it('says so when what it had not read is gone, and reads a log that became shorter again', async () => {
    const old = newLines(2);
    writeFileSync(log, old);
    await captureHere();
    writeFileSync(log, old.slice(0, old.indexOf('\n') + 1));
    expect(await captureHere()).toContain('is shorter than it was');
    writeFileSync(log, newLines(1));
    expect(await captureHere()).toContain('is another log than the one read before');
  });
});

describe('following an access log', () => {
  it('sends lines as they come, through rotation, until it is interrupted', async () => {
    const [first, second, third] = [newLines(2), newLines(2), newLines(2)];
    writeFileSync(log, first);
    const run = start(['--follow']);
    const arrived = (content: string) =>
      until(async () => (await inKafka(idsOf(content))).length === idsOf(content).length, {
        what: 'lines in Kafka',
        timeoutMs,
      });
    await arrived(first);
    appendFileSync(log, second);
    await arrived(first + second);
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, third);
    const fresh = newLines(2);
    writeFileSync(log, fresh);
    await arrived(fresh);
    run.interrupt();
    expect(await run.code).toBe(0);
    expect(run.output()).toContain('access.log: 6 lines read, 6 events sent');
    for (const content of [first + second + third, fresh]) await expectOnce(content);
    expect(await captureHere()).toContain('0 lines read, 0 events sent');
  });
});

describe('while a server is away', () => {
  it('waits, and then sends everything once', async () => {
    const { hostname, port } = new URL(env('KEIRO_KEYS_URL'));
    const way = await tcpSwitch({ host: hostname, port: Number(port) });
    const content = newLines(1200);
    writeFileSync(log, content);
    await way.cut();
    const run = start([], { KEIRO_KEYS_URL: `http://127.0.0.1:${String(way.port)}` });
    await until(() => run.output().includes('not available, waiting'), { what: 'the message', timeoutMs });
    expect(await inKafka(idsOf(content))).toEqual([]);
    await way.mend();
    expect(await run.code).toBe(0);
    await way.cut();
    expect(run.output()).toContain('1,200 lines read, 1,200 events sent');
    await expectOnce(content);
  });
});

describe('wrong use', () => {
  it('is one clear line, not a stack', async () => {
    const { code, output } = await capture();
    expect(code).toBe(1);
    expect(output).toContain('no such file');
    expect(output).not.toContain('    at ');
  });

  it('names what is missing in the environment', async () => {
    writeFileSync(log, newLines(1));
    const run = start([], { KEIRO_KEYS_URL: '', KEIRO_REGISTRY_URL: undefined });
    expect(await run.code).toBe(1);
    expect(run.output()).toContain('KEIRO_KEYS_URL');
    expect(run.output()).toContain('KEIRO_REGISTRY_URL');
  });
});
