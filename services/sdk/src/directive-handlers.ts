import { isRetryable, type Log } from '@keiro/runtime';
import type {
  DirectiveAnswer,
  DirectiveMessage,
  DirectiveSubject,
  ExportPage,
  FieldChange,
  Remains,
} from '@keiro/schemas';
import { sealPage } from './directive-seal.ts';

/** What a holder that owns its store is told, about one person. */
export interface Directive extends Pick<
  DirectiveSubject,
  'lives' | 'locators' | 'newestGeneration' | 'keep'
> {
  readonly id: string;
  readonly request: string;
  /** Purposes that are suspended now; none after a whole resume. */
  readonly purposes: readonly string[];
}

/** Rows, keys or messages by place: `{ readers: 2 }`. What is gone already counts 0, and is no error. */
type Affected = Readonly<Record<string, number>>;

/** What a store did about a correction, and read back. */
export interface Corrected {
  readonly affected: Affected;
  /** Rows that hold something else when they are read again. */
  readonly differing: number;
  /** Fields that this store has no place for. */
  readonly missing?: readonly string[];
}

/** What an erasure did that a floor narrows. */
export interface Narrowed {
  readonly affected: Affected;
  readonly remains: readonly Remains[];
}

/**
 * How a store carries directives out. Each may be called again with the same directive, after a crash or when an
 * answer was lost. An error that is not retryable is answered as `failed`; its message goes no further than the log
 * of this process, because it may quote a row.
 */
export interface DirectiveHandlers {
  /** R4: removes all that is of these lives, by identifier and by locator. */
  readonly erase: (directive: Directive) => Promise<Affected>;
  /** Looks again, by identifier and by locator: how many are there; of `keep` only those that hold more than that. */
  readonly probe: (directive: Directive) => Promise<number>;
  /**
   * In place of `erase` where a floor keeps fields of the policy: removes everything but those. Left out, the holder
   * says that it can't, and nothing is removed.
   */
  readonly narrow?: (directive: Directive, keep: readonly string[]) => Promise<Narrowed>;
  /** R5: marks the person's rows with `purposes`. Left out, the holder says that it can't. */
  readonly flag?: (directive: Directive) => Promise<Affected>;
  /** R2, R3: sets these fields of the person's rows and reads them back. Left out, the holder says that it can't. */
  readonly correct?: (directive: Directive, changes: readonly FieldChange[]) => Promise<Corrected>;
  /**
   * R1: up to `limit` items of what is there of the person, in an order that stays, from the beginning or from where
   * `after`, the `next` of the page before, says. Left out, the holder says that it can't.
   */
  readonly export?: (
    directive: Directive,
    page: { readonly after?: string; readonly limit: number },
  ) => Promise<ExportPage>;
}

type Outcome = Omit<DirectiveAnswer, 'id' | 'holder' | 'at' | 'proof'>;

/** How many items are asked for, until they fit. */
const pageItems = [200, 50, 12, 3, 1];
/** Sealed and in base64 it stays under what a broker takes. */
const pageBytes = 512 * 1024;

/** What a directive comes to. Throws only where the same directive can be carried out later. */
export async function carryOut(
  { id, holder, request, purposes, kind }: DirectiveMessage,
  subject: DirectiveSubject,
  deps: {
    readonly key: Buffer;
    readonly handlers: DirectiveHandlers;
    readonly log: Log;
    readonly random: (bytes: number) => Buffer;
  },
): Promise<Outcome> {
  const { handlers } = deps;
  const { changes = [], after, ...about } = subject;
  const directive: Directive = { id, request, purposes, ...about };
  try {
    switch (kind) {
      case 'erase':
        if ((subject.keep ?? []).length > 0) return await narrowed(handlers, directive);
        return { outcome: 'done', affected: { ...(await handlers.erase(directive)) } };
      case 'probe':
        return { outcome: 'done', affected: {}, found: await handlers.probe(directive) };
      case 'suspend':
      case 'resume':
        if (handlers.flag === undefined) return cannot('cannot-flag');
        return { outcome: 'done', affected: { ...(await handlers.flag(directive)) } };
      case 'correct': {
        if (handlers.correct === undefined) return cannot('cannot-correct');
        const { affected, differing, missing = [] } = await handlers.correct(directive, changes);
        return { outcome: 'done', affected: { ...affected }, differing, missing: [...missing] };
      }
      case 'export': {
        if (handlers.export === undefined) return cannot('cannot-export');
        const page = await pageOf(handlers.export, directive, after);
        if (page === undefined) return { outcome: 'failed', affected: {}, reason: 'item-too-large' };
        return {
          outcome: 'done',
          affected: {},
          sealed: sealPage(deps.key, { id, holder }, page, deps.random(12)),
        };
      }
    }
  } catch (error) {
    // A store that does not answer now will: the directive waits, and so do those behind it.
    if (isRetryable(error)) throw error;
    deps.log.error({ err: error, id }, 'a directive could not be carried out');
    return { outcome: 'failed', affected: {}, reason: 'not-carried-out' };
  }
}

const cannot = (reason: string): Outcome => ({ outcome: 'unsupported', affected: {}, reason });

async function narrowed(handlers: DirectiveHandlers, directive: Directive): Promise<Outcome> {
  // Erasing what a law keeps would be worse than not erasing.
  if (handlers.narrow === undefined) return cannot('cannot-narrow');
  const { affected, remains } = await handlers.narrow(directive, directive.keep ?? []);
  return { outcome: 'done', affected: { ...affected }, remains: [...remains] };
}

/** A page that fits into a message: fewer items where they are large; undefined where a single one is too large. */
async function pageOf(
  read: NonNullable<DirectiveHandlers['export']>,
  directive: Directive,
  after: string | undefined,
): Promise<ExportPage | undefined> {
  for (const limit of pageItems) {
    const page = await read(directive, { limit, ...(after === undefined ? {} : { after }) });
    if (Buffer.byteLength(JSON.stringify(page)) <= pageBytes) return page;
  }
  return undefined;
}
