import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/**
 * Runs work that only one process at a time may do to a folder. The lock is a socket in Linux's abstract
 * namespace: it ends with its holder, however that ends, so none is ever stale. `onWait` is called when
 * another process holds it.
 */
export async function withLock<T>(folder: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const address = `\0keiro-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  let held = await tryListen(address);
  if (held === undefined) onWait();
  while (held === undefined) {
    await holderGone(address);
    held = await tryListen(address);
  }
  try {
    return await work();
  } finally {
    held.release();
  }
}

async function tryListen(address: string): Promise<{ release: () => void } | undefined> {
  const waiting = new Set<{ destroy: () => unknown }>();
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.on('close', () => waiting.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return {
    release: () => {
      server.close();
      // Those who wait are connected to us: being cut off is their sign to try again.
      for (const socket of waiting) socket.destroy();
    },
  };
}

async function holderGone(address: string): Promise<void> {
  const socket = connect(address);
  await new Promise<void>((resolve) => {
    // Refused or reset: the holder ended between our attempt and this one.
    socket.on('error', () => {
      resolve();
    });
    socket.on('close', () => {
      resolve();
    });
    socket.resume();
  });
}
