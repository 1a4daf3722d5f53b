/**
 * One text for one value, whatever order its keys came in: keys sorted by UTF-16 code units, no white space, as
 * RFC 8785 has it for what we hash and sign (strings, whole numbers, lists and objects; a `Date` is its ISO text;
 * what is undefined is not there). Pure.
 */
export function canonicalJson(value: unknown): string {
  return write(JSON.parse(JSON.stringify(value)));
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join(',')}}`;
}
