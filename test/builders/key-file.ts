import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key file of nobody's, with KEKs of these epochs in clear as every stack has made them so far. */
export function keyFile(epochs: readonly number[] = [1]): { path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'keiro-keys-'));
  const path = join(folder, 'keys.json');
  const random = () => randomBytes(32).toString('base64');
  writeFileSync(
    path,
    JSON.stringify({ pepper: random(), keks: epochs.map((epoch) => ({ epoch, key: random() })) }),
    { mode: 0o600 },
  );
  return {
    path,
    remove() {
      rmSync(folder, { recursive: true });
    },
  };
}
