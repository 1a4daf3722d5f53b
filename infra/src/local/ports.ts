import { once } from 'node:events';
import { createServer } from 'node:net';
import { KeiroError } from '@keiro/runtime/errors';
import { servers, type ServerName } from './addresses.ts';
import { portHolder } from './proc.ts';

/** Fails with who holds which port, where that can be told, and what to do. */
export async function requireFreePorts(names: readonly ServerName[], portOffset: number): Promise<void> {
  const wanted = names.flatMap((name) =>
    [servers[name].basePort, ...servers[name].otherPorts].map((base) => ({ name, port: base + portOffset })),
  );
  const busy: { name: ServerName; text: string }[] = [];
  for (const { name, port } of wanted) {
    if (await isFree(port)) continue;
    const holder = portHolder(port);
    const who = holder === undefined ? 'another program' : `pid ${String(holder.pid)} (${holder.command})`;
    busy.push({ name, text: `port ${String(port)} of ${servers[name].title} is held by ${who}` });
  }
  const [first] = busy;
  if (first === undefined) return;
  throw new KeiroError(
    'port',
    `${busy.map(({ text }) => text).join('\n')}\nStop that, or move the whole stack with KEIRO_PORT_OFFSET=200 (any multiple of 100), or set ${servers[first.name].variable} if that is the server you want to use.`,
    { retryable: false },
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port });
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
