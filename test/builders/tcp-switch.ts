import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A way to a real server that can be cut, so that it is away for one client alone. */
export interface TcpSwitch {
  readonly port: number;
  /** Ends every connection and takes no new one. */
  cut(): Promise<void>;
  /**
   * From the first bytes on that contain these nothing more gets from the clients to the server, until it is cut.
   * Resolves when they have come.
   */
  holdAt(bytes: Buffer): Promise<void>;
  /** Lets connections through again, at the same port. */
  mend(): Promise<void>;
}

export async function tcpSwitch(target: { host: string; port: number }): Promise<TcpSwitch> {
  const open = new Set<Socket>();
  let awaited: { readonly bytes: Buffer; readonly come: () => void } | undefined;
  let isHeld = false;

  /** What is to be held is never passed on, and no more asked for. */
  function passing(): Transform {
    let tail = Buffer.of();
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const { bytes, come } = awaited ?? {};
        if (bytes !== undefined) {
          const seen = Buffer.concat([tail, chunk]);
          tail = seen.subarray(Math.max(0, seen.length - bytes.length + 1));
          if (seen.includes(bytes)) isHeld = true;
        }
        if (isHeld) come?.();
        else done(null, chunk);
      },
    });
  }

  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      // A reset on one side is the end on the other.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    client.pipe(passing()).pipe(upstream).pipe(client);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async cut() {
      if (!server.listening) return;
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
      awaited = undefined;
      isHeld = false;
    },
    holdAt: (bytes) =>
      new Promise((resolve) => {
        awaited = { bytes, come: resolve };
      }),
    mend: () => listen(port),
  };
}
