/** A place in a JSON document. */
export type Path = readonly (string | number)[];

/** Every value that is neither object nor list, with its place. */
export function leaves(document: unknown, path: Path = []): { path: Path; value: unknown }[] {
  if (typeof document !== 'object' || document === null) return [{ path, value: document }];
  return Object.entries(document).flatMap(([key, value]) =>
    leaves(value, [...path, Array.isArray(document) ? Number(key) : key]),
  );
}

export function at(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document);
}

/** A copy with another value at one place, which need not exist yet. */
export function replaced(document: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(document))
    return document.map((one: unknown, index) => (index === key ? replaced(one, rest, value) : one));
  const object = document as Record<string | number, unknown>;
  return { ...object, [key]: replaced(object[key], rest, value) };
}
