import { randomUUID } from 'node:crypto';
import type { SweptLife, Work } from '@keiro/erase/connectors/connector';
import type { Remains } from '@keiro/schemas';
import type { Row } from './test-store.ts';

/** Identifiers that mean something to a server which does not treat them as mere values. */
export const hostile = [
  `o'hara"; drop table people; --`,
  '{member}',
  '*',
  '$gt',
  'a\nb',
  '%',
  '東京 花子',
  '__proto__',
];

export function lifeOf(kind: 'member' | 'email', value: string, generation = 1): SweptLife {
  return { ref: `${kind}.${'x'.repeat(32)}`, generation, kind, value };
}

export function anyWork(
  lives: readonly SweptLife[],
  more: Partial<Work> = {},
): Work & { readonly counts: Record<string, number>; readonly remaining: Remains[] } {
  const remaining: Remains[] = [];
  const counts: Record<string, number> = {};
  return {
    request: 'req-test',
    task: `req-${randomUUID()}.store`,
    holder: 'store',
    attempt: 1,
    lives,
    locators: [],
    replicated: {},
    purposes: [],
    signal: new AbortController().signal,
    told: () => undefined,
    remains: (what) => {
      remaining.push(what);
    },
    remaining,
    count: (place, n) => {
      counts[place] = (counts[place] ?? 0) + n;
    },
    counts,
    ...more,
  };
}

export const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
export const row = (id: string, member: string, generation = 1, more: Partial<Row> = {}): Row => ({
  id,
  member,
  email: `${id}@people.example`,
  generation,
  ...more,
});
