import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

/** A place in a document: keys and positions from its root. */
export type Path = readonly (string | number)[];

/** A YAML or JSON text, read, with the way back from a place in the data to its line. */
export interface ReadText {
  /** Undefined where the text is no YAML. */
  readonly content: unknown;
  /** Where the text itself is wrong, as `FILE:LINE:COL`. */
  readonly faults: readonly string[];
  /**
   * `FILE:LINE:COL` of a value, or of the key under which it stands where it is not a plain one. Of what is missing: of
   * what it is missing in. Lines and columns count from 1.
   */
  placeOf(path: Path): string;
}

/** Reads a text. `name` is what its file is called in findings. Never throws. Pure. */
export function readText(text: string, name: string): ReadText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${String(Math.max(line, 1))}:${String(Math.max(col, 1))}`;
  };
  return {
    ...contentOf(document, at),
    placeOf: (path) => at(offsetOf(document.contents, path)),
  };
}

function contentOf(
  document: ReturnType<typeof parseDocument>,
  at: (offset: number) => string,
): Pick<ReadText, 'content' | 'faults'> {
  const faults = document.errors.map(({ pos }) => at(pos[0]));
  if (faults.length > 0) return { content: undefined, faults };
  try {
    return { content: document.toJS() as unknown, faults };
  } catch {
    // An alias of nothing, or a heap of aliases made to exhaust the reader.
    return { content: undefined, faults: [at(0)] };
  }
}

function offsetOf(root: Node | null, path: Path): number {
  let node: unknown = root;
  let offset = 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
      if (pair === undefined || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(key)];
      if (item === undefined) return offset;
      node = item;
      offset = (item as Node).range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return isScalar(node) && node.value !== null ? (node.range?.[0] ?? offset) : offset;
}
