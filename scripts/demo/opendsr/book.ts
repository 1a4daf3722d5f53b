import type { Identity, OpenDsrRequest } from './messages.ts';

/** What a holder outside the pipeline can do when a data subject request reaches it. */
export interface Fulfiller {
  /** Removes everything about the person; answers how many items there were. */
  erase(identities: readonly Identity[]): Promise<number>;
  /** Everything about the person. */
  find(identities: readonly Identity[]): Promise<readonly unknown[]>;
}

type RequestStatus = 'pending' | 'in_progress' | 'completed' | 'cancelled';

export interface Entry {
  readonly id: string;
  readonly received: Date;
  readonly expected: Date;
  readonly callbacks: readonly string[];
  readonly status: RequestStatus;
  readonly count?: number;
  /** What was found for a request of access or portability. */
  readonly results?: readonly unknown[];
}

export interface BookOptions {
  readonly fulfiller: Fulfiller;
  /** How long it says that it will take. */
  readonly promiseMs: number;
  readonly now: () => Date;
  /** Awaited while a request is pending, and again while it is in progress: a processor takes its time. */
  readonly pace?: (status: 'pending' | 'in_progress') => Promise<void>;
  readonly onChange: (entry: Entry) => void;
  readonly onFailure: (error: unknown) => void;
}

/** A processor's requests and how far they are (OpenDSR 8). The identifiers of a request are used and forgotten. */
export interface Book {
  take(request: OpenDsrRequest, identities: readonly Identity[]): Entry;
  get(id: string): Entry | undefined;
  /** Undefined where it is under way already. */
  cancel(id: string): Entry | undefined;
}

const remembered = 10_000;

export function createBook(options: BookOptions): Book {
  const entries = new Map<string, Entry>();

  function change(id: string, more: Partial<Entry>): Entry | undefined {
    const entry = entries.get(id);
    if (entry === undefined || entry.status === 'cancelled') return undefined;
    const changed = { ...entry, ...more };
    entries.set(id, changed);
    options.onChange(changed);
    return changed;
  }

  async function fulfil(
    { subject_request_id: id, subject_request_type: type }: OpenDsrRequest,
    who: readonly Identity[],
  ) {
    await options.pace?.('pending');
    if (change(id, { status: 'in_progress' }) === undefined) return;
    await options.pace?.('in_progress');
    if (type === 'erasure') {
      change(id, { status: 'completed', count: await options.fulfiller.erase(who) });
    } else {
      const results = await options.fulfiller.find(who);
      change(id, { status: 'completed', count: results.length, results });
    }
  }

  return {
    take(request, identities) {
      const received = options.now();
      const entry: Entry = {
        id: request.subject_request_id,
        received,
        expected: new Date(received.getTime() + options.promiseMs),
        callbacks: request.status_callback_urls,
        status: 'pending',
      };
      const oldest = entries.keys().next().value;
      if (entries.size >= remembered && oldest !== undefined) entries.delete(oldest);
      entries.set(entry.id, entry);
      options.onChange(entry);
      fulfil(request, identities).catch(options.onFailure);
      return entry;
    },
    get: (id) => entries.get(id),
    cancel: (id) => (entries.get(id)?.status === 'pending' ? change(id, { status: 'cancelled' }) : undefined),
  };
}
