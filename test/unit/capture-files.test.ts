import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { longestLine } from '@keiro/cli/access-log';
import { readLines, type FileLine } from '@keiro/cli/capture-lines';
import { ranges, summary } from '@keiro/cli/capture-report';
import { rotatedFiles } from '@keiro/cli/capture-rotation';
import { createLineIds, identityOfPath, readState, writeState } from '@keiro/cli/capture-state';

const folders: string[] = [];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-capture-'));
  folders.push(folder);
});
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true });
});

async function linesOf(content: string | Buffer, from = 0): Promise<FileLine[]> {
  const path = join(folder, 'log');
  writeFileSync(path, content);
  const file = await open(path, 'r');
  try {
    const lines: FileLine[] = [];
    for await (const line of readLines(file, from)) lines.push(line);
    return lines;
  } finally {
    await file.close();
  }
}

const texts = (lines: readonly FileLine[]) => lines.map(({ bytes }) => bytes?.toString());

describe('reading lines', () => {
  it('tells where each begins, which is where a run goes on', async () => {
    const content = '漢字\r\n\nb\nunfinished';
    const lines = await linesOf(content);
    expect(texts(lines)).toEqual(['漢字', '', 'b', 'unfinished']);
    expect(lines.map(({ isComplete }) => isComplete)).toEqual([true, true, true, false]);
    for (const { offset, bytes } of lines)
      expect(texts(await linesOf(content, offset))[0]).toBe(bytes?.toString());
    expect(await linesOf(content, lines.at(-1)?.next)).toEqual([]);
  });

  it('reads lines that cross the pieces in which a file is read', async () => {
    const expected = Array.from(
      { length: 3000 },
      (_, number) => `${String(number)} ${'x'.repeat(number % 97)}`,
    );
    expect(texts(await linesOf(`${expected.join('\n')}\n`))).toEqual(expected);
  });

  it('keeps nothing of a line that is too long, and reads on after it', async () => {
    const lines = await linesOf(`a\n${'x'.repeat(longestLine + 1)}\n${'y'.repeat(longestLine)}\nb\n`);
    expect(texts(lines)).toEqual(['a', undefined, 'y'.repeat(longestLine), 'b']);
    expect(lines.at(3)?.offset).toBe(2 + longestLine + 2 + longestLine + 1);
  });
});

describe('ids of lines', () => {
  const ids = createLineIds('keiro_token');
  const line = Buffer.from('192.0.2.7 - -');

  it('are the same again, and differ by file, place, content and client', () => {
    const id = ids.idOf('file', 10, line);
    expect(id).toMatch(/^al-[\w-]{24}$/);
    expect(createLineIds('keiro_token').idOf('file', 10, line)).toBe(id);
    const others = [
      ids.idOf('another', 10, line),
      ids.idOf('file', 11, line),
      ids.idOf('file', 10, Buffer.from('192.0.2.8 - -')),
      createLineIds('another').idOf('file', 10, line),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  it('hold on to a log that grows or is renamed', async () => {
    const path = join(folder, 'access.log');
    writeFileSync(path, 'first\nsecond\n');
    const identity = await identityOfPath(path, ids);
    appendFileSync(path, 'third\n');
    expect(await identityOfPath(path, ids)).toBe(identity);
    renameSync(path, `${path}.1`);
    expect(await identityOfPath(`${path}.1`, ids)).toBe(identity);
    writeFileSync(path, 'other\n');
    expect(await identityOfPath(path, ids)).not.toBe(identity);
    writeFileSync(path, '');
    expect(await identityOfPath(path, ids)).toBeUndefined();
  });
});

describe('the state of a log', () => {
  it('is read back as written, for its owner alone', async () => {
    const path = join(folder, 'state');
    expect(readState(path)).toBeUndefined();
    const state = { version: 1 as const, file: 'f', offset: 12, lines: 3 };
    await writeState(path, state);
    expect(readState(path)).toEqual(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that is damaged is an error that names the file', () => {
    const path = join(folder, 'state');
    writeFileSync(path, '{"version":1,');
    expect(() => readState(path)).toThrow(path);
  });
});

describe('a rotated log', () => {
  const ids = createLineIds('keiro_token');
  const write = (name: string, content: string, minute: number): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    utimesSync(path, 1_790_000_000 + minute * 60, 1_790_000_000 + minute * 60);
    return path;
  };

  it('is found under its new name, with what came after it, oldest first', async () => {
    const log = write('access.log', 'now\n', 9);
    const oldest = write('access.log.3', 'oldest\n', 1);
    const wanted = write('access.log.2', 'wanted\n', 2);
    const later = write('access.log-20260401', 'later\n', 3);
    write('access.log.gz', 'later\n', 4);
    write('access.log.keiro-state', 'wanted\n', 5);
    const identity = (await identityOfPath(wanted, ids)) ?? '';
    expect(await rotatedFiles(log, identity, ids)).toEqual([wanted, later]);
    const first = (await identityOfPath(oldest, ids)) ?? '';
    expect(await rotatedFiles(log, first, ids)).toEqual([oldest, wanted, later]);
  });

  it('that is gone is said to be gone', async () => {
    expect(await rotatedFiles(write('access.log', 'now\n', 1), 'nobody', ids)).toBeUndefined();
  });
});

describe('the summary', () => {
  it('names lines by number, never by what they hold', () => {
    expect(ranges([3, 4, 5, 9, 11, 12])).toBe('3–5, 9, 11–12');
    const tally = {
      lines: 1200,
      events: 1195,
      empty: 1,
      unfinished: 1,
      unreadable: new Map([['not read', [4, 5]]]),
    };
    expect(summary([{ name: 'access.log', tally, notes: ['was rotated'] }], '/tmp/state')).toBe(
      [
        'access.log: 1,200 lines read, 1,195 events sent, 1 empty',
        '  was rotated',
        '  the last line is not finished yet: left for the next run',
        '  could not be read: lines 4–5: not read',
        'How far it came is kept in /tmp/state',
        '',
      ].join('\n'),
    );
  });
});
