interface Range {
  readonly from: number;
  to: number;
}

/** Ranges that are kept; a file that is wrong line by line is not wrong in a hundred thousand ways. */
const mostRanges = 10_000;

/** Numbers of lines, ascending as they are read, kept as ranges so that a million of them take no memory. */
export class LineList {
  readonly #ranges: Range[] = [];
  #count = 0;

  constructor(ranges: readonly (readonly [number, number])[] = []) {
    for (const [from, to] of ranges) {
      this.#ranges.push({ from, to });
      this.#count += to - from + 1;
    }
  }

  add(line: number): void {
    this.#count += 1;
    const last = this.#ranges.at(-1);
    if (last !== undefined && line <= last.to + 1) last.to = Math.max(last.to, line);
    else if (this.#ranges.length < mostRanges) this.#ranges.push({ from: line, to: line });
  }

  addAll(other: LineList): void {
    for (const { from, to } of other.#ranges) for (let line = from; line <= to; line++) this.add(line);
  }

  has(line: number): boolean {
    return this.#ranges.some(({ from, to }) => from <= line && line <= to);
  }

  get count(): number {
    return this.#count;
  }

  /** `3, 7–9, 12`, with `…` where there are more than are kept. */
  toString(): string {
    const parts = this.#ranges.map(({ from, to }) =>
      from === to ? String(from) : `${String(from)}–${String(to)}`,
    );
    return [...parts, ...(this.#ranges.length === mostRanges ? ['…'] : [])].join(', ');
  }

  /** The first and the last of each. */
  ranges(): [number, number][] {
    return this.#ranges.map(({ from, to }) => [from, to]);
  }
}
