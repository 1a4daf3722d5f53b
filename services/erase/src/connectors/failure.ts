import { types } from 'node:util';
import { MongoError } from 'mongodb';
import pg from 'pg';
import { KeiroError } from '@keiro/runtime';

/** Drivers say it in words alone. */
const timeouts = new Map([
  ['Query read timeout', 'postgresql'],
  ['Connection terminated due to connection timeout', 'postgresql'],
  ['timeout exceeded when trying to connect', 'postgresql'],
  ['Command timed out', 'redis'],
]);

/**
 * What may be kept and shown of an error: codes and the names of places. A driver's own message may quote the
 * row, the key or the statement (PostgreSQL's DETAIL, MongoDB's duplicate key), so it never gets further.
 */
export function describeFailure(error: unknown): string {
  // Ours name fields and positions, never a value.
  if (error instanceof KeiroError) return error.message;
  if (error instanceof pg.DatabaseError) {
    const places = Object.entries({ table: error.table, column: error.column, constraint: error.constraint });
    const named = places.flatMap(([what, name]) => (name === undefined ? [] : [`${what} ${name}`]));
    return ['postgresql', error.code ?? 'error', ...named].join(' ');
  }
  if (error instanceof MongoError) {
    const { codeName } = error as { codeName?: unknown };
    const code =
      typeof codeName === 'string' ? codeName : error.code === undefined ? error.name : String(error.code);
    return `mongodb ${code}`;
  }
  if (!types.isNativeError(error)) return 'something that is no error';
  if (error.name === 'ReplyError') return `redis ${/^[A-Z]+/.exec(error.message)?.[0] ?? 'error'}`;
  const late = timeouts.get(error.message);
  if (late !== undefined) return `${late} has not answered in time`;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return `${error.name} ${code}`;
  const inner: unknown = Array.isArray(errors) ? errors[0] : error.cause;
  return types.isNativeError(inner) ? `${error.name}: ${describeFailure(inner)}` : error.name;
}

/** Where in our code it happened: the frames of the stack, without the message above them. */
export function framesOf(error: unknown): string[] {
  if (!types.isNativeError(error) || error.stack === undefined) return [];
  return error.stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
}
