import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { captureFile, newTally, type CaptureContext } from './capture-file.ts';
import type { FileReport } from './capture-report.ts';
import { rotatedFiles } from './capture-rotation.ts';
import { identityOf, type CaptureState, type LineIds } from './capture-state.ts';

export interface CaptureRun {
  readonly path: string;
  /** How far an earlier run came. */
  readonly known: CaptureState | undefined;
  readonly isFollowing: boolean;
  readonly ids: LineIds;
  readonly context: Omit<CaptureContext, 'isGrowing'>;
  /** Grows with each file that is read. */
  readonly reports: FileReport[];
}

const pollMs = 500;

/**
 * Captures a log from where an earlier run stopped: first what is left of it under the names that rotation gave it,
 * then the log itself; following it, also what it becomes, until the signal.
 */
export async function runCapture(run: CaptureRun): Promise<void> {
  const { path, known, ids, isFollowing, context } = run;
  let file = await open(path, 'r');
  try {
    let identity = await identityOf(file, ids);
    const notes: string[] = [];
    if (known !== undefined && known.file !== identity) notes.push(...(await captureRotated(run, known)));
    let state = known?.file === identity ? known : undefined;
    if (state !== undefined && state.offset > (await file.stat()).size) {
      notes.push('is shorter than it was: read again from its start; what was sent before counts once');
      state = undefined;
    }
    let { tally } = addReport(run, path, notes);
    for (;;) {
      identity ??= await identityOf(file, ids);
      if (identity !== undefined) {
        state ??= { version: 1, file: identity, offset: 0, lines: 0 };
        state = await captureFile(file, state, { ...context, isGrowing: isFollowing }, tally);
      }
      if (!isFollowing || !(await pause(context.signal))) return;
      const change = await changeOf(path, file, state, ids);
      if (change === 'none') continue;
      if (change === 'replaced') {
        // Nobody writes to the old one any more: its last line is whole, with or without a line break.
        if (state !== undefined) await captureFile(file, state, { ...context, isGrowing: false }, tally);
        await file.close();
        file = await open(path, 'r');
      }
      ({ tally } = addReport(run, path, [
        change === 'replaced' ? 'the log was rotated' : 'the log was emptied',
      ]));
      state = undefined;
      identity = undefined;
    }
  } finally {
    await file.close();
  }
}

/** What is left of the log that an earlier run read, and what came between it and the log of now. */
async function captureRotated(run: CaptureRun, known: CaptureState): Promise<string[]> {
  const paths = await rotatedFiles(run.path, known.file, run.ids);
  if (paths === undefined) {
    return [
      'is another log than the one read before, which is not beside it: ' +
        `what that one held after line ${String(known.lines)} was not read`,
    ];
  }
  for (const [index, path] of paths.entries()) {
    const file = await open(path, 'r');
    try {
      const identity = await identityOf(file, run.ids);
      if (identity === undefined) continue;
      const from = index === 0 ? known : { version: 1 as const, file: identity, offset: 0, lines: 0 };
      const { tally } = addReport(run, path, index === 0 ? ['was rotated since: its rest'] : []);
      await captureFile(file, from, { ...run.context, isGrowing: false }, tally);
    } finally {
      await file.close();
    }
  }
  return [];
}

function addReport(run: CaptureRun, path: string, notes: readonly string[]): FileReport {
  const report: FileReport = { name: basename(path), tally: newTally(), notes };
  run.reports.push(report);
  return report;
}

/** False when it is time to stop. */
async function pause(signal: AbortSignal): Promise<boolean> {
  await delay(pollMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return !signal.aborted;
}

/** What became of the log while it was read to its end. */
async function changeOf(
  path: string,
  file: FileHandle,
  state: CaptureState | undefined,
  ids: LineIds,
): Promise<'none' | 'replaced' | 'emptied'> {
  const mine = await file.stat();
  const present = await stat(path).catch((error: unknown) => {
    // Between the old one's renaming and the new one's making there is none.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (present === undefined) return 'none';
  if (present.ino !== mine.ino || present.dev !== mine.dev) return 'replaced';
  if (state === undefined) return 'none';
  return mine.size < state.offset || (await identityOf(file, ids)) !== state.file ? 'emptied' : 'none';
}
