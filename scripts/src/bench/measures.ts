import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ManagedProcess } from '@keiro/infra/local/supervise';
import { connectKafka, createLog, reached, until } from '@keiro/runtime';
import { collectionTopics } from '@keiro/schemas';
import { setting, type StackEnvironment } from '../services.ts';
import { benchCustody } from './custody.ts';
import { benchEmit } from './emit.ts';
import { benchErase } from './erase/erase.ts';
import { benchGuard } from './guard.ts';
import { benchHuge } from './huge.ts';
import { benchSuspension } from './suspension.ts';
import { benchRelease } from './release.ts';
import { benchSweep } from './sweep.ts';
import { benchPureTag } from './tag-pure.ts';
import { benchTag } from './tag.ts';

/** What a measure runs on: `keys` and `collect` are up, and what it starts stays up for those after it. */
export interface Bench {
  readonly env: StackEnvironment;
  readonly folders: { readonly run: string; readonly logs: string };
  readonly start: (...services: readonly string[]) => Promise<void>;
  /** Services that are up. */
  readonly running: () => readonly ManagedProcess[];
}

/** Measure, ours, bare, ratio, mark. */
type Row = readonly [measure: string, ours: string, bare: string, ratio: string, mark: string];

interface Measured {
  readonly result: unknown;
  readonly rows: readonly Row[];
}

const whole = (value: number): string => value.toFixed(0);

/** Every measure, in the order in which they run: those that need the machine to themselves come first. */
export const measures: Readonly<Record<string, (bench: Bench) => Promise<Measured>>> = {
  async emit({ env }) {
    const emit = await benchEmit(env);
    const { sdkPerSecond, rawPerSecond, ratio } = emit;
    return {
      result: emit,
      rows: [['emit, events/s', whole(sdkPerSecond), whole(rawPerSecond), ratio.toFixed(2), '0.40']],
    };
  },

  async tag({ env }) {
    const tag = await benchTag({ ...env, KEIRO_TOKEN: env['KEIRO_TOKEN_TAG'] });
    const pure = benchPureTag(randomBytes, new Date());
    return {
      result: { ...tag, pure },
      rows: [
        ['tag, events/s', whole(tag.tag), whole(tag.bare), tag.ratio.toFixed(2), '0.60'],
        ['tag() alone, records/s a core', whole(pure), '', '', '200,000'],
      ],
    };
  },

  async guard({ env, start }) {
    // It registers the holders: keys releases nothing to one that is unknown.
    await start('transfer');
    const guard = await benchGuard(env);
    const { guarded, reporting, bare, ratio, reportingRatio } = guard;
    return {
      result: guard,
      rows: [
        ['guarded consumer, events/s', whole(guarded), whole(bare), ratio.toFixed(2), '0.50'],
        ['with a custody report each', whole(reporting), whole(bare), reportingRatio.toFixed(2), ''],
      ],
    };
  },

  async custody({ env }) {
    const custody = await benchCustody(env);
    const { transfer, raw, ratio } = custody;
    return {
      result: custody,
      rows: [['custody reports/s', whole(transfer), whole(raw), ratio.toFixed(2), '0.60']],
    };
  },

  async release({ env, folders, start }) {
    await start('transfer');
    const release = await benchRelease(env, folders);
    const { coldPerSecond, rawPerSecond, ratio, warmPerSecond } = release;
    return {
      result: release,
      rows: [
        ['key release, cold, lives/s', whole(coldPerSecond), whole(rawPerSecond), ratio.toFixed(2), '0.50'],
        ['key release, warm, lives/s', whole(warmPerSecond), '', '', '20,000'],
      ],
    };
  },

  async suspension({ env, start }) {
    await start('tag', 'transfer', 'request');
    const suspension = await benchSuspension(env);
    const { p50, p99, most } = suspension;
    return {
      result: suspension,
      rows: [
        ['suspension in force, p50, ms', whole(p50), '', '', ''],
        ['suspension in force, p99, ms', whole(p99), '', '', '< 1000'],
        ['suspension in force, most, ms', whole(most), '', '', ''],
      ],
    };
  },

  async erase({ env, folders }) {
    const erase = await benchErase(env, folders);
    const { perSecond, barePerSecond, ratio, singleP50 } = erase;
    return {
      result: erase,
      rows: [
        ['deletions/s, end to end', perSecond.toFixed(1), barePerSecond.toFixed(1), ratio.toFixed(2), '0.50'],
        ['one deletion, idle, p50, ms', whole(singleP50), '', '', '< 500'],
      ],
    };
  },

  async sweep({ env, start }) {
    const sweep = await benchSweep(env, () => start('transfer', 'request', 'erase'));
    const { sweep: ours, bare, ratio } = sweep;
    return {
      result: sweep,
      rows: [['retention sweep, records/s', whole(ours), whole(bare), ratio.toFixed(2), '2,000']],
    };
  },

  async huge({ env, start, running }) {
    const huge = await benchHuge(
      env,
      () => start('tag', 'transfer', 'request', 'erase'),
      (service) => peakMb(running().find(({ name }) => name === service)?.pid ?? 0),
    );
    return {
      result: huge,
      rows: huge.persons.flatMap(({ records, plannedMs, doneMs, requestMb, eraseMb }): Row[] => [
        [`deletion of ${String(records)} records, planned, ms`, whole(plannedMs), '', '', '< 2,000'],
        [`deletion of ${String(records)} records, done, ms`, whole(doneMs), '', '', ''],
        [`peak memory of request, MB`, whole(requestMb), '', '', 'flat'],
        [`peak memory of erase, MB`, whole(eraseMb), '', '', 'flat'],
      ]),
    };
  },

  async memory({ env, start, running }) {
    // Every service reads what was emitted, from the beginning.
    await start('tag', 'transfer', 'request', 'erase', 'query');
    await taggedAll(env);
    const memory = Object.fromEntries(running().map(({ name, pid }) => [name, peakMb(pid)]));
    return {
      result: memory,
      rows: Object.entries(memory).map(([name, mb]) => [
        `peak memory of ${name}, MB`,
        String(mb),
        '',
        '',
        '< 200',
      ]),
    };
  },
};

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
