import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './config.ts';
import { installOnce, run, type Say } from './install.ts';
import { requirePython } from './prerequisites.ts';

/**
 * A virtual environment with what infra/python/NAME.txt pins, installed once; answers its folder. Start its
 * modules through its python: scripts in its bin folder still name the temporary folder it was made in.
 */
export async function installPython(options: {
  cache: string;
  name: string;
  what: string;
  say: Say;
}): Promise<string> {
  const { cache, name, what, say } = options;
  const requirements = join(root, 'infra', 'python', `${name}.txt`);
  const pinned = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 10);
  return installOnce({ cache, key: `${name}-${pinned}`, say }, async (folder) => {
    const python = await requirePython(what);
    say('making a Python environment for it');
    await run(python, ['-m', 'venv', folder]);
    await run(
      join(folder, 'bin', 'python'),
      // Dependencies are pinned in the file too, and a wheel needs no compiler.
      [
        '-m',
        'pip',
        'install',
        '--no-input',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '-r',
        requirements,
      ],
      {
        onLine: (line) => {
          const size = /^\s*Downloading (\S+?)(?:-py\S*|-cp\S*)? \((.*)\)/.exec(line);
          if (size !== null) say(`downloading ${size[1] ?? ''} (${size[2] ?? ''})`);
        },
      },
    );
  });
}
