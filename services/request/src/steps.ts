import type { Life, RequestStep } from '@keiro/schemas';

/** The keys service takes a thousand lives a call. */
export function inCalls(lives: readonly Life[]): Life[][] {
  const size = 1000;
  return Array.from({ length: Math.ceil(lives.length / size) }, (_, i) =>
    lives.slice(i * size, (i + 1) * size),
  );
}

export function stepAt(at: Date, name: string, evidence: RequestStep['evidence']): RequestStep {
  return { step: name, at, evidence };
}
