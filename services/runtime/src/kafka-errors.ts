import { isRetryable, KeiroError, UnavailableError } from './errors.ts';

const passingNames = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionError',
  'KafkaJSRequestTimeoutError',
]);

/** kafkajs marks its own errors; what it calls retriable, gave up retrying, or lost the connection over may pass later. */
export function rethrow(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof KeiroError) throw error;
    throw isPassing(error) ? new UnavailableError(what, error) : error;
  };
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retriable } = error as { retriable?: boolean };
  return retriable === true || passingNames.has(error.name) || isRetryable(error) || isPassing(error.cause);
}
