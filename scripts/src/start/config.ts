import { z } from 'zod';

/** Folders in which programs are looked for, as the shell has them. */
export function searchPath(env: NodeJS.ProcessEnv = process.env): string {
  return z.object({ PATH: z.string().default('') }).parse(env).PATH;
}
