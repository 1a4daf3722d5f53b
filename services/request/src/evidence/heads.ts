import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeiroError, type Producer } from '@keiro/runtime';
import { chainHeadSchema, type ChainHead } from '@keiro/schemas';

/** Heads of the chain outside MongoDB: who can rewrite the store can't rewrite these with it. */
export interface Heads {
  /** The last one held; undefined where none is, or no folder is configured. */
  last(): ChainHead | undefined;
  add(head: ChainHead): Promise<void>;
}

export const headsTopic = 'audit.heads';

/** @param folder absent: they are kept in Kafka alone */
export function openHeads(options: {
  readonly folder: string | undefined;
  /** Tells the chains of several stores apart. */
  readonly database: string;
  readonly producer: Pick<Producer, 'send'>;
}): Heads {
  const { folder, database, producer } = options;
  const file = folder === undefined ? undefined : join(folder, `${database}.heads.jsonl`);
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  let last = file === undefined ? undefined : lastOf(file);

  return {
    last: () => last,
    async add(head) {
      if (file !== undefined && head.number > (last?.number ?? 0)) append(file, head);
      last = head;
      const value = Buffer.from(JSON.stringify(head));
      await producer.send([
        { topic: headsTopic, messages: [{ key: `${database}/${String(head.number)}`, value }] },
      ]);
    },
  };
}

function append(file: string, head: ChainHead): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    appendFileSync(handle, `${JSON.stringify(head)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The last whole line: one that a crash cut short was of a segment that is in the store, and is added again. */
function lastOf(file: string): ChainHead | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  if (text !== '' && !text.endsWith('\n')) {
    appendFileSync(file, '\n');
    lines.pop();
  }
  const line = lines.at(-1);
  if (line === undefined) return undefined;
  try {
    return chainHeadSchema.parse(JSON.parse(line));
  } catch (error) {
    throw new KeiroError('configuration', `${file} does not end in a head of the audit chain`, {
      retryable: false,
      cause: error,
    });
  }
}
