import type { FileHandle } from 'node:fs/promises';
import { isRetryable, whileUnavailable, type Log } from '@keiro/runtime';
import type { EventOf, Policies } from '@keiro/schemas';
import { InvalidEventsError, type Emitter } from '@keiro/sdk';
import { parseAccessLine, toAccessEvent } from './access-log.ts';
import { readLines, type FileLine } from './capture-lines.ts';
import type { CaptureState, LineIds } from './capture-state.ts';

export interface CaptureContext {
  readonly emitter: Pick<Emitter, 'emit' | 'emitBatch'>;
  readonly ids: LineIds;
  readonly source: string;
  readonly site: string;
  readonly policies: Policies;
  /** Whether the last line may still be being written: then it waits for its line break. */
  readonly isGrowing: boolean;
  /** Called when Kafka has every event up to there. */
  readonly commit: (state: CaptureState) => Promise<void>;
  readonly onProgress: () => void;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What became of the lines of one file; filled while it is read. */
export interface Tally {
  lines: number;
  events: number;
  empty: number;
  /** A last line without a line break, left for the next run. */
  unfinished: number;
  /** Numbers of the lines that could not be read, by what was wrong with them. Never a line itself. */
  readonly unreadable: Map<string, number[]>;
}

export const newTally = (): Tally => ({
  lines: 0,
  events: 0,
  empty: 0,
  unfinished: 0,
  unreadable: new Map(),
});

/** Lines that are under way at once. */
const windowLines = 1000;
/** How long an outage may last before the run ends with what it has. */
const giveUpAfterMs = 600_000;

interface Sent {
  readonly line: number;
  readonly event: EventOf<'access'>;
  /** The error, if there was one. */
  readonly outcome: Promise<unknown>;
}

/**
 * Sends every line of a file from a position on, waiting through outages, and answers with how far it came. Progress is
 * committed only for lines that Kafka has or that nobody can read.
 */
export async function captureFile(
  file: FileHandle,
  from: CaptureState,
  context: CaptureContext,
  tally: Tally,
): Promise<CaptureState> {
  let state = from;
  let window: Sent[] = [];
  let { offset, lines } = from;
  tally.unfinished = 0;

  async function settle(): Promise<void> {
    await finish(window, context, tally);
    window = [];
    if (offset > state.offset) {
      state = { ...state, offset, lines };
      await context.commit(state);
    }
    context.onProgress();
  }

  for await (const line of readLines(file, from.offset)) {
    if (context.signal.aborted) break;
    const read = readLine(line, from.file, context);
    if (read === 'unfinished') {
      tally.unfinished = 1;
      break;
    }
    offset = line.next;
    lines++;
    tally.lines++;
    if (read === 'empty') tally.empty++;
    else if (typeof read === 'string') note(tally, read, lines);
    else window.push({ line: lines, event: read, outcome: context.emitter.emit(read).then(nothing, itself) });
    if (window.length >= windowLines) await settle();
  }
  await settle();
  return state;
}

const nothing = (): undefined => undefined;
const itself = (error: unknown): unknown => error;

/** The event of a line, or why there is none. */
function readLine(line: FileLine, identity: string, context: CaptureContext): EventOf<'access'> | string {
  if (line.bytes === undefined) return line.isComplete ? 'longer than any line of a log' : 'unfinished';
  const text = line.bytes.toString('utf8');
  const entry = parseAccessLine(text);
  // Cut in the middle it would not end in the quote of its last field.
  if (!line.isComplete && (context.isGrowing || entry === undefined || !text.endsWith('"')))
    return 'unfinished';
  if (text.trim() === '') return 'empty';
  if (entry === undefined) return 'not in Combined Log Format';
  const id = context.ids.idOf(identity, line.offset, line.bytes);
  try {
    return toAccessEvent(entry, { id, source: context.source, site: context.site }, context.policies);
  } catch (error) {
    if (error instanceof RangeError) return 'from before the first privacy policy';
    throw error;
  }
}

/** Waits for what is under way, and sends again, under the same ids, what an outage refused. */
async function finish(window: readonly Sent[], context: CaptureContext, tally: Tally): Promise<void> {
  const again: EventOf<'access'>[] = [];
  for (const { line, event, outcome } of window) {
    const error = await outcome;
    if (error === undefined) tally.events++;
    else if (error instanceof InvalidEventsError) note(tally, reasonOf(error), line);
    else if (isRetryable(error)) again.push(event);
    else throw error instanceof Error ? error : new Error('emit failed without an error', { cause: error });
  }
  if (again.length === 0) return;
  const { log, signal } = context;
  await whileUnavailable({ what: 'Keiro', log, signal, giveUpAfterMs }, () =>
    context.emitter.emitBatch(again),
  );
  tally.events += again.length;
}

function reasonOf(error: InvalidEventsError): string {
  const issues = error.events.flatMap((one) => one.issues);
  return issues.map(({ field, message }) => `${field} ${message}`.trim()).join(', ');
}

function note(tally: Tally, reason: string, line: number): void {
  const lines = tally.unreadable.get(reason);
  if (lines === undefined) tally.unreadable.set(reason, [line]);
  else lines.push(line);
}
