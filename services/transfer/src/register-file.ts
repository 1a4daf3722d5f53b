import { KeiroError, readJsonFile } from '@keiro/runtime';
import { purposeIds, type Policies } from '@keiro/schemas';
import { z } from 'zod';
import type { HolderStore } from './holder-store.ts';
import { checkRegister, type RegisterPolicy } from './register.ts';

/** What the policy in force knows of bases and purposes. */
export function registerPolicy(policies: Policies, now: Date): RegisterPolicy {
  const { bases } = policies.inForce(now).rules;
  return { bases: new Set(Object.keys(bases)), purposes: new Set(purposeIds) };
}

/** Registers the holders of a file; every finding is told at once, and then nothing is registered. */
export async function registerFromFile(
  file: string,
  store: Pick<HolderStore, 'register' | 'all'>,
  policies: Policies,
  now: Date,
): Promise<{ holders: number; changed: number }> {
  const known = new Set((await store.all()).map(({ id }) => id));
  const checked = checkRegister(readJsonFile(file, z.unknown()), registerPolicy(policies, now), known);
  if ('findings' in checked) {
    const lines = checked.findings.map((finding) => `  ${finding}`);
    throw new KeiroError('configuration', `${file} can't be registered:\n${lines.join('\n')}`, {
      retryable: false,
    });
  }
  const done = await Promise.all(checked.holders.map((holder) => store.register(holder, 'transfer', now)));
  return { holders: done.length, changed: done.filter(({ changed }) => changed).length };
}
