import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './config.ts';
import { installOnce, run, type Say } from './install.ts';
import { requireJava, requireMaven } from './prerequisites.ts';

export const javaVersions = { kafka: '4.1.0', registry: '3.0.9' } as const;

/**
 * Halves the processor time to readiness (registry 12 s to 5.5 s, Kafka 8 s to 4 s) and costs nothing after
 * it: 100,000 messages took the broker 0.8 s so, and 1.0 s with the optimising compiler and G1.
 */
export const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'] as const;

export interface JavaServers {
  readonly java: string;
  /** Jars of Kafka. */
  readonly kafka: string;
  /** The unpacked registry. */
  readonly registry: string;
}

/** Kafka and the registry out of Maven's repository, as infra/pom.xml pins them: 152 MB, once. */
export async function installJavaServers(cache: string, say: Say): Promise<JavaServers> {
  const java = await requireJava();
  const pom = join(root, 'infra', 'pom.xml');
  const pinned = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 10);
  const folder = await installOnce({ cache, key: `java-${pinned}`, say }, async (target) => {
    const maven = await requireMaven();
    say('downloading Kafka and the schema registry (152 MB)');
    await run(maven, ['-f', pom, `-Dkeiro.target=${target}`, 'process-resources'], { onLine: progress(say) });
    await unpackRegistry(join(target, 'registry'));
  });
  return { java, kafka: join(folder, 'kafka'), registry: join(folder, 'registry') };
}

/** Passes on how far the larger files are, every two seconds at most: Maven says it a hundred times a second. */
function progress(say: Say): (line: string) => void {
  let next = 0;
  return (line) => {
    const file = /Progress .*?([\d.]+\/[\d.]+ MB)/.exec(line)?.[1];
    if (file === undefined || performance.now() < next) return;
    next = performance.now() + 2000;
    say(`downloading, ${file} of a file`);
  };
}

/** tar itself, because the archiver of Maven's plugin shortens long names. */
async function unpackRegistry(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.tar.gz'))) {
    await run('tar', ['-xzf', name], { cwd: folder });
    rmSync(join(folder, name));
  }
}
