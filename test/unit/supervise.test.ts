import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withLock } from '@keiro/infra/local/lock';
import { requireFreePorts } from '@keiro/infra/local/ports';
import { servers } from '@keiro/infra/local/addresses';
import { findProcess, runningProcesses, startProcess, type ProcessSpec } from '@keiro/infra/local/supervise';

let folder = '';
let folders: ProcessSpec['folders'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-supervise-'));
  folders = { run: join(folder, 'run'), logs: join(folder, 'logs') };
});
afterEach(async () => {
  await Promise.all(runningProcesses(folders).map((one) => one.kill()));
  rmSync(folder, { recursive: true });
});

/** A server on a socket in the folder: ready when it can be connected to. */
function listener(name: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  const socket = join(folder, `${name}.sock`);
  return {
    name,
    command: process.execPath,
    args: [
      '-e',
      `require('node:fs').rmSync(${JSON.stringify(socket)}, { force: true });
      require('node:net').createServer().listen(${JSON.stringify(socket)})`,
    ],
    folders,
    ready: async () => {
      const client = connect(socket);
      await once(client, 'connect');
      client.destroy();
    },
    ...more,
  };
}

const recordOf = (name: string): string => join(folders.run, `${name}.json`);

describe('a supervised process', () => {
  test('is kept when it runs already, and can be found by name', async () => {
    const first = await startProcess(listener('one'));
    const second = await startProcess(listener('one'));
    expect(second.pid).toBe(first.pid);
    expect(findProcess(folders, 'one')?.pid).toBe(first.pid);
  });

  test('is replaced when it is to run with another environment', async () => {
    const first = await startProcess(listener('one'));
    const second = await startProcess(listener('one', { env: { SETTING: 'other' } }));
    expect(second.pid).not.toBe(first.pid);
    expect(first.isRunning()).toBe(false);
  });

  test('is started anew after kill -9', async () => {
    const first = await startProcess(listener('one'));
    await first.kill();
    expect(findProcess(folders, 'one')).toBeUndefined();
    const second = await startProcess(listener('one'));
    expect(second.isRunning()).toBe(true);
  });

  test('is told from a stranger that has got its pid', async () => {
    const stranger = await startProcess(listener('one'));
    const record = JSON.parse(readFileSync(recordOf('one'), 'utf8')) as Record<string, unknown>;
    writeFileSync(recordOf('two'), JSON.stringify({ ...record, startTicks: '1' }));
    writeFileSync(recordOf('three'), JSON.stringify({ ...record, bootId: 'an earlier boot' }));
    expect(findProcess(folders, 'two')).toBeUndefined();
    expect(findProcess(folders, 'three')).toBeUndefined();
    expect(stranger.isRunning()).toBe(true);
  });

  test('that ends before it is ready is an error with the end of its log', async () => {
    const broken = listener('one', { args: ['-e', 'console.error("no such luck"); process.exit(3)'] });
    await expect(startProcess(broken)).rejects.toThrow(/one ended before it was ready[^]*no such luck/);
  });

  test('that is not ready in time is an error with the reason', async () => {
    const never = listener('one', {
      ready: () => Promise.reject(new Error('not today')),
      readyWithinMs: 300,
    });
    await expect(startProcess(never)).rejects.toThrow(/not ready within 0.3 s \(not today\)/);
  });

  test('that ignores SIGTERM is killed', async () => {
    const deaf = listener('one');
    const started = await startProcess({
      ...deaf,
      args: ['-e', `process.on('SIGTERM', () => undefined); ${deaf.args[1] ?? ''}`],
    });
    await started.stop({ withinMs: 200 });
    expect(started.isRunning()).toBe(false);
  });
});

describe('the lock of a folder', () => {
  test('lets one in at a time, and the next when the first is done or fails', async () => {
    let inside = 0;
    let most = 0;
    let waited = 0;
    const visit = (fail: boolean) => async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (fail) throw new Error('failed inside');
    };
    const wait = () => {
      waited += 1;
    };
    const results = await Promise.allSettled(
      [true, false, false, true, false].map((fail) => withLock(folder, wait, visit(fail))),
    );
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(most).toBe(1);
    expect(waited).toBeGreaterThan(0);
  });
});

test('a busy port is named, with who holds it and what to do', async () => {
  const holder = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await expect(requireFreePorts(['redis'], port - servers.redis.basePort)).rejects.toThrow(
      new RegExp(
        `port ${String(port)} of Redis is held by pid ${String(process.pid)} .*\\n.*KEIRO_PORT_OFFSET.*KEIRO_REDIS_URL`,
      ),
    );
  } finally {
    holder.close();
  }
});
