// Keeps package-lock.json whole: `npm ci` refuses a lock file that lacks any of a package's builds for other
// platforms, and npm leaves out those that the registry in use does not carry. With --fix, such a build is
// entered by the name, version, system and processor that its package states; npm skips it where it does not fit.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const lacking = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (foundFrom(path, name)) continue;
    const words = name.split(/[-/]/);
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    lacking.push({ name, entry: { version, cpu, ...(entry.dev ? { dev: true } : {}), optional: true, os } });
  }
}

const registries = readFileSync(file, 'utf8').match(/"resolved": "[a-z+]+:\/\/[^"]*"/g) ?? [];
if (registries.length > 0) fail(`package-lock.json names where ${registries.length} packages were found`);

const unclear = lacking.filter(
  ({ entry }) => !/^\d/.test(entry.version) || entry.os.length !== 1 || entry.cpu.length !== 1,
);
if (unclear.length > 0) fail(`package-lock.json lacks ${unclear.map(({ name }) => name).join(', ')}`);
if (process.argv.includes('--fix')) {
  for (const { name, entry } of lacking) lock.packages[`node_modules/${name}`] = entry;
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  if (lacking.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
} else if (lacking.length > 0) {
  fail(
    `package-lock.json lacks ${lacking.length} builds for other platforms: node scripts/quality/lock-file.mjs --fix`,
  );
}

/** Whether a package at `path` finds `name`, going up as Node does. */
function foundFrom(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
