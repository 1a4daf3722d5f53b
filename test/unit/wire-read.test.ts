import { describe, expect, it } from '@jest/globals';
import { eventTypes, readWire, wireSchemas, type EventType } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { sealedEvent } from '../builders/wire.ts';

type Json = unknown;
type Path = readonly (string | number)[];

const eventOf = (type: EventType): Json =>
  JSON.parse(
    JSON.stringify(
      sealedEvent({ type, id: 'e-1', refs: [lifeOf('member', 'one'), lifeOf('email', 'one')] }).value,
    ),
  );

const pathsIn = (value: Json, at: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [at, ...Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, [...at, name]))]
    : [at];

/** A copy in which one place is another; undefined leaves it out. */
function changed(value: Json, [name, ...rest]: Path, to: (old: Json) => Json): Json {
  if (name === undefined) return to(value);
  if (Array.isArray(value)) {
    const list: Json[] = [...(value as Json[])];
    list[Number(name)] = changed(list[Number(name)], rest, to);
    return list.filter((one) => one !== undefined);
  }
  const copy: Record<string, Json> = { ...(value as Record<string, Json>) };
  copy[name] = changed(copy[name], rest, to);
  if (copy[name] === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}

const text = 'x'.repeat(65);
/** One character more than a host name may have, and a dot that it may end with. */
const longHost = `${'a.'.repeat(126)}a.`;
// prettier-ignore
const others: readonly ((old: Json) => Json)[] = [
  undefined, null, true, -1, 0, 1.5, 2 ** 53, '', 'a', ' ', text, `${text}${text}${text}${text}`, longHost, 'AAA=', 'AA==', 'A===',
  'AAA', 'AA-_', 'AA\n=', '====', 'person', 'quarantine', 'ours', 'member.short', [], [1], [''], {}, { kind: 'ours' },
  { kind: 'entrusted', tenant: 'acme' }, { ref: 'x', generation: 1 },
].map((to) => () => to);
const grown: readonly ((old: Json) => Json)[] = [
  (old) => (Array.isArray(old) ? (Array(70).fill(old[0]) as Json) : old),
  (old) => (typeof old === 'object' && !Array.isArray(old) ? { ...old, more: 1 } : old),
  (old) =>
    typeof old === 'object' && !Array.isArray(old)
      ? Object.defineProperty({ ...old }, '__proto__', { value: 1, enumerable: true })
      : old,
  (old) => (typeof old === 'string' ? `${old} ` : old),
  (old) => (typeof old === 'string' ? `${old}=` : old),
  (old) => (typeof old === 'string' ? `-${old.slice(1)}` : old),
  (old) => (typeof old === 'string' ? `\u00e9${old.slice(1)}` : old),
  (old) => (typeof old === 'string' ? `\uff21${old.slice(1)}` : old),
  (old) => (typeof old === 'string' ? `${old.slice(0, 5)}=${old.slice(6)}` : old),
];

describe('what is read from the wire', () => {
  it.each(eventTypes)(
    'of %s is accepted and refused as its schema does, whatever is changed in it',
    (type) => {
      const whole = eventOf(type);
      expect(readWire(type, whole)).toEqual(whole);
      const entrusted = changed(whole, ['scope'], () => ({ kind: 'entrusted', tenant: 'acme' }));
      expect(readWire(type, entrusted)).toEqual(entrusted);
      const verdicts = { accepted: 0, refused: 0 };
      const otherwise: Json[] = [];
      for (const path of pathsIn(whole)) {
        for (const to of [...others, ...grown]) {
          const value = changed(whole, path, to);
          const parsed = wireSchemas[type].safeParse(value);
          verdicts[parsed.success ? 'accepted' : 'refused'] += 1;
          const read = readWire(type, value);
          if (JSON.stringify(read) !== JSON.stringify(parsed.data)) otherwise.push([path, value]);
        }
      }
      expect(otherwise).toEqual([]);
      expect(verdicts.accepted).toBeGreaterThan(20);
      expect(verdicts.refused).toBeGreaterThan(200);
    },
  );
});
