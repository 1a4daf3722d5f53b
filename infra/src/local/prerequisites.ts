import { KeiroError } from '@keiro/runtime/errors';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { toolPaths } from './config.ts';
import { run } from './install.ts';

/** Path of a command on PATH, as the shell would find it. */
export function which(command: string, path = toolPaths().path): string | undefined {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    }
  }
  return undefined;
}

/** Java 17 or newer, for Kafka and the registry. */
export async function requireJava(): Promise<string> {
  const wanted = 'Kafka and the schema registry need Java 17 or newer';
  const help = 'Install it (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME';
  const { javaHome } = toolPaths();
  const java = javaHome === undefined ? which('java') : join(javaHome, 'bin', 'java');
  if (java === undefined) throw missing(`${wanted}, and there is no java on PATH. ${help}.`);
  const lines = await run(java, ['-version']).catch(() => {
    throw missing(`${wanted}, and ${java} does not run. ${help}.`);
  });
  const major = Number(/version "(?:1\.)?(\d+)/.exec(lines.join('\n'))?.[1]);
  if (!(major >= 17)) throw missing(`${wanted}, and ${java} is version ${String(major)}. ${help}.`);
  return java;
}

/** Maven downloads them; Java 17 must be there first. */
export async function requireMaven(): Promise<string> {
  const maven = which('mvn');
  if (maven === undefined) {
    throw missing(
      'Kafka and the schema registry are downloaded by Maven, and there is no mvn on PATH. Install it (Debian: apt-get install maven).',
    );
  }
  await run('tar', ['--version']).catch(() => {
    throw missing(
      'The schema registry is unpacked by tar, which does not run here. Install it (Debian: apt-get install tar).',
    );
  });
  return maven;
}

/** Python 3.11 or newer with its venv module, for what is installed from PyPI. */
export async function requirePython(what: string): Promise<string> {
  const wanted = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11']) {
    const python = which(name);
    if (python === undefined) continue;
    const fits = await run(python, ['-c', wanted]).then(
      () => true,
      () => false,
    );
    if (fits) return python;
  }
  throw missing(
    `${what} needs Python 3.11 or newer with its venv module, and no python3 on PATH is that. Install it (Debian: apt-get install python3 python3-venv).`,
  );
}

export function missing(message: string): KeiroError {
  return new KeiroError('prerequisite', message, { retryable: false });
}
