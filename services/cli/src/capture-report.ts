import type { Tally } from './capture-file.ts';

/** What there is to say about one file. */
export interface FileReport {
  readonly name: string;
  readonly tally: Tally;
  readonly notes: readonly string[];
}

/** Line numbers as people write them: `3, 7–9, 12`. Ascending in, as they were read. */
export function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last?.to === number - 1) last.to = number;
    else parts.push({ from: number, to: number });
  }
  return parts
    .map(({ from, to }) => (from === to ? String(from) : `${String(from)}–${String(to)}`))
    .join(', ');
}

/** What a run did, for a person. Lines are named by number, never shown: they are personal data. */
export function summary(reports: readonly FileReport[], stateFile: string): string {
  const text = reports.flatMap(({ name, tally, notes }) => [
    `${name}: ${count(tally.lines, 'line')} read, ${count(tally.events, 'event')} sent${tally.empty > 0 ? `, ${String(tally.empty)} empty` : ''}`,
    ...notes.map((note) => `  ${note}`),
    ...(tally.unfinished > 0 ? ['  the last line is not finished yet: left for the next run'] : []),
    ...[...tally.unreadable].map(
      ([reason, lines]) =>
        `  could not be read: line${lines.length === 1 ? '' : 's'} ${ranges(lines)}: ${reason}`,
    ),
  ]);
  return [...text, `How far it came is kept in ${stateFile}`, ''].join('\n');
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

/** One line that is written over and over; nothing where nobody watches. */
export function createProgress(
  terminal: NodeJS.WriteStream,
  reports: readonly FileReport[],
): { show: () => void; clear: () => void } {
  if (!terminal.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show() {
      const report = reports.at(-1);
      if (report === undefined) return;
      const { lines, events } = report.tally;
      terminal.write(`\r\u001b[K${report.name}: ${count(lines, 'line')}, ${count(events, 'event')}`);
    },
    clear: () => void terminal.write('\r\u001b[K'),
  };
}
