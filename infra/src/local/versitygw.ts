import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inherited, toolPaths } from './config.ts';
import { installOnce, run, type Say } from './install.ts';
import { missing, which } from './prerequisites.ts';
import { startProcess, type ManagedProcess } from './supervise.ts';

/** A gateway that speaks S3 over a folder, with versions and locks. Built once, by Go, where it is first needed. */
const version = '1.8.0';
const moduleName = 'github.com/versity/versitygw/cmd/versitygw';

/** Path of the program. `besides`: it is built beside other work, on one processor. */
export async function installVersitygw(cache: string, say: Say, besides = false): Promise<string> {
  const folder = await installOnce({ cache, key: `versitygw-${version}`, say }, async (temporary) => {
    const go = requireGo();
    say('building it, which takes a minute or two the first time');
    await run(go, ['install', '-trimpath', '-ldflags=-s -w', `${moduleName}@v${version}`], {
      env: inherited({
        GOBIN: temporary,
        GOFLAGS: besides ? '-buildvcs=false -p=1' : '-buildvcs=false',
        CGO_ENABLED: '0',
      }),
      onLine: (line) => {
        const downloading = /^go: downloading (\S+)/.exec(line);
        if (downloading !== null) say(`downloading ${downloading[1] ?? ''}`);
      },
    });
  });
  return join(folder, 'versitygw');
}

function requireGo(): string {
  const usual = ['/usr/local/go/bin', '/usr/lib/go/bin'];
  const go = which('go', [toolPaths().path, ...usual].join(':'));
  if (go !== undefined) return go;
  throw missing(
    'The S3 server of the tests (versitygw) is built by Go, and there is no go on PATH. Install Go 1.25 or newer and try again.',
  );
}

export interface S3ServerOptions {
  readonly program: string;
  readonly port: number;
  /** Of its own: the objects, their versions and its log. */
  readonly folder: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** One S3 server over a folder; it ends with us. */
export async function startVersitygw(options: S3ServerOptions): Promise<ManagedProcess> {
  const { program, port, folder, region, accessKey, secretKey } = options;
  const objects = join(folder, 'objects');
  const versions = join(folder, 'versions');
  for (const one of [objects, versions]) mkdirSync(one, { recursive: true });
  const address = `127.0.0.1:${String(port)}`;
  return startProcess({
    name: 's3',
    command: program,
    args: ['--port', address, '--region', region, '--quiet', 'posix', '--versioning-dir', versions, objects],
    env: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    folders: { run: folder, logs: folder },
    cwd: folder,
    detached: false,
    // Whatever it answers, it is there.
    ready: () => fetch(`http://${address}/`),
    version,
  });
}
