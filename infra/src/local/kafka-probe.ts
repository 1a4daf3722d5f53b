import { connect } from 'node:net';
import { KeiroError } from '@keiro/runtime/errors';

/**
 * Asks a broker, in Kafka's protocol, who is in the cluster (Metadata, version 1, no topics). Resolves when
 * the answer names a broker and a controller. By hand, because a client library waits and retries where a
 * ready-check wants an answer at once.
 */
export async function askForBrokers(address: string): Promise<void> {
  const answer = await exchange(address, metadataRequest());
  const { brokers, controller } = readMetadata(answer);
  if (brokers === 0 || controller < 0) {
    throw new KeiroError('unavailable', 'Kafka answers, but has no controller yet', { retryable: true });
  }
}

function metadataRequest(): Buffer {
  const client = Buffer.from('keiro-stack');
  const body = Buffer.alloc(14 + client.length);
  body.writeInt16BE(3, 0); // Metadata
  body.writeInt16BE(1, 2); // version
  body.writeInt32BE(1, 4); // correlation id
  body.writeInt16BE(client.length, 8);
  client.copy(body, 10);
  body.writeInt32BE(0, 10 + client.length); // no topics
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function readMetadata(answer: Buffer): { brokers: number; controller: number } {
  const brokers = answer.readInt32BE(4);
  let at = 8;
  for (let broker = 0; broker < brokers; broker++) {
    at += 4; // node id
    at += 2 + answer.readInt16BE(at); // host
    at += 4; // port
    const rack = answer.readInt16BE(at);
    at += 2 + Math.max(rack, 0);
  }
  return { brokers, controller: answer.readInt32BE(at) };
}

/** One request, one answer without its length. */
async function exchange(address: string, request: Buffer): Promise<Buffer> {
  const colon = address.lastIndexOf(':');
  const socket = connect({
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    timeout: 3000,
  });
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('timeout', () => {
        reject(new Error('no answer within 3 s'));
      });
      socket.on('close', () => {
        reject(new Error('the broker closed the connection'));
      });
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        const length = received.length < 4 ? Infinity : received.readInt32BE(0);
        if (received.length >= 4 + length) resolve(received.subarray(4, 4 + length));
      });
      socket.write(request);
    });
  } finally {
    socket.destroy();
  }
}
