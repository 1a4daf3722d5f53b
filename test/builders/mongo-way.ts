import { env } from './environment.ts';
import { tcpSwitch, type TcpSwitch } from './tcp-switch.ts';

/** A way to the lineage store for one process alone, which can be held at a moment or cut. */
export async function mongoWay(): Promise<TcpSwitch & { readonly url: string }> {
  const url = new URL(env('KEIRO_MONGO_URL'));
  const way = await tcpSwitch({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${String(way.port)}`;
  url.searchParams.set('directConnection', 'true');
  return { ...way, url: url.href };
}

/** How an insert into a collection begins on the wire: the command's first element, in BSON. */
export function insertInto(collection: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  return Buffer.concat([Buffer.from('insert\0'), length, Buffer.from(`${collection}\0`)]);
}
