import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  directiveAssociated,
  directiveSubjectSchema,
  type DirectiveAnswer,
  type DirectiveMessage,
  type DirectiveSubject,
} from '@keiro/schemas';
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

type Answered = Omit<DirectiveAnswer, 'proof'>;

/** Shows that an answer comes from who could open the directive. Pure. */
export function proofOf(key: Buffer, { id, holder, outcome, affected, found, reason, at }: Answered): string {
  const places = Object.entries(affected).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([id, holder, outcome, places, found ?? null, reason ?? null, at]);
  return createHmac('sha256', key).update(`answer\n${text}`).digest('base64url');
}

export function isProven(key: Buffer, answer: DirectiveAnswer): boolean {
  const [given, wanted] = [Buffer.from(answer.proof), Buffer.from(proofOf(key, answer))];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
