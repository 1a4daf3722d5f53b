/**
 * Every error that Keiro raises itself says whether doing the same again can help. A caller maps it in one
 * place: wait and go on, or set the message aside.
 */
export class KeiroError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'KeiroError';
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** A server does not answer now; nothing was lost; the same call may pass later. */
export class UnavailableError extends KeiroError {
  constructor(what: string, cause?: unknown) {
    super('unavailable', `${what} is not available: ${messageOf(cause)}`, { retryable: true, cause });
  }
}

/** Another service refused a call: the same call will not pass. */
export class RefusedError extends KeiroError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('refused', message, { retryable: false });
    this.status = status;
  }
}

/** The message itself is wrong: no repetition helps, it belongs in quarantine. */
export class PoisonError extends KeiroError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, { retryable: false, cause });
  }
}

export interface FieldIssue {
  /** Path of the field, e.g. `data.email`. */
  readonly field: string;
  readonly code: string;
  /** Says what is wanted; never repeats the value. */
  readonly message: string;
}

/** An answer to an HTTP caller: RFC 9457. */
export class ProblemError extends KeiroError {
  readonly status: number;
  readonly issues: readonly FieldIssue[];

  constructor(status: number, code: string, message: string, issues: readonly FieldIssue[] = []) {
    super(code, message, { retryable: status === 503 || status === 429 });
    this.status = status;
    this.issues = issues;
  }
}

export function isRetryable(error: unknown): boolean {
  if (error instanceof KeiroError) return error.retryable;
  return isNetworkError(error) || hasRetryableLabel(error);
}

/** The message of whatever was thrown; errors of ours and of our drivers carry no personal value. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((inner) => messageOf(inner)).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
]);
const networkNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoNotConnectedError',
  'MaxRetriesPerRequestError',
  'TimeoutError',
]);

/** The driver wraps a lost connection in a bulk write's error and drops the cause: only its text is left. */
const lostConnection = /ECONNREFUSED|ECONNRESET|EPIPE|connection \S+ to \S+ (closed|timed out)/;

function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'MongoBulkWriteError' && lostConnection.test(error.message)) return true;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && networkCodes.has(code)) return true;
  if (networkNames.has(error.name)) return true;
  return error.cause !== undefined && isNetworkError(error.cause);
}

function hasRetryableLabel(error: unknown): boolean {
  const labels = (error as { errorLabelSet?: unknown } | null)?.errorLabelSet;
  return (
    labels instanceof Set && (labels.has('TransientTransactionError') || labels.has('RetryableWriteError'))
  );
}
