import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * JSON lines on standard output, or elsewhere (a file, a descriptor) where that is for a person. Only ids, counts, positions and
 * codes are logged: errors are reduced to name, code, message and stack, so that no request body or document can
 * slip in with one.
 */
export function createLog(service: string, level = 'info', to: string | number = 1): Log {
  const destination = pino.destination({ dest: to, mkdir: typeof to === 'string', sync: true });
  const options = {
    name: service,
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError, error: describeError },
  };
  return pino(options, destination);
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'not an error object' };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack,
  };
}
