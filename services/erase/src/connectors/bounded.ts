import { MongoServerError } from 'mongodb';
import pg from 'pg';
import { types } from 'node:util';
import { ConnectorError, type Connector, type ExportChunk, type Work } from './connector.ts';

/**
 * A connector whose calls end when `work.signal` does, whatever its server does, and which says what to do where the
 * server refuses its credentials. `secrets`: the settings that hold them.
 */
export function bounded(connector: Connector, what: string, secrets: readonly string[]): Connector {
  const explained = (error: unknown): unknown =>
    isRefusal(error)
      ? new ConnectorError(
          'credentials',
          `${what} refuses the credentials: renew ${secrets.join(' or ')} in the environment of erase and restart it; the task is tried again`,
        )
      : error;
  async function within<T>({ signal }: Pick<Work, 'signal'>, call: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let stop: () => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([call(), stopped]);
    } catch (error) {
      throw explained(error);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async function* exported(work: Work): AsyncGenerator<ExportChunk> {
    const chunks = connector.export(work)[Symbol.asyncIterator]();
    let isOver = false;
    try {
      for (;;) {
        const next = await within(work, () => chunks.next());
        isOver = next.done === true;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      const closing = isOver ? undefined : chunks.return?.();
      // Of a server that hangs it comes later: then it is not waited for.
      if (work.signal.aborted) closing?.catch(() => undefined);
      else await closing;
    }
  }

  return {
    ...connector,
    ...(connector.present === undefined
      ? {}
      : { present: (work: Work) => within(work, async () => connector.present?.(work) ?? {}) }),
    erase: (work) => within(work, () => connector.erase(work)),
    suspend: (work) => within(work, () => connector.suspend(work)),
    resume: (work) => within(work, () => connector.resume(work)),
    probe: (work) => within(work, () => connector.probe(work)),
    correct: (work, changes) => within(work, () => connector.correct(work, changes)),
    export: exported,
  };
}

/** Said by a server of somebody who may not, or may no longer, log in. Pure. */
function isRefusal(error: unknown): boolean {
  // invalid_authorization_specification and invalid_password
  if (error instanceof pg.DatabaseError) return error.code === '28000' || error.code === '28P01';
  // AuthenticationFailed; Unauthorized, before a log-in
  if (error instanceof MongoServerError) return error.code === 18 || error.code === 13;
  return (
    types.isNativeError(error) && error.name === 'ReplyError' && /^(?:WRONGPASS|NOAUTH)/.test(error.message)
  );
}
