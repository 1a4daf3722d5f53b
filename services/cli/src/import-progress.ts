import { number } from './output.ts';

/** One line that is written over and over; nothing where nobody watches. */
export function createProgress(terminal: NodeJS.WriteStream): {
  show: (rows: number) => void;
  clear: () => void;
} {
  if (!terminal.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show: (rows) => void terminal.write(`\r\u001b[K${number(rows)} rows`),
    clear: () => void terminal.write('\r\u001b[K'),
  };
}
