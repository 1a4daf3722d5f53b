// Runs a command of the project on a machine that has nothing but Node: installs and builds what is missing
// first. Plain JavaScript without dependencies, because none is there yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules', '.keiro', 'installed');

/** What each command does, in order; the last step gets the arguments. */
const commands = {
  start: [install, build('scripts'), script('start')],
  test: [install, build('scripts', 'test'), script('test')],
  stack: [install, build('scripts'), script('stack')],
  bench: [install, build('scripts'), script('bench')],
  check: [install, build('scripts', 'test'), script('check')],
};

const [name, ...args] = process.argv.slice(2);
const steps = commands[name];
if (steps === undefined) {
  fail(`usage: node scripts/bootstrap.mjs ${Object.keys(commands).join('|')} [arguments]`);
}
requireNode([20, 19]);
for (const step of steps) {
  const code = await step(args);
  if (code !== 0) process.exit(code);
}

function requireNode([major, minor]) {
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  fail(`Keiro needs Node ${major}.${minor} or newer, and this is ${process.versions.node}.`);
}

/**
 * Installs when the packages are not those of the lock file. Not `npm ci`: it refuses a lock file that lacks other
 * platforms' optional packages, and a registry mirror may not have those; `--no-save` keeps the lock file as it is. The stamp is the lock file's hash; npm's own
 * copy of the lock file is compared where there is no stamp, so that an `npm install` by hand is not undone.
 */
async function install() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
  if (!isInstalled(JSON.parse(lock))) {
    process.stderr.write('Installing the packages of package-lock.json …\n');
    const code = await run('npm', ['install', '--no-save', '--no-audit', '--no-fund']);
    if (code !== 0) return code;
  }
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, wanted);
  return 0;
}

/** Whether node_modules holds, by npm's own account, what the lock file says for this platform. */
function isInstalled(lock) {
  const account = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(account)) return false;
  const { packages: installed } = JSON.parse(readFileSync(account, 'utf8'));
  return Object.entries(lock.packages).every(
    ([path, wanted]) =>
      !path.startsWith('node_modules/') ||
      wanted.optional === true ||
      wanted.link === true ||
      installed[path]?.version === wanted.version,
  );
}

/** Compiles these workspaces and what they need, as far as it changed. */
function build(...workspaces) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return () => run(process.execPath, [compiler, '-b', ...workspaces]);
}

function script(file) {
  return (rest) => run(process.execPath, [join(root, 'scripts', 'dist', `${file}.js`), ...rest]);
}

/** Runs it on our terminal and answers its exit code; signals go through to it. */
function run(command, parameters) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: root, stdio: 'inherit' });
    const forward = (signal) => child.kill(signal);
    process.on('SIGTERM', forward);
    process.on('SIGINT', forward);
    child.once('error', (error) => fail(`${command} does not start: ${error.message}`));
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', forward);
      process.off('SIGINT', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
