import { createHmac, timingSafeEqual } from 'node:crypto';
import { isRetryable } from '@keiro/runtime';
import type { CollectionEvent, Fact } from '@keiro/schemas';
import { InvalidEventsError } from '@keiro/sdk';
import { idOf } from './ids.ts';
import type { Session } from './members.ts';

/** What a posted form comes to: events and facts for the pipeline, and what the site does once the pipeline has them. */
interface Outcome {
  readonly events: readonly (CollectionEvent | Fact)[];
  readonly accept: () => void;
  readonly reject?: () => void;
  readonly onward: string;
  /** The session to go on with, where it is another one. */
  readonly session?: Session;
}

type Settled = Pick<Outcome, 'onward' | 'session'>;

/** Why a form is shown again. */
export class FormError extends Error {}

/**
 * Takes each form once. A form that is posted again, because the first answer was lost or the pipeline did not
 * take it, sends the very same events: the same ids, times and content, so that the pipeline sees a retry.
 */
export interface Submissions {
  /** The token that goes into the forms of one page. */
  token(session: Session): string;
  /** Resolves with the way on. Throws {@link FormError}, or the emitter's retryable error. */
  submit(session: Session, token: unknown, decide: (id: string) => Promise<Outcome>): Promise<Settled>;
}

const remembered = 2000;

export function createSubmissions(options: {
  emit: (events: readonly (CollectionEvent | Fact)[]) => Promise<unknown>;
  random: (bytes: number) => Buffer;
}): Submissions {
  const { emit, random } = options;
  const open = new Map<string, Promise<Outcome>>();
  const done = new Map<string, Settled>();

  const signature = (session: Session, id: string) =>
    createHmac('sha256', session.id).update(id).digest('base64url').slice(0, 22);

  function idIn(session: Session, token: unknown): string {
    const [id = '', signed = ''] = typeof token === 'string' ? token.split('.') : [];
    const wanted = Buffer.from(signature(session, id));
    const given = Buffer.from(signed);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new FormError('ページの有効期限が切れました。もう一度お試しください。');
    }
    return id;
  }

  return {
    token(session) {
      const id = idOf(random(20));
      return `${id}.${signature(session, id)}`;
    },
    async submit(session, token, decide) {
      const id = idIn(session, token);
      const before = done.get(id);
      if (before !== undefined) return before;
      const deciding = open.get(id) ?? decide(id);
      open.set(id, deciding);
      const outcome = await deciding.catch((error: unknown) => {
        open.delete(id);
        throw error;
      });
      try {
        if (outcome.events.length > 0) await emit(outcome.events);
      } catch (error) {
        if (isRetryable(error)) throw error;
        open.delete(id);
        outcome.reject?.();
        throw new FormError(`入力内容をご確認ください。${fieldsOf(error)}`, { cause: error });
      }
      open.delete(id);
      if (!done.has(id)) outcome.accept();
      const { onward, session: next } = outcome;
      const settled = { onward, ...(next === undefined ? {} : { session: next }) };
      remember(done, id, settled);
      return settled;
    },
  };
}

function remember(done: Map<string, Settled>, id: string, settled: Settled): void {
  const oldest = done.keys().next().value;
  if (done.size >= remembered && oldest !== undefined) done.delete(oldest);
  done.set(id, settled);
}

/** Names of the fields that the pipeline refused; never their values. */
function fieldsOf(error: unknown): string {
  if (!(error instanceof InvalidEventsError)) return '';
  const issues = error.events.flatMap((event) => event.issues);
  return `（${[...new Set(issues.map(({ field }) => field.split('.').at(-1) ?? field))].join('、')}）`;
}
