import type { ExportedItem } from '@keiro/schemas';

/**
 * What a row says of other people (`others`, by the holder's own name or by the policy's) is theirs, and no part of a
 * disclosure to this person (APPI 33(2)(i)). Answers how many values were left out, so that the pack can say so. Pure.
 */
export function withoutOthers(item: ExportedItem): { item: ExportedItem; leftOut: number } {
  let leftOut = 0;
  const isOthers = (path: string) => othersName.test(path) || othersName.test(item.names?.[path] ?? '');
  const prune = (value: Json, path: string): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => prune(one, path));
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, one]) => {
        const at = path === '' ? name : `${path}.${name}`;
        if (isOthers(at) || othersName.test(name)) {
          leftOut += 1;
          return [];
        }
        return [[name, prune(one, at)]];
      }),
    );
  };
  const fields = prune(item.fields, '') as ExportedItem['fields'];
  return { item: { ...item, fields }, leftOut };
}

type Json = ExportedItem['fields'][string];
const othersName = /^others?$/i;
