import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  answerAssociated,
  directiveAssociated,
  directiveSubjectSchema,
  exportPageSchema,
  type DirectiveAnswer,
  type DirectiveMessage,
  type DirectiveSubject,
  type ExportPage,
} from '@keiro/schemas';
import { PoisonError } from '@keiro/runtime';
import { open, seal } from './sealing.ts';

type Bound = Pick<DirectiveMessage, 'id' | 'holder' | 'kind'>;

/** `iv`: 12 random bytes, never used twice. */
export function sealSubject(key: Buffer, directive: Bound, subject: DirectiveSubject, iv: Buffer): string {
  return seal(key, Buffer.from(JSON.stringify(subject)), directiveAssociated(directive), iv);
}

/** Throws `PoisonError` where the key does not open it: it was sealed for another holder, request or directive. */
export function openSubject(
  key: Buffer,
  directive: Bound & Pick<DirectiveMessage, 'sealed'>,
): DirectiveSubject {
  return directiveSubjectSchema.parse(
    JSON.parse(open(key, directive.sealed, directiveAssociated(directive)).toString()),
  );
}

/** What a holder exports (R1) is sealed as the directive was. `iv`: 12 random bytes, never used twice. */
export function sealPage(
  key: Buffer,
  answer: Pick<DirectiveAnswer, 'id' | 'holder'>,
  page: ExportPage,
  iv: Buffer,
): string {
  return seal(key, Buffer.from(JSON.stringify(page)), answerAssociated(answer), iv);
}

/** Throws `PoisonError` where the answer holds no page, or one that its key does not open. */
export function openPage(key: Buffer, answer: Pick<DirectiveAnswer, 'id' | 'holder' | 'sealed'>): ExportPage {
  if (answer.sealed === undefined) throw new PoisonError('no-page', 'an answer to an export without a page');
  const page = exportPageSchema.safeParse(
    JSON.parse(open(key, answer.sealed, answerAssociated(answer)).toString()),
  );
  if (page.success) return page.data;
  throw new PoisonError('no-page', 'a page of an export that is not as it should be');
}

type Answered = Omit<DirectiveAnswer, 'proof'>;

/** Shows that an answer comes from who could open the directive. Pure. */
export function proofOf(key: Buffer, answer: Answered): string {
  const { id, holder, outcome, affected, found, reason, at, differing, missing, remains, sealed } = answer;
  const places = Object.entries(affected).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const later = Object.entries({ differing, missing, remains, sealed }).filter(
    ([, one]) => one !== undefined,
  );
  // What came later is proven where it is there, so that a service of before is believed too.
  const text = JSON.stringify([
    ...[id, holder, outcome, places, found ?? null, reason ?? null, at],
    ...(later.length === 0 ? [] : [later]),
  ]);
  return createHmac('sha256', key).update(`answer\n${text}`).digest('base64url');
}

export function isProven(key: Buffer, answer: DirectiveAnswer): boolean {
  const [given, wanted] = [Buffer.from(answer.proof), Buffer.from(proofOf(key, answer))];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
