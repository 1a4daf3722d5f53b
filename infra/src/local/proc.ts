/* What Linux tells about processes and ports. The local stack runs on Linux; elsewhere, docker compose does. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Undefined when there is no such process, or only its exit status is left. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`/proc/${String(pid)}/stat`);
  // The second field is the name in brackets and may itself contain spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields?.[19];
  if (fields === undefined || startTicks === undefined || fields[0] === 'Z' || fields[0] === 'X')
    return undefined;
  return { pid, startTicks, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
}

export function isSameProcess(recorded: ProcessIdentity): boolean {
  const found = identify(recorded.pid);
  return found?.startTicks === recorded.startTicks && found.bootId === recorded.bootId;
}

export interface PortHolder {
  readonly pid: number;
  /** First words of its command line. */
  readonly command: string;
}

/** Who listens on a TCP port, as far as this user may know. */
export function portHolder(port: number): PortHolder | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    if (openSockets(entry).some((socket) => inodes.has(socket))) {
      const words = readProc(`/proc/${entry}/cmdline`)?.split('\0') ?? [];
      // Not the whole line: arguments may be secrets.
      return { pid: Number(entry), command: words[0] ?? 'unknown' };
    }
  }
  return undefined;
}

function listeningInodes(port: number): Set<string> {
  const listening = '0A';
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readProc(table)?.split('\n').slice(1) ?? []) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const hexPort = local?.split(':')[1];
      if (
        state === listening &&
        inode !== undefined &&
        hexPort !== undefined &&
        parseInt(hexPort, 16) === port
      ) {
        inodes.add(`socket:[${inode}]`);
      }
    }
  }
  return inodes;
}

function openSockets(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return (
    unlessGone(() =>
      readdirSync(folder).map((fd) => unlessGone(() => readlinkSync(`${folder}/${fd}`)) ?? ''),
    ) ?? []
  );
}

function readProc(path: string): string | undefined {
  return unlessGone(() => readFileSync(path, 'utf8'));
}

/** A process may end while it is looked at, and another user's is closed to us: both mean "cannot be told". */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}
