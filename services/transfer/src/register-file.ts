import { KeiroError, readJsonFile } from '@keiro/runtime';
import { purposeIds, type Policies } from '@keiro/schemas';
import { z } from 'zod';
import { checkRegister } from './register.ts';
import type { TransferStore } from './store.ts';

/** Registers the holders of a file; every finding is told at once, and then nothing is registered. */
export async function registerFromFile(
  file: string,
  store: Pick<TransferStore, 'register' | 'holderIds'>,
  policies: Policies,
  now: Date,
): Promise<number> {
  const { bases } = policies.inForce(now).rules;
  const checked = checkRegister(
    readJsonFile(file, z.unknown()),
    { bases: new Set(Object.keys(bases)), purposes: new Set(purposeIds) },
    await store.holderIds(),
  );
  if ('findings' in checked) {
    const lines = checked.findings.map((finding) => `  ${finding}`);
    throw new KeiroError('configuration', `${file} can't be registered:\n${lines.join('\n')}`, {
      retryable: false,
    });
  }
  await store.register(checked.holders, now);
  return checked.holders.length;
}
