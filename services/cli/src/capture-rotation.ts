import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { identityOfPath, type LineIds } from './capture-state.ts';

/**
 * When a log was rotated since the last run: the file that the state speaks of, under its new name, and those that
 * came after it, oldest first. Undefined when it is not there any more, or only compressed.
 */
export async function rotatedFiles(
  log: string,
  identity: string,
  ids: LineIds,
): Promise<string[] | undefined> {
  const folder = dirname(log);
  const prefix = basename(log);
  const names = (await readdir(folder)).filter((name) => isRotation(name, prefix));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs, ctimeMs } = await stat(path);
      return { path, mtimeMs, ctimeMs };
    }),
  );
  files.sort((one, other) => one.mtimeMs - other.mtimeMs || one.ctimeMs - other.ctimeMs);
  for (const [index, { path }] of files.entries()) {
    if ((await identityOfPath(path, ids)) === identity) return files.slice(index).map((file) => file.path);
  }
  return undefined;
}

/** `access.log.1`, `access.log-20260401`: what logrotate and the servers' own rotation make of `access.log`. */
function isRotation(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^[.-]\d[\d.-]*$/.test(name.slice(prefix.length));
}
