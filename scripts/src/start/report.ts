import { isTerminal as isColourful, painter, type Paint } from '@keiro/cli/output';

export interface Outcome<T> {
  readonly text: string;
  readonly result: T;
  readonly ok?: boolean;
}

/** Tells a person what happens: one line a step, with the seconds since the start. */
export interface Reporter {
  readonly paint: Paint;
  /**
   * Runs one step under its title. `say` shows what it is doing now; the text that the step answers stands behind
   * its title when it is over, with a cross where it is not `ok`.
   */
  step<T>(title: string, work: (say: (text: string) => void) => Promise<Outcome<T>>): Promise<T>;
  heading(title: string): void;
  /** Text that is part of the story, with a margin. */
  print(text: string): void;
}

/** A terminal or any other place for text. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const titleColumns = 16;
const margin = '  ';
/** Where there is no terminal, a step that takes longer than this says what it is doing. */
const patienceMs = 5000;

export function createReporter(out: Output): Reporter {
  const started = performance.now();
  const isTerminal = out.isTTY === true;
  const paint = painter(isColourful());
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
  const line = (mark: string, title: string, text: string) =>
    `${margin}${paint('dim', elapsed())}  ${mark} ${paint('bold', title.padEnd(titleColumns))} ${text}`;

  const failed = paint('red', '✘');

  return {
    paint,
    async step(title, work) {
      let saying = '…';
      let lastTold = performance.now();
      let frame = 0;
      const draw = () => {
        const mark = paint('cyan', frames[frame++ % frames.length] ?? '');
        out.write(`\r\u001b[2K${line(mark, title, paint('dim', saying)).slice(0, 400)}`);
      };
      const timer = isTerminal ? setInterval(draw, 120) : undefined;
      const finish = (text: string) => {
        clearInterval(timer);
        out.write(`${isTerminal ? '\r\u001b[2K' : ''}${text}\n`);
      };
      try {
        const { text, result, ok } = await work((now) => {
          saying = now;
          if (!isTerminal && performance.now() - lastTold > patienceMs) {
            lastTold = performance.now();
            out.write(`${line('·', title, now)}\n`);
          }
        });
        finish(line(ok === false ? failed : paint('green', '✔'), title, text));
        return result;
      } catch (error) {
        finish(line(failed, title, saying));
        throw error;
      }
    },
    heading(title) {
      out.write(`\n${margin}${paint('bold', title)}\n`);
    },
    print(text) {
      const lines = text.trimEnd().split('\n');
      out.write(`${lines.map((one) => `${margin}${one}`.trimEnd()).join('\n')}\n`);
    },
  };
}
